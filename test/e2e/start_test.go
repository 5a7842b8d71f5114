package e2e

import (
	"strings"
	"testing"
)

// Fluent Bit itself only logs that the plugin failed to initialize: the plugin must log
// what is wrong, where, and what is allowed.
func TestWrongValuesStopTheStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, config string
		want         []string
	}{
		{"dedup_ttl", pipeline("SETTINGS", "Dedup_TTL banana"),
			[]string{"[error] [output:detect:detect.0] dedup_ttl: invalid value \"banana\": must be a duration of at least 1s"}},
		{"two at once", pipeline("SETTINGS", "Dedup_Size -3\n    Max_Alerts many"),
			[]string{`dedup_size: invalid value "-3": must be an integer from 1`, `max_alerts: invalid value "many": must be a count and an interval such as`}},
		{"rules file", pipeline("SETTINGS", "Rules DIR/nothing.toml"),
			[]string{"rules:", "DIR/nothing.toml"}},
		{"query", pipeline("SETTINGS", "Rules DIR/bad.toml"),
			[]string{"DIR/bad.toml:10:", "^"}},
		{"channel", pipeline("SETTINGS", "Channel other"),
			[]string{`channel: "other" has no [INPUT] with Name detect_alerts`, "the inputs take default"}},
		{"input", strings.Replace(pipeline(), "Tag      alert.ssh", "Tag      alert.ssh\n    Min_Severity terrible", 1),
			[]string{"[error] [input:detect_alerts:detect_alerts.1] min_severity: invalid value \"terrible\": must be `low`, `medium`, `high` or `critical`"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := prepare(t, c.config)
			f.write("bad.toml", badQuery)
			f.run()
			f.wantEnd(255)
			log := f.read("log")
			for _, want := range c.want {
				if !strings.Contains(log, strings.ReplaceAll(want, "DIR", f.dir)) {
					t.Errorf("the log does not say %s", want)
				}
			}
		})
	}
}

const badQuery = `[rule]
name = "Broken"
rule_id = "8f4a2c1e-0d3b-4a5f-9c6e-7b8d9e0f1a2b"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
description = "A rule whose query does not parse."
author = ["test"]
query = '''event.action: (a or b'''
`
