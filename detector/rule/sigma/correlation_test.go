package sigma_test

import (
	"strings"
	"testing"
)

// correlation returns a document with that map, in flow style, and keys behind it.
func correlation(text string) string {
	return "title: C\nid: 00000000-0000-4000-8000-0000000000cc\ncorrelation: " + text + "\n---\nname: base\n" + head + detect
}

// What is wrong with a correlation is said with its place, and what is allowed.
func TestCorrelationErrors(t *testing.T) {
	const count = "{type: event_count, rules: [base], timespan: 5m, condition: {gte: 3}}"
	for _, c := range []struct{ text, want string }{
		{correlation("x"), "r.yml:3:14: correlation: is a string, must be a map"},
		{correlation("{rules: [base], timespan: 5m}"), `correlation.type: is missing, must be "event_count", "value_count",`},
		{correlation("{type: event_counts, rules: [base], timespan: 5m}"), `correlation.type: "event_counts" is not "event_count",`},
		{correlation("{type: event_counts, rules: [base], timespan: 5m}"), `did you mean "event_count"?`},
		{correlation("{type: temporal, timespan: 5m}"), "correlation.rules: is missing, must be a list of IDs, names or titles of rules"},
		{correlation("{type: temporal, rules: [], timespan: 5m}"), "correlation.rules: is an empty list, must be a list of IDs"},
		{correlation("{type: temporal, rules: {a: b}, timespan: 5m}"), "correlation.rules: is a table, must be a list of IDs"},
		{correlation("{type: temporal, rules: [base, base], timespan: 5m}"), `r.yml:3:45: correlation.rules[1]: "base" is in the list twice`},
		{correlation("{type: temporal, rules: [base, A trail stops], timespan: 5m}"), `r.yml:3:45: correlation: rule "C": "A trail stops" is a rule that is in the list already`},
		{correlation("{type: temporal, rules: [base], timespan: 5}"), `r.yml:3:56: correlation.timespan: "5" is not a number with s, m, h or d behind it, such as 5m`},
		{correlation("{type: temporal, rules: [base], timespan: 1w}"), `"1w" is not a number with s, m, h or d`},
		{correlation("{type: temporal, rules: [base], timespan: 5M}"), `"5M" is not a number with s, m, h or d`},
		{correlation("{type: temporal, rules: [base], timespan: 0s}"), `"0s" is not between 1s and 366d`},
		{correlation("{type: temporal, rules: [base], timespan: 400d}"), `"400d" is not between 1s and 366d`},
		{correlation("{type: temporal, rules: [base], timeframe: 5m}"), "correlation.timeframe: unknown key"},
		{correlation(strings.Replace(count, "{gte: 3}", "base", 1)), `correlation.condition: is a string, must be a map with "gt", "gte"`},
		{correlation(strings.Replace(count, "gte: 3", "", 1)), "compares with no number, must have one of"},
		{correlation(strings.Replace(count, "gte: 3", "gte: '3'", 1)), "correlation.condition.gte: is a string, must be a number"},
		{correlation(strings.Replace(count, "gte: 3", "min: 3", 1)), "correlation.condition.min: unknown key"},
		{correlation(strings.Replace(count, "gte: 3", "gte: .inf", 1)), "correlation.condition.gte: is .inf, must be a finite number"},
		{correlation(strings.Replace(count, "gte: 3", "gte: 3, field: a", 1)), "correlation.condition.field: has no meaning in correlations of type event_count"},
		{correlation(strings.Replace(count, "gte: 3", "gte: 3, percentile: 9", 1)), "correlation.condition.percentile: has no meaning in correlations of type event_count"},
		{correlation(strings.Replace(count, "event_", "value_", 1)), "correlation.condition.field: is missing, must be the field whose values count"},
		{correlation("{type: value_sum, rules: [base], timespan: 5m, condition: {gte: 3, field: [a, b]}}"), "correlation.condition.field: has 2 fields, must be one"},
		{correlation("{type: value_count, rules: [base], timespan: 5m, condition: {gte: 3, field: []}}"), "correlation.condition.field: has 0 fields, must be one"},
		{correlation("{type: value_percentile, rules: [base], timespan: 5m, condition: {gte: 3, field: a}}"), "correlation.condition.percentile: is missing, must be a number from 0 to 100"},
		{correlation("{type: value_percentile, rules: [base], timespan: 5m, condition: {gte: 3, field: a, percentile: 101}}"), "percentile: is 101, must be a number from 0 to 100"},
		{correlation("{type: temporal, rules: [base], timespan: 5m, group-by: [a, a]}"), `correlation.group-by[1]: "a" is in the list twice`},
		{correlation("{type: temporal, rules: [base], timespan: 5m, group-by: ['']}"), "correlation.group-by[0]: is empty, must be the name of a field"},
		{correlation("{type: temporal, rules: [base], timespan: 5m, aliases: {who: base}}"), "correlation.aliases.who: is a string, must be a map of rules and their fields"},
		{correlation("{type: temporal, rules: [base], timespan: 5m, aliases: {who: {nobody: a}}}"), `r.yml:3:76: correlation: rule "C": alias "who": "nobody" is not one of the rules of the correlation`},
		{correlation("{type: temporal, rules: [base], timespan: 5m, generate: sometimes}"), "correlation.generate: is a string, must be true or false"},
		{correlation(count + "\ndetection: {s: {a: b}, condition: s}"), "has several of the keys detection, correlation and filter"},
		{correlation(count + "\nlevel: grave"), `r.yml:4:8: level: "grave" is not`},
		{correlation(count + "\nfluent_detect: {dedup_by: [user.name]}"), "r.yml:4:17: fluent_detect.dedup_by: has no effect on correlations"},
		{correlation(strings.Replace(count, "base", "C", 1)), `correlations refer to each other in a circle: "C", "C"`},
		{correlation(count) + "---\nname: base\n" + strings.Replace(head, "7b1b", "8b1b", 1) + detect, `"base" is what two rules are called: r.yml:5 and r.yml:13`},
		{correlation("{type: temporal_ordered, rules: [" + strings.Repeat("a, ", 70) + "b], timespan: 5m}"), "has 71 rules, at most 64 are allowed"},
	} {
		if _, got := load(t, "r.yml", map[string]string{"r.yml": c.text}); !strings.Contains(got, c.want) {
			t.Errorf("%s\ngives %q, want %q", c.text, got, c.want)
		}
	}
}

