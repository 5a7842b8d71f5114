package detector

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/test/mmdb"
)

// geoFiles writes databases of addresses and returns their paths, as a list.
func geoFiles(t testing.TB) string {
	t.Helper()
	var paths []string
	for name, d := range map[string]mmdb.Database{"city": mmdb.City(), "asn": mmdb.ASN()} {
		path := filepath.Join(t.TempDir(), name+".mmdb")
		if err := os.WriteFile(path, d.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return strings.Join(paths, ",")
}

// ruleOf writes a rule with a query and more of its file, and returns the path.
func ruleOf(t testing.TB, query, more string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rule.toml")
	text := fmt.Sprintf("[rule]\nname = \"R\"\nrule_id = \"11111111-2222-4333-8444-555555555555\"\ntype = \"query\"\nlanguage = \"kuery\"\n"+
		"severity = \"low\"\nrisk_score = 21\ndescription = \"A rule of a test.\"\nquery = '''\n%s\n'''\n%s", query, more)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// from is an event from an address, with an id.
func from(address string, id int) string {
	return fmt.Sprintf(`{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventID":"e%d","sourceIPAddress":"%s","eventTime":"2026-03-02T09:00:00Z",`+
		`"userAgent":"aws-cli/2.1.0","userIdentity":{"type":"IAMUser","userName":"u%d","arn":"arn:aws:iam::1:user/u%d"}}`, id, address, id, id)
}

// Rules, exceptions and suppression see where an address is, and alerts say it.
func TestAddresses(t *testing.T) {
	const berlin, california, nowhere = "203.0.113.7", "203.0.113.70", "192.0.2.1"
	for _, c := range []struct {
		query string
		hits  string // addresses
	}{
		{`event.action: CreateUser and source.geo.country_iso_code: DE`, berlin},
		{`event.action: CreateUser and not source.geo.country_iso_code: DE`, california + " " + nowhere},
		{`event.action: CreateUser and source.as.organization.name: (* and not Amazon*)`, berlin},
		{`event.action: CreateUser and source.as.number >= 64501`, california},
		{`event.action: CreateUser and source.geo.location: *`, berlin + " " + california},
		{`event.action: CreateUser and source.geo: *`, berlin + " " + california},
		{`event.action: CreateUser and user_agent.name: (Boto3 or aws-cli) and source.geo.city_name: "Los Angeles"`, california},
		{`source.geo.region_iso_code: US-*`, california},
	} {
		t.Run(c.query, func(t *testing.T) {
			b := newBench(t, "rules", ruleOf(t, c.query, ""), "geo_databases", geoFiles(t))
			for i, address := range []string{berlin, california, nowhere} {
				b.mustScan(from(address, i))
				want := 0
				if strings.Contains(" "+c.hits+" ", " "+address+" ") {
					want = 1
				}
				if got := len(b.alerts()); got != want {
					t.Errorf("from %s: %d alerts, want %d", address, got, want)
				}
			}
		})
	}
	t.Run("an alert", func(t *testing.T) {
		b := newBench(t, "rules", ruleOf(t, "event.action: CreateUser", ""), "geo_databases", geoFiles(t))
		b.mustScan(from(berlin, 1))
		a := b.wantAlerts(1)[0]
		source := a["source"].(map[string]any)
		if got := fmt.Sprint(source["geo"], source["as"], a["user_agent"]); got != "map[city_name:Berlin continent_name:Europe country_iso_code:DE country_name:Germany location:map[lat:52.52 lon:13.405] "+
			"region_iso_code:DE-BE region_name:Land Berlin timezone:Europe/Berlin] map[number:64500 organization:map[name:Example Networks]] map[device:map[name:Other] name:aws-cli original:aws-cli/2.1.0 version:2.1.0]" {
			t.Error(got)
		}
	})
	t.Run("an exception", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "exceptions.toml")
		text := "[[exception]]\nrule = \"*\"\nquery = 'source.as.organization.name: Amazon*'\nowner = \"o\"\nreason = \"r\"\nexpires = 2999-01-01T00:00:00Z\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b := newBench(t, "rules", ruleOf(t, "event.action: CreateUser", ""), "exceptions", path, "geo_databases", geoFiles(t))
		b.mustScan(from(berlin, 1), from(california, 2))
		b.wantAlerts(1)
	})
	t.Run("duplicates", func(t *testing.T) {
		b := newBench(t, "rules", ruleOf(t, "event.action: CreateUser", "[fluent_detect]\ndedup_by = [\"source.as.number\"]\n"), "geo_databases", geoFiles(t))
		b.mustScan(from(berlin, 1), from("203.0.113.8", 2), from(california, 3), from(nowhere, 4), from(nowhere, 5))
		b.wantAlerts(4) // of nothing nothing is a duplicate
	})
	t.Run("without databases", func(t *testing.T) {
		b := newBench(t, "rules", ruleOf(t, `event.action: CreateUser and source.geo.country_iso_code: DE`, ""))
		b.mustScan(from(berlin, 1))
		b.wantAlerts(0)
		b.mustScan(strings.Replace(from(nowhere, 2), "{", `{"source.geo.country_iso_code":"DE",`, 1))
		b.wantAlerts(1)
		b.mustScan(strings.Replace(from(nowhere, 3), "{", `{"requestParameters":{"source.geo.country_iso_code":"DE"},`, 1))
		b.wantAlerts(0)
	})
}

// A field that a shipper added and that alerts do not have is in their evidence.
func TestAddedEvidence(t *testing.T) {
	b := newBench(t, "rules", ruleOf(t, `event.action: CreateUser and labels.env: prod`, ""))
	b.mustScan(strings.Replace(from("192.0.2.1", 1), "{", `{"labels":{"env":"prod"},`, 1))
	a := b.wantAlerts(1)[0]
	if got := fmt.Sprint(a["fluent_detect"].(map[string]any)["evidence"]); got != "[labels.env: prod]" {
		t.Errorf("the evidence is %s", got)
	}
}

// Looking up an address for a rule that does not match takes no memory.
func TestLookupsAllocateNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("not tested: that a look-up allocates nothing, as the race detector allocates")
	}
	chunk := chunkOf(t, from("203.0.113.7", 1), from("203.0.113.70", 2), from("192.0.2.1", 3), `{"Records":[`+from("203.0.113.7", 4)+`],"labels.env":"x"}`)
	for _, query := range []string{
		`event.action: CreateUser and source.geo.city_name: Nowhere`,
		`event.action: CreateUser and source.as.number: 1`,
		`event.action: CreateUser and not source.geo.location: * and not source.ip: 192.0.2.1`,
		`event.action: CreateUser and (user_agent.name: Nothing or user_agent.os.full: x)`,
		`event.action: CreateUser and labels.env: none`,
	} {
		b := newBench(t, "geo_databases", geoFiles(t), "rules", ruleOf(t, query, ""))
		scan := func() {
			if _, err := b.engine.Scan("cloudtrail", chunk); err != nil {
				t.Fatal(err)
			}
		}
		scan()
		if n := testing.AllocsPerRun(100, scan); n != 0 {
			t.Errorf("%s: %v allocations", query, n)
		}
		b.wantAlerts(0)
	}
}
