package detector

import (
	"fmt"
	"testing"
)

// Rules that need a field which only a shipper can add are evaluated for the events to which
// something was added, whatever other events were read before.
func TestOnlyAdded(t *testing.T) {
	const members = `"eventSource":"iam.amazonaws.com","eventName":"CreateUser","sourceIPAddress":"192.0.2.1","userIdentity":{"type":"IAMUser","userName":"u"}`
	event := func(i int, more string) string { return fmt.Sprintf(`{"eventID":"%d",%s%s}`, i, members, more) }
	for _, q := range []string{
		`source.as.organization.name: Example*`,
		`source.as.organization.name: * and user.name: u and event.dataset: aws.cloudtrail`,
		`(source.as.number: 64500 or source.as.organization.name: Example*) and not source.geo.city_name: Berlin`,
	} {
		b := newBench(t, "rules", writeRule(t, "query", "kuery", "", q))
		want := 0
		for i, c := range []struct {
			more    string
			matches bool
		}{
			{``, false},
			{`,"source":{"as":{"organization":{"name":"Example Ltd"}}}`, true},
			{``, false},
			{`,"source.as.organization.name":"Example Ltd"`, true},
			{`,"source":{"as":{"organization":{}}}`, false},
			{`,"sources":1`, false},
			{`,"source.as":{"organization.name":"Example Ltd"}`, true},
			{``, false},
		} {
			if c.matches {
				want++
			}
			b.mustScan(event(i, c.more))
			if got := len(b.alerts()); (got == 1) != c.matches {
				t.Errorf("%s: event %d: %d alerts", q, i, got)
			}
		}
		s := b.engine.Report()
		if got := s.Matched(); int(got) != want {
			t.Errorf("%s: %d events match, want %d", q, got, want)
		}
	}
}