// A correlation finds its rules: by id, name or title, in the same file first.
func TestReferences(t *testing.T) {
	named := func(id, name, title, event string) string {
		return "title: " + title + "\nid: 0000000" + id + "-0000-4000-8000-000000000000\nname: " + name +
			"\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {eventName: " + event + "}, condition: s}\n"
	}
	refer := func(id, to string) string {
		return "title: C" + id + "\nid: c000000" + id + "-0000-4000-8000-000000000000\ncorrelation: {type: event_count, rules: [" + to + "], timespan: 5m, condition: {gte: 3}}\n"
	}
	for _, c := range []struct {
		to   string
		want string // the file and the name of the rule
		warn string
	}{
		{"00000001-0000-4000-8000-000000000000", "a.yml one", ""},
		{"elsewhere", "b.yml elsewhere", "b.yml:1 has a rule that makes no alerts by itself any more, as this correlation refers to it"},
		{"Elsewhere", "b.yml elsewhere", "refers to a rule by its title, which Sigma does not provide for; its id is 00000003-0000-4000-8000-000000000000"},
		{"Same", "a.yml two", "refers to a rule by its title"},
		{"two", "a.yml two", ""},
	} {
		set, err := load(t, "d", map[string]string{
			"d/a.yml": refer("1", c.to) + "---\n" + named("1", "one", "One", "A") + "---\n" + named("2", "two", "Same", "A"),
			"d/b.yml": named("3", "elsewhere", "Elsewhere", "B") + "---\n" + named("4", "four", "Same", "B"),
		})
		if err != "" {
			t.Error(err)
			continue
		}
		for _, r := range set.Rules {
			if !r.IsCorrelation() {
				continue
			}
			got := r.Inputs[0].Rule
			if text := strings.TrimPrefix(got.Source.Path, "d/") + " " + got.Sigma.Name; text != c.want || !got.Silent {
				t.Errorf("%s: %s, silent %v, want %s", c.to, text, got.Silent, c.want)
			}
			if warnings := strings.Join(r.Warnings, "\n"); !strings.Contains(warnings, c.warn) || c.warn == "" && warnings != "" {
				t.Errorf("%s: %q, want %q", c.to, warnings, c.warn)
			}
		}
	}
	// A rule whose ID another file has stays for the correlation of its file, and the other one alerts.
	set, err := load(t, "d", map[string]string{
		"d/a.yml": named("1", "one", "One", "A"),
		"d/b.yml": refer("1", "Uno") + "---\n" + named("1", "uno", "Uno", "B") + "---\n" + named("2", "dos", "Dos", "B"),
		"e/b.yml": refer("1", "tres") + "---\n" + named("3", "tres", "Tres", "B"),
	})
	if err != "" || len(set.Rules) != 4 {
		t.Fatal(err, len(set.Rules))
	}
	ids := map[string]bool{}
	for _, r := range set.Rules {
		if want := r.Name == "Uno"; r.Silent != want || (r.Sigma.SharedID != "") != want || ids[r.ID] {
			t.Errorf("%s: silent %v, shared id %q, id %s", r.Name, r.Silent, r.Sigma.SharedID, r.ID)
		}
		ids[r.ID] = true
	}
}

