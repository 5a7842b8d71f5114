package rule

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// minimal is the shortest rule there is, for tests that add to it.
const minimal = `[rule]
rule_id = "minimal"
name = "Minimal"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
query = 'user.name: maria'
`

func mustParse(t *testing.T, text string) *Rule {
	t.Helper()
	r, err := ParseTOML("test.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseTOML(t *testing.T) {
	const file = "testdata/good/full.toml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseTOML(file, data)
	if err != nil {
		t.Fatal(err)
	}
	want := &Rule{
		ID: "00000000-0000-4000-8000-000000000001", Name: "Full: a Rule (with all of it)", Description: "What it is about.",
		Note: "## How\n\nLook.\n", Setup: "Nothing.", Severity: Medium, RiskScore: 47, Version: 12,
		Author: []string{"Elastic", "Maria"}, License: "Elastic License v2",
		References: []string{"https://example.org/a", "https://example.org/b"}, Tags: []string{"Domain: Cloud", "Use Case: Tests"},
		FalsePositives: []string{"Planned work."}, InvestigationFields: []string{"user.name", "source.ip"},
		Threat: []Threat{{
			Framework: "MITRE ATT&CK",
			Tactic:    Tactic{"TA0004", "Privilege Escalation", "https://attack.mitre.org/tactics/TA0004/"},
			Technique: []Technique{{
				ID: "T1098", Name: "Account Manipulation", Reference: "https://attack.mitre.org/techniques/T1098/",
				Subtechnique: []Technique{{
					ID: "T1098.004", Name: "SSH Authorized Keys", Reference: "https://attack.mitre.org/techniques/T1098/004/",
				}},
			}},
		}, {
			Framework: "MITRE ATT&CK",
			Tactic:    Tactic{"TA0003", "Persistence", "https://attack.mitre.org/tactics/TA0003/"},
		}},
		Type: "query", Language: "kuery", Query: "event.action: \"Größe\" and\n  user.name: maria\n",
		Index: []string{"filebeat-*", "logs-aws.cloudtrail-*"}, From: "now-9m", Interval: "15m", IntervalDuration: 15 * time.Minute,
		MaxSignals: 33, TimestampOverride: "event.ingested", BuildingBlock: true, Enabled: true, Maturity: "deprecated",
		Extension: FluentDetect{
			DedupBy: []string{"cloud.account.id", "event.id"}, SuppressBy: []string{"source.ip"}, SuppressFor: 2 * time.Hour,
			Exceptions: "exceptions.toml",
			Reason: Template{Text: "pushed[ by {user.name}]", Parts: []Part{
				{Literal: "pushed"}, {Group: []Part{{Literal: " by "}, {Field: "user.name"}}},
			}},
			Tests: []Test{
				{Name: "as text", Event: []byte(`{"eventName": "Größe"}`), Expect: ExpectAlert, Line: 87},
				{Name: "as a table", Event: []byte(`{"eventName":"GetObject","eventTime":"2025-03-04T09:00:00Z",` +
					`"numbers":[1000,16,5,2.5],"nested":{"deep":{"yes":true}}}`), Expect: ExpectNone, Line: 92},
			},
		},
		Notices: []Notice{
			{"rule_name_override", 30, 1, "the name of an alert is not taken from the event here"},
			{"alert_suppression.missing_fields_strategy", 77, 27, "an event without one of the fields always alerts here"},
			{"metadata.maturity", 5, 1, "deprecated: upstream does not ship this rule any more"},
		},
		Source: Source{Path: file, Line: 9, Ruleset: "elastic/detection-rules", QueryLine: 45, QueryColumn: 1},
	}
	if len(got.Source.SHA256) != 64 {
		t.Errorf("SHA256 %q", got.Source.SHA256)
	}
	want.Source.SHA256, want.Source.query, want.Source.id = got.Source.SHA256, got.Source.query, got.Source.id
	compare(t, got, want)
}

// compare shows which member of two rules differs.
func compare(t *testing.T, got, want *Rule) {
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
	if r := mustParse(t, "\xef\xbb\xbf"+minimal); r.Source.QueryLine != 8 || r.Source.Line != 1 {
		t.Errorf("%+v", r.Source)
	}
}

func TestUnsupported(t *testing.T) {
	_, err := ParseTOML("a.toml", []byte(strings.Replace(minimal, `"query"`, `"new_terms"`, 1)))
	var other *UnsupportedError
	if !errors.As(err, &other) {
		t.Fatalf("%T %v", err, err)
	}
	want := Skipped{Path: "a.toml", Line: 4, Name: "Minimal", ID: "minimal",
		Reason: `type "new_terms" is not evaluated here; only type "query" in language "kuery" is`}
	if other.Skipped != want || other.Key != "type" || other.Column != 8 {
		t.Errorf("%+v", other)
	}
}

func TestTooLarge(t *testing.T) {
	_, err := ParseTOML("a.toml", make([]byte, MaxFile+1))
	if err == nil || !strings.Contains(err.Error(), "a.toml: the file is larger than 1048576 bytes") {
		t.Error(err)
	}
}
