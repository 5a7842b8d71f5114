package detector

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// memoryRule returns a rule with a memory about LoginFailed, and what is special about it.
func memoryRule(id, from, more string) string {
	kind := "threshold"
	if strings.Contains(more, "new_terms") {
		kind = "new_terms"
	}
	return fmt.Sprintf(`[rule]
rule_id = %q
name = "Rule %s"
severity = "low"
risk_score = 21
type = %q
language = "kuery"
from = %q
query = 'event.action: Act'
%s`, id, id, kind, from, more)
}

func newTerms(window string, fields ...string) string {
	quoted, _ := json.Marshal(fields)
	return memoryRule("terms", "now-6m", fmt.Sprintf("[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = %s\n"+
		"[[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-%s\"\n", quoted, window))
}

func threshold(count int, more string, fields ...string) string {
	quoted, _ := json.Marshal(append([]string{}, fields...))
	return memoryRule("threshold", "now-6m", fmt.Sprintf("[rule.threshold]\nfield = %s\nvalue = %d\n%s", quoted, count, more))
}

// sequence is a rule about an event and one that comes after it, of the same user.
const sequence = `[rule]
rule_id = "sequence"
name = "Rule sequence"
severity = "low"
risk_score = 21
type = "eql"
language = "eql"
from = "now-30m"
query = '''
sequence by user.name with maxspan=10m
  [any where event.action == "Act"]
  [any where event.action like "Other*"]
'''
`

const distinctAddresses = "[[rule.threshold.cardinality]]\nfield = \"source.ip\"\nvalue = "

// shortEvent is an event "ID time user address parameter=JSON…", in which a dash is nothing:
// it has the time on a day of March 2026, as 2/09:00:00.
func shortEvent(line string) json.RawMessage {
	parts := append(strings.Fields(line), "-", "-", "-")
	e := map[string]any{"eventSource": "x.amazonaws.com", "eventName": "Act", "recipientAccountId": "111122223333", "eventID": parts[0]}
	if day, clock, ok := strings.Cut(parts[1], "/"); ok {
		e["eventTime"] = fmt.Sprintf("2026-03-%02sT%sZ", day, clock)
	}
	identity := map[string]any{"type": "IAMUser"}
	if parts[2] != "-" {
		identity["userName"] = parts[2]
	}
	e["userIdentity"] = identity
	if parts[3] != "-" {
		e["sourceIPAddress"] = parts[3]
	}
	if name, ok := strings.CutPrefix(parts[0], "other"); ok {
		e["eventName"] = "Other" + name
	}
	parameters := map[string]any{}
	for _, part := range parts[4:] {
		if key, value, ok := strings.Cut(part, "="); ok {
			parameters[key] = json.RawMessage(value)
		}
	}
	if len(parameters) > 0 {
		e["requestParameters"] = parameters
	}
	b, _ := json.Marshal(e)
	return b
}

// scenarioCase is a scenario in few words.
type scenarioCase struct {
	what    string
	rule    string
	next    string // the rule after "change"
	options map[string]string
	events  string // one a line
	want    string // of each alert the ID of its event, and what it has
}

