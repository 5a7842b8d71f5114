package elastic

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
)

func TestParseNDJSON(t *testing.T) {
	const file = "testdata/good/export.ndjson"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set, errs := kuery.parseNDJSON(file, data)
	if len(errs) > 0 || len(set.Rules) != 2 {
		t.Fatalf("%d rules, %v", len(set.Rules), errs)
	}
	column := func(of string) int { return strings.Index(string(data), of) + 1 }
	got := set.Rules[0]
	want := &rule.Rule{
		ID: "exported", Name: "Exported", Description: "Text", Severity: rule.High, RiskScore: 73, Version: 4,
		Author: []string{}, References: []string{}, Tags: []string{}, FalsePositives: []string{},
		InvestigationFields: []string{"user.name"},
		Threat: []rule.Threat{{Framework: "MITRE ATT&CK",
			Tactic: rule.Tactic{ID: "TA0004", Name: "Privilege Escalation", Reference: "https://attack.mitre.org/tactics/TA0004/"}}},
		Type: "query", Query: rule.Query{Text: "event.action: \"Größe\" and\n  user.name: maria", Language: "kuery", Anchors: got.Query.Anchors},
		Index: []string{"logs-*"}, From: "now-540s", Interval: "5m", IntervalDuration: 5 * time.Minute,
		MaxSignals: 100, Enabled: true,
		Notices: []rule.Notice{
			{Key: "severity_mapping", Line: 1, Column: column(`"severity_mapping"`), Text: "the severity is not taken from the event here"},
			{Key: "a_key_of_kibana_12", Line: 1, Column: column(`"a_key_of_kibana_12"`), Text: "unknown key, without effect here"},
		},
		Source: rule.Source{Path: file, Line: 1, SHA256: digest(data), IDLine: 1, IDColumn: got.Source.IDColumn},
	}
	compare(t, got, want)

	got = set.Rules[1]
	if got.Enabled || got.Source.Ruleset != "elastic/detection-rules" || got.Source.Line != 4 || got.Extension.Reason.IsZero() ||
		string(got.Extension.Tests[0].Events[0].Event) != `{"n":1.50,"s":"é"}` {
		t.Errorf("%+v", got)
	}
	wantSkipped := []rule.Skipped{
		{Path: file, Line: 3, Column: strings.Index(strings.Split(string(data), "\n")[2], `"eql"`) + 1, Key: "type", Name: "Sequence", ID: "sequence",
			Reason: `type "eql" is not evaluated here; only type "query", "new_terms" or "threshold" in language "kuery" is`, Type: "eql"},
		{Path: file, Line: 5, Column: 1, Name: "Trusted", ID: "list", Reason: "an exception list of Kibana, not a rule"},
		{Path: file, Line: 6, Column: 1, Name: "Maria", ID: "item", Reason: "an exception of Kibana, not a rule"},
		{Path: file, Line: 7, Column: 1, ID: "mail", Reason: "a saved object of Kibana, not a rule"},
	}
	if !reflect.DeepEqual(set.Skipped, wantSkipped) {
		t.Errorf("skipped\n got: %+v\nwant: %+v", set.Skipped, wantSkipped)
	}
}

func TestNDJSONText(t *testing.T) {
	const one = `{"rule_id":"a","name":"A","type":"query","language":"kuery","severity":"low","risk_score":21,"query":"a: b"}`
	f := func(text, want string) {
		t.Helper()
		set, errs := kuery.parseNDJSON("x", []byte(text))
		if want == "" && len(set.Rules) != 1 || errs.Error() != want {
			t.Errorf("%q: %d rules, error %v, want %s", text, len(set.Rules), errs, want)
		}
	}
	f(one, "")
	f(one+"\r\n\r\n", "")
	f("\xef\xbb\xbf"+one+"\n", "")
	f("\n"+strings.Replace(one, "maria", "", 1), "")
	f(one+"\n\xff", "x:2:1: not JSON: invalid UTF-8")
	f(one+one, "x:1:109: not JSON: invalid character '{' after top-level value")
	f("null", "x:1:1: every line must be a JSON object")
	f(`{"rule_id":"`+strings.Repeat("x", files.MaxSize)+`"}`, "x:1:1: the line is longer than the maximum of 1048576 bytes")
	f("{}", `x:1:1: type: is missing, must be "query", "new_terms" or "threshold"`+"\nx:1:1: rule_id: is missing, must be an ID that no other rule has\n"+
		"x:1:1: name: is missing, must be a line of text\n"+
		`x:1:1: severity: is missing, must be "low", "medium", "high" or "critical"`+"\n"+
		"x:1:1: risk_score: is missing, must be an integer from 0 to 100\nx:1:1: query: is missing, must be a query")
}

func BenchmarkParseNDJSON(b *testing.B) {
	note := strings.Repeat("A line of an investigation guide, long enough to be one.\\n", 150)
	var data []byte
	for i := range 1000 {
		data = fmt.Appendf(data, `{"rule_id":"rule-%d","name":"A","type":"query","language":"kuery","severity":"low","risk_score":21,"note":"%s","query":"a: b"}`+"\n", i, note)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if set, errs := kuery.parseNDJSON("x", data); len(errs) > 0 || len(set.Rules) != 1000 {
			b.Fatal(errs)
		}
	}
}
