package rule

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseNDJSON(t *testing.T) {
	const file = "testdata/good/export.ndjson"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rules, skipped, err := ParseNDJSON(file, data)
	if err != nil || len(rules) != 2 {
		t.Fatalf("%d rules, %v", len(rules), err)
	}
	column := func(of string) int { return strings.Index(string(data), of) + 1 }
	got := rules[0]
	want := &Rule{
		ID: "exported", Name: "Exported", Description: "Text", Severity: High, RiskScore: 73, Version: 4,
		Author: []string{}, References: []string{}, Tags: []string{}, FalsePositives: []string{},
		InvestigationFields: []string{"user.name"},
		Threat: []Threat{{Framework: "MITRE ATT&CK",
			Tactic: Tactic{"TA0004", "Privilege Escalation", "https://attack.mitre.org/tactics/TA0004/"}}},
		Type: "query", Language: "kuery", Query: "event.action: \"Größe\" and\n  user.name: maria",
		Index: []string{"logs-*"}, From: "now-540s", Interval: "5m", IntervalDuration: 5 * time.Minute,
		MaxSignals: 100, Enabled: true,
		Notices: []Notice{
			{"severity_mapping", 1, column(`"severity_mapping"`), "the severity is not taken from the event here"},
			{"a_key_of_kibana_12", 1, column(`"a_key_of_kibana_12"`), "unknown key, without effect here"},
		},
		Source: Source{Path: file, Line: 1, SHA256: digest(data), QueryLine: 1, QueryColumn: column(`event.action`)},
	}
	want.Source.query, want.Source.id = got.Source.query, got.Source.id
	compare(t, got, want)

	got = rules[1]
	if got.Enabled || got.Source.Ruleset != "elastic/detection-rules" || got.Source.Line != 4 || got.Extension.Reason.IsZero() ||
		string(got.Extension.Tests[0].Event) != `{"n":1.50,"s":"é"}` {
		t.Errorf("%+v", got)
	}
	wantSkipped := []Skipped{
		{file, 3, "Sequence", "sequence", `type "eql" is not evaluated here; only type "query" in language "kuery" is`},
		{file, 5, "Trusted", "list", "an exception list of Kibana, not a rule"},
		{file, 6, "Maria", "item", "an exception of Kibana, not a rule"},
		{file, 7, "", "mail", "a saved object of Kibana, not a rule"},
	}
	if !reflect.DeepEqual(skipped, wantSkipped) {
		t.Errorf("skipped\n got: %+v\nwant: %+v", skipped, wantSkipped)
	}
}

func TestNDJSONText(t *testing.T) {
	const one = `{"rule_id":"a","name":"A","type":"query","language":"kuery","severity":"low","risk_score":21,"query":"a: b"}`
	f := func(text, want string) {
		t.Helper()
		rules, _, err := ParseNDJSON("x", []byte(text))
		if want == "" && (err != nil || len(rules) != 1) || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%q: %d rules, error %v, want %s", text, len(rules), err, want)
		}
	}
	f(one, "")
	f(one+"\r\n\r\n", "")
	f("\xef\xbb\xbf"+one+"\n", "")
	f("\n"+strings.Replace(one, "maria", "", 1), "")
	f(one+"\n\xff", "x:2:1: not JSON: invalid UTF-8")
	f(one+one, "x:1:109: not JSON: invalid character '{' after top-level value")
	f("null", "x:1:1: not a rule: every line is a JSON object")
	f(`{"rule_id":"`+strings.Repeat("x", MaxFile)+`"}`, "x:1:1: the line is longer than 1048576 bytes, the most that is read")
	f("{}", `x:1:1: type: is missing, must be "query"`+"\nx:1:1: rule_id: is missing, must be an ID that no other rule has\n"+
		"x:1:1: name: is missing, must be a line of text\n"+
		`x:1:1: severity: is missing, must be "low", "medium", "high" or "critical"`+"\n"+
		"x:1:1: risk_score: is missing, must be an integer from 0 to 100\nx:1:1: query: is missing, must be a query in KQL")
}