// Names that two rules have are warned about, and refer to neither from another file.
func TestSameNames(t *testing.T) {
	other := strings.Replace(head, "7b1b", "8b1b", 1)
	files := map[string]string{"d/a.yml": "name: n\n" + head + detect, "d/b.yml": "name: n\n" + other + detect}
	set, err := load(t, "d", files)
	if want := `d/b.yml:1: rule "A trail stops": its name "n" is that of the rule in d/a.yml:1 too; names are unique in Sigma`; err != "" || len(set.Warnings) != 1 || set.Warnings[0] != want {
		t.Errorf("%s, %+v", err, set)
	}
	files["d/c.yml"] = "title: C\ncorrelation: {type: temporal, rules: [n], timespan: 5m}\n"
	if _, err := load(t, "d", files); !strings.Contains(err, `d/c.yml:2:39: correlation: rule "C": "n" is what two rules are called: d/a.yml:1 and d/b.yml:1`) {
		t.Error(err)
	}
}

// What may not do what the author of a correlation meant is warned about.
func TestCorrelationWarnings(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"{type: event_count, rules: [base], timespan: 5m, condition: {gte: 1}}", "holds with a single event: each one makes an alert"},
		{"{type: event_count, rules: [base], timespan: 5m, condition: {lt: 5}}", "holds with a single event"},
		{"{type: event_count, rules: [base], timespan: 5m, condition: {gt: 5, lt: 6}}", "the condition of the correlation never holds"},
		{"{type: event_count, rules: [base], timespan: 5m, condition: {gt: 5, lt: 7}}", ""},
		{"{type: temporal, rules: [base], timespan: 5m, condition: {gte: 2}}", "never holds"},
		{"{type: event_count, rules: [base], timespan: 5m, condition: {gte: 300000}}", "keeps 1048576 matches of a group at most"},
		{"{type: event_count, rules: [base], group-by: [sourceIpAddress], timespan: 5m, condition: {gte: 3}}", "r.yml:3:59: rule \"C\": sourceIpAddress is not a member of the records that is known: all its events are in one group; did you mean \"sourceIPAddress\"?"},
		{"{type: value_count, rules: [base], timespan: 5m, condition: {gte: 3, field: eventNames}}", "eventNames is not a member of the records that is known: its events have no value to count; did you mean \"eventName\"?"},
		{"{type: event_count, rules: [base], timespan: 5m, condition: {gte: 3}, aliases: {who: {base: eventName}}}", `the alias "who" is used neither in group-by nor as a field`},
		{"{type: event_count, rules: [base], timespan: 5m, condition: {gte: 3}, group-by: [who], aliases: {who: {}}}", `the alias "who" stands for no field of the rule "A trail stops"`},
	} {
		set, err := load(t, "r.yml", map[string]string{"r.yml": correlation(c.text)})
		if err != "" {
			t.Errorf("%s: %s", c.text, err)
			continue
		}
		if got := strings.Join(set.Warnings, "\n"); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s\nwarns %q, want %q", c.text, got, c.want)
		}
	}
}
