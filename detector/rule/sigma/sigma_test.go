package sigma_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// load loads files with these contents, of a directory or each by its name.
func load(t *testing.T, spec string, files map[string]string) (*ruleset.Set, string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := ruleset.Load(spec)
	if err != nil {
		return nil, err.Error()
	}
	return set, ""
}

const (
	head   = "title: A trail stops\nid: 7b1b9b6e-0f3b-4f0a-8d57-1d6f1c1a2b3c\nlogsource: {product: aws, service: cloudtrail}\n"
	detect = "detection:\n  s: {eventName: StopLogging}\n  condition: s\n"
)

// Errors say where they are and what is allowed.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"detection: [", "r.yml:1:1: not YAML: "},
		{"a: b: c\ndetection:\n", "r.yml:1:1: not YAML: "},
		{"- detection: x", "not a Sigma rule: it has no detection, correlation or filter"},
		{"id: x\n" + detect, "r.yml:1:1: title: is missing, must be a line of text"},
		{strings.Replace(head, "7b1b", "7b1", 1) + detect, `r.yml:2:5: id: "7b19b6e-0f3b-4f0a-8d57-1d6f1c1a2b3c" is not a UUID`},
		{head + "level: grave\n" + detect, `r.yml:4:8: level: "grave" is not "informational", "low", "medium", "high" or "critical"`},
		{head + "level: hihg\n" + detect, `did you mean "high"?`},
		{head + "status: done\n" + detect, `r.yml:4:9: status: "done" is not "stable",`},
		{"title: x\n" + detect, "r.yml:1:1: logsource: is missing, must be a map with product and service"},
		{"title: x\nlogsource: {definition: y}\n" + detect, "r.yml:2:12: logsource: names no category, product or service"},
		{head + "action: global\n" + detect, "r.yml:4:1: action: is not part of Sigma 2"},
		{head + detect + "filter: {rules: any, s: {a: b}, condition: s}\n", "r.yml:1:1: has several of the keys detection, correlation and filter"},
		{head + "title: y\n" + detect, "r.yml:4:1: title: the key is in the map twice, first in line 1"},
		{head + "detection:\n  <<: {a: 1}\n  condition: s\n", "r.yml:5:3: <<: merge keys are not part of YAML 1.2"},
		{head + "x: !!binary aGVsbG8=\n" + detect, "r.yml:4:4: the tag !!binary is not of the core schema"},
		{head + "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n" +
			"d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n" + detect, "more than 100000 values, those of aliases counted as often as they are used"},
		{head + "x: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n" + detect, "nested deeper than 100 levels"},
		{head + "x: &x [*x]\n" + detect, "nested deeper than 100 levels"},
		{head + "detection: {s: {}, condition: s}\n", "r.yml:4:16: detection: is an empty map"},
		{head + "detection: {s: [], condition: s}\n", "r.yml:4:16: detection: s is an empty list"},
		{head + "detection: {s: {a: {b: c}}, condition: s}\n", "a is a map, must be a value or a list of values"},
		{head + "detection: {s: {a: []}, condition: s}\n", "r.yml:4:20: detection: a is an empty list"},
		{head + "detection: {s: {a: [null, b]}, condition: s}\n", "null cannot be in a list"},
		{head + "detection: {s: {a|contains: null}, condition: s}\n", "null cannot have modifiers"},
		{head + "detection: {s: {a|contians: b}, condition: s}\n", `r.yml:4:17: detection: unknown modifier "contians"; did you mean "contains"?`},
		{head + "detection: {s: {'a|': b}, condition: s}\n", `a "|" without a modifier behind it`},
		{head + "detection: {s: {a|contains|startswith: b}, condition: s}\n", "startswith: there is contains already"},
		{head + "detection: {s: {a|contains|re: b}, condition: s}\n", "re has to be the first modifier"},
		{head + "detection: {s: {a|re: '(?!b)'}, condition: s}\n", "look-around and backreferences are not part of Sigma's regular expressions"},
		{head + "detection: {s: {a|i: b}, condition: s}\n", "i is a flag of re"},
		{head + "detection: {s: {a|all: b}, condition: s}\n", "all needs a list of values"},
		{head + "detection: {s: {a|gt: '5'}, condition: s}\n", `"5" is a string, must be a number, without quotes`},
		{head + "detection: {s: {a|cidr: b}, condition: s}\n", `"b" is not a network`},
		{head + "detection: {s: {a|exists: maybe}, condition: s}\n", "must be true or false"},
		{head + "detection: {s: {a|base64: 'b*'}, condition: s}\n", "has a wildcard, which cannot be encoded"},
		{head + "detection: {s: {a|contains|base64: b}, condition: s}\n", "base64 comes before contains"},
		{head + "detection: {s: {a|wide: b}, condition: s}\n", "base64 or base64offset has to follow"},
		{head + "detection: {s: {a|expand: '%x%'}, condition: s}\n", "there are no values for placeholders"},
		{head + "detection: {s: {a: b}}\n", "r.yml:4:12: detection: condition is missing"},
		{head + "detection: {s: {a: b}, condition: ''}\n", "the condition is empty"},
		{head + "detection: {sel: {a: b}, condition: sle}\n", `r.yml:4:37: detection: "sle" is not a search identifier of this detection; did you mean "sel"?`},
		{head + "detection: {s: {a: b}, condition: s AND s}\n", `found "AND", expected "and", "or" or the end`},
		{head + "detection: {s: {a: b}, condition: 2 of s*}\n", `only "1 of", "any of" and "all of" are allowed`},
		{head + "detection: {s: {a: b}, condition: 1 of x*}\n", `no search identifier fits "x*"`},
		{head + "detection: {s: {a: b}, condition: s | count() > 5}\n", "Sigma 2 has correlations"},
		{head + "detection: {s: {a: b}, timeframe: 5m, condition: s}\n", "timeframe belongs to aggregations of Sigma 1"},
		{head + "detection: {s: {a: b}, condition: (s}\n", `"(" is not closed`},
		{head + "detection: {s: {a: b}, condition: " + strings.Repeat("not ", 200) + "s}\n", "nested deeper than 100 levels"},
		{head + detect + "---\n" + strings.Replace(head, "7b1b", "8b1b", 1) + "detection: {s: {a: b}, condition: t}\n", `r.yml:11:35: detection: "t" is not`},
	} {
		if _, got := load(t, "r.yml", map[string]string{"r.yml": c.text}); !strings.Contains(got, c.want) {
			t.Errorf("%s\ngives %q, want %q", c.text, got, c.want)
		}
	}
}

