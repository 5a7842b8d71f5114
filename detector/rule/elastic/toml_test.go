package elastic

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// minimal is the shortest rule there is, for tests that add to it.
var kuery = parser{[]string{"kuery"}}

const minimal = `[rule]
rule_id = "minimal"
name = "Minimal"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
query = 'user.name: maria'
`

func mustParse(t *testing.T, text string) *rule.Rule {
	t.Helper()
	set, err := kuery.parseTOML("test.toml", []byte(text))
	if err != nil || len(set.Rules) != 1 {
		t.Fatalf("%+v, %v", set, err)
	}
	return set.Rules[0]
}

func TestParseTOML(t *testing.T) {
	const file = "testdata/good/full.toml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set, errs := kuery.parseTOML(file, data)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	got := set.Rules[0]
	want := &rule.Rule{
		ID: "00000000-0000-4000-8000-000000000001", Name: "Full: a Rule (with all of it)", Description: "What it is about.",
		Note: "## How\n\nLook.\n", Setup: "Nothing.", Severity: rule.Medium, RiskScore: 47, Version: 12,
		Author: []string{"Elastic", "Maria"}, License: "Elastic License v2",
		References: []string{"https://example.org/a", "https://example.org/b"}, Tags: []string{"Domain: Cloud", "Use Case: Tests"},
		FalsePositives: []string{"Planned work."}, InvestigationFields: []string{"user.name", "source.ip"},
		Threat: []rule.Threat{{
			Framework: "MITRE ATT&CK",
			Tactic:    rule.Tactic{ID: "TA0004", Name: "Privilege Escalation", Reference: "https://attack.mitre.org/tactics/TA0004/"},
			Technique: []rule.Technique{{
				ID: "T1098", Name: "Account Manipulation", Reference: "https://attack.mitre.org/techniques/T1098/",
				Subtechnique: []rule.Technique{{
					ID: "T1098.004", Name: "SSH Authorized Keys", Reference: "https://attack.mitre.org/techniques/T1098/004/",
				}},
			}},
		}, {
			Framework: "MITRE ATT&CK",
			Tactic:    rule.Tactic{ID: "TA0003", Name: "Persistence", Reference: "https://attack.mitre.org/tactics/TA0003/"},
		}},
		Type: "query", Query: rule.Query{Text: "event.action: \"Größe\" and\n  user.name: maria\n", Language: "kuery", Anchors: got.Query.Anchors},
		Index: []string{"filebeat-*", "logs-aws.cloudtrail-*"}, From: "now-9m", Interval: "15m", IntervalDuration: 15 * time.Minute,
		MaxSignals: 33, TimestampOverride: "event.ingested", BuildingBlock: true, Enabled: true, Maturity: "deprecated",
		Extension: rule.Extension{
			DedupBy: []string{"cloud.account.id", "event.id"}, DedupAt: rule.Place{Key: "dedup_by", Line: 83, Column: 12},
			SuppressBy: []string{"source.ip"}, SuppressAt: rule.Place{Key: "alert_suppression.group_by", Line: 75, Column: 12}, SuppressFor: 2 * time.Hour,
			Exceptions: "exceptions.toml",
			Reason: rule.Template{Text: "pushed[ by {user.name}]", Parts: []rule.Part{
				{Literal: "pushed"}, {Group: []rule.Part{{Literal: " by "}, {Field: "user.name"}}},
			}},
			Tests: []rule.Test{
				{Name: "as text", Line: 87, Events: []rule.TestEvent{{Event: []byte(`{"eventName": "Größe"}`), Expect: rule.ExpectAlert, Line: 87}}},
				{Name: "as a table", Line: 92, Events: []rule.TestEvent{{Event: []byte(`{"eventName":"GetObject","eventTime":"2025-03-04T09:00:00Z",` +
					`"numbers":[1000,16,5,2.5],"nested":{"deep":{"yes":true}}}`), Expect: rule.ExpectNone, Line: 92}}},
			},
		},
		Notices: []rule.Notice{
			{Key: "rule_name_override", Line: 30, Column: 1, Text: "the name of an alert is not taken from the event here"},
			{Key: "alert_suppression.missing_fields_strategy", Line: 77, Column: 1, Text: "an event without one of the fields always alerts here"},
			{Key: "metadata.maturity", Line: 5, Column: 1, Text: "deprecated: upstream does not ship this rule any more"},
		},
		Source: rule.Source{Path: file, Line: 9, Ruleset: "elastic/detection-rules", IDLine: 29, IDColumn: 11},
	}
	if len(got.Source.SHA256) != 64 {
		t.Errorf("SHA256 %q", got.Source.SHA256)
	}
	want.Source.SHA256 = got.Source.SHA256
	if line, column := got.Query.Position(1, 1); line != 45 || column != 1 {
		t.Errorf("the query begins at %d:%d", line, column)
	}
	compare(t, got, want)
}

// compare shows which member of two rules differs.
func compare(t *testing.T, got, want *rule.Rule) {
	t.Helper()
	a, b := reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem()
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			t.Errorf("%s\n got: %+v\nwant: %+v", a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	}
}

func TestDefaults(t *testing.T) {
	r := mustParse(t, minimal)
	if r.Version != 1 || r.Interval != "5m" || r.IntervalDuration != 5*time.Minute || r.MaxSignals != 100 || !r.Enabled ||
		r.From != "now-6m" || r.Source.Ruleset != "" || len(r.Notices) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestSuppression(t *testing.T) {
	const elastic = minimal + "interval = '10m'\nalert_suppression = { group_by = ['source.ip'] }\n"
	f := func(text string, by string, quiet time.Duration) {
		t.Helper()
		x := mustParse(t, text).Extension
		if strings.Join(x.SuppressBy, ",") != by || x.SuppressFor != quiet {
			t.Errorf("%s: suppress_by %v for %v, want %s for %v", text, x.SuppressBy, x.SuppressFor, by, quiet)
		}
	}
	f(minimal, "", 0)
	f(elastic, "source.ip", 10*time.Minute)
	f(elastic+"[fluent_detect]\nsuppress_for = '2d'", "source.ip", 48*time.Hour)
	f(elastic+"[fluent_detect]\nsuppress_by = ['user.name']", "user.name", 0)
	f(minimal+"[fluent_detect]\nsuppress_by = ['user.name', 'cloud.region']\nsuppress_for = '30s'", "user.name,cloud.region", 30*time.Second)
	f(minimal+"[fluent_detect]\nsuppress_for = '1h'", "", time.Hour)
}

func TestByteOrderMark(t *testing.T) {
	r := mustParse(t, "\xef\xbb\xbf"+minimal)
	if line, _ := r.Query.Position(1, 1); line != 8 || r.Source.Line != 1 {
		t.Errorf("%+v", r.Source)
	}
}

func TestSkipped(t *testing.T) {
	set, errs := kuery.parseTOML("a.toml", []byte(strings.Replace(minimal, `"query"`, `"machine_learning"`, 1)))
	want := rule.Skipped{Path: "a.toml", Line: 4, Column: 8, Key: "type", Name: "Minimal", ID: "minimal",
		Reason: `type "machine_learning" is not evaluated here; only type "query", "new_terms" or "threshold" in language "kuery" is`, Type: "machine_learning"}
	if len(errs) > 0 || len(set.Rules) > 0 || len(set.Skipped) != 1 || set.Skipped[0] != want {
		t.Errorf("%+v, %v", set, errs)
	}
}
