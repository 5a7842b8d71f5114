package detector

import (
	"strings"
	"testing"
)

const secret = "aws.cloudtrail.flattened.request_parameters.secret"

// What rules with a memory do with odd events: late ones at the borders, equal times, none,
// lists, the same again, restarts and changes of the rule in between.
func TestOddScenarios(t *testing.T) {
	suppressed := strings.Replace(newTerms("1d", "user.name", "source.ip"), "[rule.new_terms]", "[rule.alert_suppression]\ngroup_by = [\"user.name\"]\n[rule.alert_suppression.duration]\nvalue = 1\nunit = \"h\"\n[rule.new_terms]", 1)
	holdOff := func(d string) string { return threshold(2, "[fluent_detect]\nhold_off = \""+d+"\"\n", "user.name") }
	for _, c := range []scenarioCase{
		// Times.
		{"an event without a time has the newest one of whatever event", newTerms("1d", "user.name"), "", nil, `
			1 2/09:00:00 ann
			other2 5/09:00:00 zoe
			3 - ann
			4 6/09:00:00 ann
			5 6/09:00:01 ann`,
			"1; 3 previous=2026-03-02T09:00:00.000Z time=2026-03-05T09:00:00.000Z"},
		{"an event without a time that comes again changes nothing", newTerms("1d", "user.name"), "", nil, `
			1 2/09:00:00 bob
			2 - ann
			3 5/09:00:00 bob
			2 - ann
			restart
			2 - ann
			4 5/09:00:00 ann`,
			"1; 2; 3; 4 previous=2026-03-02T09:00:00.000Z"},
		{"an event without a time counts once", threshold(2, "", "user.name"), "", nil, `
			1 2/09:00:00 ann
			other2 2/09:01:00 ann
			3 - bob
			other4 2/09:02:00 ann
			3 - bob
			5 - bob`,
			"5 group=map[user.name:bob] count=2 from=2026-03-02T09:01:00.000Z to=2026-03-02T09:02:00.000Z"},
		{"a text that is not a time counts as a missing time", newTerms("1d", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 2/25:00:00 bob`,
			"1; 2 time=2026-03-02T09:00:00.000Z"},

		// Values.
		{"case counts and spaces do", newTerms("1d", secret), "", nil, `
			1 2/09:00:00 ann - secret="db"
			2 2/09:00:00 ann - secret="DB"
			3 2/09:00:00 ann - secret="db\u0020"
			4 2/09:00:00 ann - secret="db"`,
			"1; 2; 3"},
		{"lists: each value once and no value that is none", newTerms("1d", secret), "", nil, `
			1 2/09:00:00 ann - secret=["db",null,"","db",[]]
			2 2/09:00:00 ann - secret=[null]
			3 2/09:00:00 ann - secret=[]
			4 2/09:00:00 ann - secret=[["api"],"db"]`,
			"1 terms=map[" + secret + ":db]; 4 terms=map[" + secret + ":api]"},
		{"a number and a text with its digits are one value", newTerms("1d", secret), "", nil, `
			1 2/09:00:00 ann - secret=7
			2 2/09:00:00 ann - secret="7"
			3 2/09:00:00 ann - secret=true`,
			"1; 3"},
		{"one known value of a list and one that is not", newTerms("1d", secret), "", nil, `
			1 2/09:00:00 ann - secret="db"
			2 2/09:00:00 ann - secret=["db","api"]`,
			"1; 2 terms=map[" + secret + ":api]"},
		{"groups of each value of a list", threshold(2, "", secret), "", nil, `
			1 2/09:00:00 ann - secret=["a","b"]
			2 2/09:00:01 ann - secret=["b","c"]
			3 2/09:00:02 ann - secret="a"`,
			"2 group=map[" + secret + ":b] count=2; 3 group=map[" + secret + ":a] count=2"},
		{"one event may reach the threshold for several groups", threshold(2, "", secret), "", nil, `
			1 2/09:00:00 ann - secret=["a","b"]
			2 2/09:00:01 ann - secret=["b","a","b"]`,
			"2 group=map[" + secret + ":b] count=2; 2 group=map[" + secret + ":a] count=2"},
		{"distinct values of lists", threshold(2, "[[rule.threshold.cardinality]]\nfield = \""+secret+"\"\nvalue = 3\n", "user.name"), "", nil, `
			1 2/09:00:00 ann - secret=["a","b","c"]
			2 2/09:00:01 ann`,
			"2 count=2 cardinality=3"},

		// New terms.
		{"late events at the border of the window", newTerms("1d", "user.name"), "", nil, `
			1 3/09:00:00 ann
			2 2/09:00:00 ann
			3 4/09:00:00 ann
			4 5/09:00:01 ann
			5 5/09:00:00 ann`,
			"1; 4 previous=2026-03-04T09:00:00.000Z"},
		{"the time of learning ends by the time of the event", newTerms("7d", "user.name"), "", map[string]string{"learn_for": "1h"}, `
			other1 2/09:00:00 zoe
			2 2/11:00:00 ann
			3 2/09:59:59 bob
			4 2/10:00:00 cyd
			5 2/08:00:00 dan
			6 2/11:00:01 bob`,
			"2; 4"},
		{"the time of learning goes on after a restart", newTerms("7d", "user.name"), "", map[string]string{"learn_for": "1h"}, `
			1 2/09:00:00 ann
			restart
			2 2/09:59:59 bob
			restart
			3 2/10:00:00 ann
			4 2/10:00:00 cyd`,
			"4 since=2026-03-02T09:00:00.000Z"},
		{"what was learned from files needs no time of learning", newTerms("7d", "user.name"), "", map[string]string{"learn_for": "1h"}, `
			learn 1 2/09:00:00 ann
			learn other2 1/09:00:00 ann
			restart
			3 2/09:00:01 bob
			4 2/09:00:02 ann
			5 9/09:00:03 ann`,
			"3 since=2026-03-01T09:00:00.000Z; 5 previous=2026-03-02T09:00:02.000Z"},
		{"files teach thresholds nothing", threshold(2, "", "user.name"), "", nil, `
			learn 1 2/09:00:00 ann
			learn 2 2/09:00:01 ann
			3 2/09:00:02 ann
			4 2/09:00:03 ann`,
			"4 count=2"},
		{"another window keeps the memory", newTerms("1d", "user.name"), newTerms("7d", "user.name"), nil, `
			1 2/09:00:00 ann
			change
			2 2/09:00:00 bob
			wait 3d
			restart
			3 8/09:00:00 ann
			wait 3d
			4 9/09:00:00 ann`,
			"1; 2"},
		{"other fields begin anew", newTerms("1d", "user.name"), newTerms("1d", "user.name", "source.ip"), nil, `
			1 2/09:00:00 ann 192.0.2.1
			change
			2 2/09:00:00 ann 192.0.2.1
			restart
			3 2/09:00:00 ann 192.0.2.1`,
			"1; 2 since=2026-03-02T09:00:00.000Z"},
		{"what is excepted teaches nothing", newTerms("1d", "user.name"), "", map[string]string{"except": "source.ip: 192.0.2.1"}, `
			1 2/09:00:00 ann 192.0.2.1
			2 2/09:00:00 ann 192.0.2.2
			3 4/09:00:00 ann 192.0.2.1
			4 4/09:00:01 ann 192.0.2.2`,
			"2 previous=<nil>; 4 previous=2026-03-02T09:00:00.000Z"},
		{"what is suppressed is known", suppressed, "", nil, `
			1 2/09:00:00 ann 192.0.2.1
			2 2/09:00:01 ann 192.0.2.1
			3 4/09:00:00 ann 192.0.2.1
			4 4/09:00:01 ann 192.0.2.2
			5 4/09:00:02 ann 192.0.2.2`,
			"1; 4"},
		{"what is excepted and what is suppressed", suppressed, "", map[string]string{"except": "user.name: bob"}, `
			1 2/09:00:00 bob 192.0.2.1
			2 2/09:00:00 ann 192.0.2.1
			3 4/09:00:00 ann 192.0.2.1
			restart
			4 4/10:00:00 ann 192.0.2.1
			5 5/09:00:00 bob 192.0.2.1`,
			"2"},

		// Thresholds.
		{"equal times", threshold(3, "", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:00:00 ann
			3 2/09:00:00 ann
			4 2/09:00:00 ann`,
			"3 count=3 from=2026-03-02T09:00:00.000Z to=2026-03-02T09:00:00.000Z events=[1,2,3]"},
		{"late events in what was consumed", threshold(2, "[fluent_detect]\nhold_off = \"0\"\n", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:05:00 ann
			3 2/09:05:00 ann
			4 2/09:04:59 ann
			5 2/09:05:01 ann
			6 2/09:05:01 ann`,
			"2; 6 count=2 from=2026-03-02T09:05:01.000Z"},
		{"the hold-off counts from the last event of the window", holdOff("10m"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:05:00 ann
			3 2/09:14:59 ann
			4 2/09:15:00 ann
			5 2/09:15:00 ann
			6 2/09:15:01 ann`,
			"2 to=2026-03-02T09:05:00.000Z; 6 count=4 from=2026-03-02T09:14:59.000Z"},
		{"the hold-off over restarts and for each group", holdOff("10m"), "", nil, `
			1 2/09:00:00 ann
			restart
			2 2/09:01:00 ann
			restart
			3 2/09:02:00 ann
			4 2/09:02:00 bob
			restart
			5 2/09:03:00 ann
			6 2/09:03:00 bob
			restart
			7 2/09:08:00 ann
			8 2/09:11:01 ann`,
			"2; 6 group=map[user.name:bob]; 8 count=2 from=2026-03-02T09:08:00.000Z"},
		{"the hold-off that is longer than window and lateness", holdOff("10h"), "", map[string]string{"lateness": "1s"}, `
			1 2/09:00:00 ann
			2 2/09:00:01 ann
			wait 9h
			restart
			3 2/19:00:00 ann
			4 2/19:00:01 ann
			5 2/19:00:02 ann`,
			"2; 5 count=3"},
		{"a late event does not complete a window that ends in the hold-off", holdOff("10m"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:00:00 ann
			3 2/09:09:00 ann
			4 2/09:20:00 ann
			5 2/09:08:00 ann
			6 2/09:15:00 ann`,
			"2; 6 count=2 from=2026-03-02T09:09:00.000Z to=2026-03-02T09:15:00.000Z"},
		{"late by exactly the window and the lateness", threshold(2, "", "user.name"), "", map[string]string{"lateness": "4m"}, `
			1 2/09:10:00 ann
			2 2/08:59:59 ann
			3 2/09:00:00 ann
			4 2/09:00:00 ann`,
			"4 count=2 from=2026-03-02T09:00:00.000Z to=2026-03-02T09:00:00.000Z"},
		{"of each group its own newest time counts", threshold(2, "", "user.name"), "", map[string]string{"lateness": "1s"}, `
			1 2/12:00:00 ann
			2 2/09:00:00 bob
			3 2/09:00:00 bob`,
			"3 group=map[user.name:bob]"},
		{"a threshold of one", threshold(1, "", "user.name"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:05:00 ann
			3 2/09:05:01 ann
			4 2/09:10:02 bob`,
			"1; 3 count=2 from=2026-03-02T09:05:00.000Z; 4"},
		{"an event that lacks a field of the group", threshold(2, "", "user.name", "source.ip"), "", nil, `
			1 2/09:00:00 ann
			2 2/09:00:00 - 192.0.2.1
			3 2/09:00:00 ann 192.0.2.1
			4 2/09:00:00 ann host.example
			5 2/09:00:00 ann ::ffff:192.0.2.1`,
			"5 count=2"},
		{"suppression holds back what the hold-off lets pass", threshold(2, "", "user.name"), "", map[string]string{"suppress_by": "user.name"}, `
			1 2/09:00:00 ann
			2 2/09:00:00 ann
			3 2/09:06:00 ann
			4 2/09:06:00 ann`,
			"2"},
	} {
		t.Run(c.what, c.check)
	}
}