// What does not run here is listed with the reason.
func TestSkipped(t *testing.T) {
	other := func(id, more string) string {
		return "title: T" + id + "\nid: 0000000" + id + "-0000-4000-8000-000000000000\n" + more
	}
	set, err := load(t, "own,theirs", map[string]string{
		"own/a.yml":      head + detect,
		"own/b.yaml":     head + detect,
		"own/none.yml":   "pipeline:\n  inputs: {{ .Values.inputs }}\n",
		"theirs/a.yml":   head + detect,
		"theirs/win.yml": other("1", "logsource: {category: process_creation, product: windows}\ndetection: {s: {a|nonsense: b}, condition: s}\n"),
		"theirs/old.yml": other("2", "status: deprecated\nlogsource: {product: aws, service: cloudtrail}\n"+detect),
		"theirs/c.yml": other("3", "status: deprecated\ncorrelation: {type: event_count, rules: [base], timespan: 5m, condition: {gte: 3}}\n") +
			"---\n" + other("4", "name: base\nlogsource: {product: aws, service: cloudtrail}\n"+detect),
		"theirs/d.yml": other("5", "correlation: {type: temporal, rules: [here, win], timespan: 5m}\n") +
			"---\n" + other("6", "name: here\nlogsource: {product: aws, service: cloudtrail}\n"+detect) +
			"---\n" + other("7", "name: win\nlogsource: {product: windows}\n"+detect) +
			"---\n" + other("8", "correlation: {type: event_count, rules: [T5], timespan: 5m, condition: {gte: 3}}\n"),
		"theirs/e.yml": other("9", "logsource: {product: okta}\ncorrelation: {type: event_count, rules: [nobody], timespan: 5m, condition: {gte: 3}}\n"),
	})
	if err != "" {
		t.Fatal(err)
	}
	var got []string
	for _, s := range set.Skipped {
		got = append(got, s.String())
	}
	want := []string{
		`own/b.yaml:1: rule "A trail stops": the rule with the same id in own/a.yml:2:5 is used instead`,
		`own/none.yml:1: rule "": not a Sigma rule: it has no detection, correlation or filter`,
		`theirs/a.yml:1: rule "A trail stops": the rule with the same id in own/a.yml:2:5 is used instead`,
		`theirs/c.yml:3: rule "T3": its status is deprecated`,
		`theirs/c.yml:6: rule "T4": it makes no alerts by itself, only for the correlation "T3", which does not run here: its status is deprecated`,
		`theirs/d.yml:3: rule "T5": it refers to the rule "win", which does not run here: the log source is product windows, of which no events come here`,
		`theirs/d.yml:5: rule "T6": it makes no alerts by itself, only for the correlation "T5", which does not run here`,
		`theirs/d.yml:16: rule "T7": the log source is product windows, of which no events come here`,
		`theirs/d.yml:23: rule "T8": it refers to the rule "T5", which does not run here: it refers to the rule "win", which does not run here: the log source is product windows, of which no events come here`,
		`theirs/e.yml:3: rule "T9": the log source is product okta, of which no events come here`,
		`theirs/old.yml:3: rule "T2": its status is deprecated`,
		`theirs/win.yml:3: rule "T1": the log source is category process_creation, product windows, of which no events come here`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("skipped:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A rule has what its file says.
func TestRule(t *testing.T) {
	set, err := load(t, "r.yml", map[string]string{"r.yml": head + detect + `
name: trail_stops
description: Somebody stops a trail.
author: A. N. Author, Other
level: high
status: test
license: DRL-1.1
references: [https://example.com/1, https://example.com/2]
falsepositives: Maintenance
fields: [userIdentity.arn]
tags: [attack.defense_evasion, attack.t1562.008, attack.t1562, attack.g0007, attack.s0001, cve.2020-1]
fluent_detect:
  suppress_by: [user.name]
  suppress_for: 1h
  test:
    - name: it stops
      expect: alert
      event: {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging, eventID: "1", readOnly: False}
`})
	if err != "" {
		t.Fatal(err)
	}
	r := set.Rules[0]
	threat := r.Threat[0]
	if r.ID != "7b1b9b6e-0f3b-4f0a-8d57-1d6f1c1a2b3c" || r.Name != "A trail stops" || r.RiskScore != 73 || r.Severity.String() != "high" ||
		strings.Join(r.Author, "|") != "A. N. Author, Other" || len(r.References) != 2 || r.FalsePositives[0] != "Maintenance" || len(r.Tags) != 6 {
		t.Errorf("%+v", r.Rule)
	}
	if threat.Tactic.ID != "TA0005" || threat.Technique[0].ID != "T1562" || threat.Technique[0].Subtechnique[0].ID != "T1562.008" ||
		r.Sigma.Groups[0] != "G0007" || r.Sigma.Software[0] != "S0001" {
		t.Errorf("%+v, %+v", r.Threat, r.Sigma)
	}
	if x := r.Extension; x.SuppressBy[0] != "user.name" || len(x.Tests) != 1 || string(x.Tests[0].Events[0].Event) != `{"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","eventID":"1","readOnly":false}` {
		t.Errorf("%+v %s", r.Extension, r.Extension.Tests[0].Events[0].Event)
	}
}

// Filters may be in another file; those that apply to nothing are warned about.
func TestFilters(t *testing.T) {
	filter := func(more string) string {
		return "title: Known\nlogsource: {product: aws}\nfilter:\n  s: {userIdentity.userName: ci}\n  condition: not s\n" + more
	}
	set, err := load(t, "d", map[string]string{"d/r.yml": head + detect, "d/f.yml": filter("  rules: [A trail stops, other]\n")})
	if err != "" {
		t.Fatal(err)
	}
	if got := strings.Join(set.Warnings, "\n"); got != `d/f.yml:1: filter "Known": no rule "other" is loaded` {
		t.Errorf("warnings: %s", got)
	}
	if got := set.Rules[0].Query.Summary; got != "s\nand filter Known" {
		t.Errorf("summary: %q", got)
	}
	if _, err := load(t, "d", map[string]string{"d/r.yml": head + detect, "d/f.yml": filter("")}); !strings.Contains(err, "d/f.yml:4:3:") || !strings.Contains(err, "filter.rules: is missing") {
		t.Error(err)
	}
	if _, err := load(t, "d", map[string]string{"d/r.yml": head + detect, "d/f.yml": strings.Replace(filter("  rules: any\n"), "not s", "not t", 1)}); !strings.Contains(err, `d/f.yml:5:18: detection: "t" is not`) {
		t.Error(err)
	}
}