// What rules with a memory do, in the order of their description in docs/rules.md.
func TestScenarios(t *testing.T) {
	for _, c := range []scenarioCase{
		{"terms: the first one alerts and each event renews", newTerms("1d", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 2/21:00:00 ann
			3 3/09:00:01 ann
			4 4/09:00:01 ann
			5 5/09:00:02 ann`,
			"1 previous=<nil>; 5 previous=2026-03-04T09:00:01.000Z"},
		{"terms: a learned one is known and the end is not in the time of learning", newTerms("7d", "user.name"), "", map[string]string{"learn_for": "1h"}, `
			other 2/09:00:00 zoe
			1 2/09:30:00 ann
			2 2/10:00:00 bob
			3 2/10:00:01 ann`,
			"2 since=2026-03-02T09:00:00.000Z"},
		{"terms: no combination without a value", newTerms("7d", "user.name", "source.ip"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:00:00 - 192.0.2.1
			3 2/09:00:00 ann host.example
			4 2/09:00:00 ann 192.0.2.1
			5 2/09:00:00 ann ::ffff:192.0.2.1`,
			"4"},
		{"terms: late events", newTerms("1d", "user.name"), "", nil, `
			1 9/09:00:00 ann
			2 2/09:00:00 ann
			3 2/09:00:00 bob
			4 9/09:00:00 bob
			5 3/09:00:00 bob`,
			"1; 3; 4 previous=2026-03-02T09:00:00.000Z"},
		{"terms: without a time", newTerms("1d", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 - bob
			3 3/09:00:00 bob
			4 4/09:00:01 bob`,
			"1; 2 time=2026-03-02T09:00:00.000Z; 4"},
		{"terms: untouched for the window and the lateness", newTerms("1d", "user.name"), "", map[string]string{"lateness": "2h"}, `
			1 2/09:00:00 ann
			wait 93595s
			2 2/09:00:00 ann
			wait 93595s
			restart
			3 2/09:00:00 ann
			wait 93601s
			4 2/09:00:01 ann`,
			"1; 4 previous=<nil>"},
		{"terms: a restart", newTerms("1d", "user.name"), "", nil, `
			1 2/09:00:00 ann
			restart
			2 3/09:00:00 ann
			restart
			3 4/09:00:00 ann
			4 5/09:00:01 ann`,
			"1; 4 since=2026-03-02T09:00:00.000Z"},
		{"threshold: a closed window", threshold(3, "", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:00:00 bob
			3 2/09:03:00 ann
			4 2/09:06:01 ann
			5 2/09:09:00 ann`,
			"5 count=3 from=2026-03-02T09:03:00.000Z to=2026-03-02T09:09:00.000Z"},
		{"threshold: the earliest window that a late event completes", threshold(3, "", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:05:00 ann
			3 2/09:10:00 ann
			4 2/09:15:00 ann
			5 2/09:06:00 ann`,
			"5 count=3 from=2026-03-02T09:00:00.000Z to=2026-03-02T09:06:00.000Z"},
		{"threshold: the same event counts once", threshold(2, "", "user.name"), "", nil, `
			1 2/09:00:00 ann
			1 2/09:00:00 ann
			restart
			1 2/09:00:00 ann
			2 2/09:01:00 ann
			1 2/09:00:00 ann
			2 2/09:01:00 ann`,
			"2 count=2"},
		{"threshold: what an alert counted does not count again", threshold(2, "[fluent_detect]\nhold_off = \"0\"\n", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:01:00 ann
			3 2/09:02:00 ann
			4 2/09:00:30 ann
			5 2/09:02:00 ann`,
			"2; 5 count=2 from=2026-03-02T09:02:00.000Z to=2026-03-02T09:02:00.000Z"},
		{"threshold: the hold-off", threshold(2, "[fluent_detect]\nhold_off = \"10m\"\n", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:01:00 ann
			3 2/09:05:00 ann
			4 2/09:11:00 ann
			restart
			5 2/09:11:01 ann`,
			"2; 5 count=2 from=2026-03-02T09:11:00.000Z"},
		{"threshold: suppression longer than the interval is the hold-off", strings.Replace(threshold(2, "", "user.name"), "[rule.threshold]",
			"[rule.alert_suppression.duration]\nvalue = 20\nunit = \"m\"\n[rule.threshold]", 1), "", nil, `
			1 2/09:00:00 ann
			2 2/09:00:00 ann
			3 2/09:20:00 ann
			4 2/09:20:00 ann
			5 2/09:20:01 ann`,
			"2; 5 count=3"},
		{"threshold: distinct values", threshold(3, distinctAddresses+"2\n", "user.name"), "", nil, `
			1 2/09:00:00 ann 192.0.2.1
			2 2/09:00:00 ann
			3 2/09:00:00 ann 192.0.2.1
			4 2/09:00:00 ann ::ffff:192.0.2.1
			5 2/09:00:00 ann 192.0.2.2`,
			"5 count=5 cardinality=2"},
		{"threshold: too late", threshold(2, "", "user.name"), "", map[string]string{"lateness": "10m"}, `
			1 2/09:16:00 ann
			2 2/08:59:59 ann
			3 2/09:00:00 ann
			4 2/08:59:59 ann
			5 2/09:06:00 ann`,
			"5 count=2 from=2026-03-02T09:00:00.000Z"},
		{"threshold: a window of its own", threshold(2, "[fluent_detect]\nwindow = \"1h\"\n"), "", nil, `
			1 2/09:00:00 ann
			2 2/10:00:00 bob`,
			"2 group=map[] count=2"},
		{"sequence: the newest event that waits and each event in one alert", sequence, "", nil, `
			1 2/09:00:00 ann
			2 2/09:01:00 ann
			other3 2/09:02:00 ann
			other4 2/09:03:00 ann
			5 2/09:04:00 bob
			other6 2/09:05:00 ann`,
			"other3 count=2 events=[2,other3] from=2026-03-02T09:01:00.000Z"},
		{"sequence: the same event again and a restart in between", sequence, "", nil, `
			1 2/09:00:00 ann
			1 2/09:00:00 ann
			restart
			other2 2/09:10:00 ann
			1 2/09:00:00 ann
			other2 2/09:10:00 ann
			restart
			other2 2/09:10:00 ann`,
			"other2 count=2 events=[1,other2]"},
		{"sequence: longer than maxspan and an event that comes late", sequence, "", nil, `
			1 2/09:00:00 ann
			other2 2/09:10:01 ann
			other3 2/09:20:00 bob
			4 2/09:19:00 bob`,
			"4 count=2 events=[4,other3]"},
		{"sequence: later than maxspan and the lateness", sequence, "", map[string]string{"lateness": "10m"}, `
			other1 2/09:30:00 ann
			2 2/09:09:59 ann
			other3 2/09:12:00 ann
			4 2/09:11:00 ann`,
			"4 count=2 events=[4,other3]"},
		{"sequence: no value of the key", sequence, "", nil, `
			1 2/09:00:00
			other2 2/09:01:00
			3 2/09:02:00 ann
			other4 2/09:03:00 ann`,
			"other4 count=2 group=map[user.name:ann]"},
	} {
		t.Run(c.what, c.check)
	}
}

// check runs the scenario, with each event as a chunk and with several in one.
func (c *scenarioCase) check(t *testing.T) {
	text, _ := json.Marshal(c.rule)
	s := scenario{Rule: text, Options: c.options}
	for _, line := range strings.Split(strings.TrimSpace(c.events), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "restart":
			s.Events = append(s.Events, json.RawMessage(`{"control":"restart"}`))
		case line == "change":
			next, _ := json.Marshal(c.next)
			s.Events = append(s.Events, json.RawMessage(`{"control":"rule","rule":`+string(next)+`}`))
		case strings.HasPrefix(line, "wait "):
			s.Events = append(s.Events, json.RawMessage(`{"control":"wait","for":"`+line[5:]+`"}`))
		case strings.HasPrefix(line, "learn "):
			s.Events = append(s.Events, json.RawMessage(`{"control":"learn","events":[`+string(shortEvent(line[6:]))+`]}`))
		default:
			s.Events = append(s.Events, shortEvent(line))
		}
	}
	var want []string
	if c.want != "" {
		want = strings.Split(c.want, "; ")
	}
	for name, one := range map[string]*scenario{"one by one": &s, "joined": s.joined()} {
		alerts := one.run(t)
		for i := range max(len(alerts), len(want)) {
			switch {
			case i >= len(alerts):
				t.Errorf("%s: no alert %s", name, want[i])
			case i >= len(want):
				t.Errorf("%s: an alert about %v: %v", name, at(alerts[i], "event.id"), at(alerts[i], "fluent_detect.memory"))
			default:
				got := fmt.Sprint(at(alerts[i], "event.id"))
				for _, pair := range strings.Fields(want[i])[1:] {
					key, _, _ := strings.Cut(pair, "=")
					value := at(alerts[i], scenarioFields[key])
					if list, ok := value.([]any); ok {
						value = strings.ReplaceAll(fmt.Sprint(list), " ", ",")
					}
					got += fmt.Sprintf(" %s=%v", key, value)
				}
				if w := strings.TrimSpace(want[i]); got != w {
					t.Errorf("%s: alert %s, want %s", name, got, w)
				}
			}
		}
	}
}
