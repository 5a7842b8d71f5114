package detector

import (
	"strings"
	"testing"
)

// Terms and groups of fields that are looked up in databases, computed of the user agent, or
// added by the shipper: an event from an address of which nothing is known has none.
func TestTermsOfEnrichedFields(t *testing.T) {
	const (
		berlin, berlin2, california, paris, nowhere = "203.0.113.7", "198.51.100.130", "203.0.113.70", "203.0.113.130", "192.0.2.1"
		chrome                                      = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	)
	query := func(rule string) string {
		return strings.Replace(rule, "query = 'event.action: Act'", "query = 'event.action: CreateUser'", 1)
	}
	addresses := func(list ...string) (events []string) {
		for i, address := range list {
			events = append(events, from(address, i))
		}
		return events
	}
	for _, c := range []struct {
		what   string
		rule   string
		events []string
		want   string // IDs of the events that alert, with the terms
	}{
		{"organizations", newTerms("7d", "source.as.organization.name"), addresses(berlin, "203.0.113.8", california, nowhere, paris, berlin2),
			"e0 Example Networks, e2 Amazon.com, Inc., e5 Google LLC"},
		{"numbers of systems", newTerms("7d", "source.as.number"), addresses(berlin, paris, paris, nowhere), "e0 64500, e1 209"},
		{"countries", newTerms("7d", "source.geo.country_iso_code"), addresses(berlin, berlin2, california, paris, nowhere), "e0 DE, e2 US, e3 FR"},
		{"cities that are not all known", newTerms("7d", "source.geo.country_name", "source.geo.city_name"), addresses(paris, berlin, berlin2, california),
			"e1 Germany Berlin, e3 United States Los Angeles"},
		{"regions and user agents", newTerms("7d", "source.geo.region_name", "user_agent.name"),
			append(addresses(berlin, berlin2), strings.Replace(from(berlin, 2), "aws-cli/2.1.0", chrome, 1), strings.Replace(from(berlin, 3), "aws-cli/2.1.0", "", 1)),
			"e0 Land Berlin aws-cli, e2 Land Berlin Chrome"},
		{"the shipper's fields", newTerms("7d", "source.as.organization.name"),
			append(addresses(berlin), strings.Replace(from(nowhere, 1), "{", `{"source.as.organization.name":"Example Networks",`, 1), strings.Replace(from(nowhere, 2), "{", `{"source.as.organization.name":"Own",`, 1)),
			"e0 Example Networks, e2 Own"},
		{"groups", threshold(3, "", "source.geo.country_iso_code"), addresses(berlin, california, nowhere, berlin2, nowhere, nowhere, "203.0.113.9", paris), "e6 DE"},
		{"distinct values", threshold(4, "[[rule.threshold.cardinality]]\nfield = \"source.as.organization.name\"\nvalue = 3\n"), addresses(berlin, nowhere, nowhere, california, nowhere, berlin, berlin2), "e6"},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := newBench(t, "rules", write(t, "r.toml", query(c.rule)), "geo_databases", geoFiles(t), "max_alerts", "0")
			b.mustScan(c.events...)
			var got []string
			for _, a := range b.alerts() {
				one := at(a, "event.id").(string)
				for _, name := range []string{"source.as.organization.name", "source.as.number", "source.geo.country_iso_code", "source.geo.country_name", "source.geo.region_name", "source.geo.city_name", "user_agent.name"} {
					for _, of := range []string{"terms", "group"} {
						if value, ok := at(a, "fluent_detect.memory."+of+"."+name).(string); ok {
							one += " " + value
						} else if list, ok := at(a, "fluent_detect.memory."+of).(map[string]any); ok && list[name] != nil {
							one += " " + list[name].(string)
						}
					}
				}
				got = append(got, one)
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("alerts are %s, want %s", text, c.want)
			}
		})
	}
}
