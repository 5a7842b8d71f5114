package files_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/elastic"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
)

// minimal is the shortest rule.
const minimal = `[rule]
rule_id = "minimal"
name = "Minimal"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
query = 'user.name: maria'
`

// tree writes rule files below a new directory and changes to it. The text "eql"
// stands for a rule in EQL, any other text for a rule with that ID.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(ruleText(name, text)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func ruleText(name, id string) string {
	kind, language := "query", "kuery"
	if id == "eql" {
		kind, language = "eql", "eql"
	}
	if strings.HasSuffix(name, ".ndjson") {
		return fmt.Sprintf(`{"rule_id":%q,"name":%q,"type":%q,"language":%q,"severity":"low","risk_score":21,"query":"a: b"}`+"\n", id, id, kind, language)
	}
	return strings.NewReplacer(`"minimal"`, fmt.Sprintf("%q", id), `"query"`, fmt.Sprintf("%q", kind), `"kuery"`, fmt.Sprintf("%q", language)).Replace(minimal)
}

func paths(s *rule.Set) string {
	var all []string
	for _, r := range s.Rules {
		all = append(all, r.Source.Path)
	}
	for _, k := range s.Skipped {
		all = append(all, "-"+k.Path)
	}
	return strings.Join(all, " ")
}

func TestLoad(t *testing.T) {
	tree(t, map[string]string{
		"one.toml": "one", "rules/b.toml": "b", "rules/a.toml": "a", "rules/sub/c.toml": "c", "rules/sub/d.ndjson": "d",
		"rules/eql.toml": "eql", "rules/.hidden/e.toml": "e", "rules/.f.toml": "f", "rules/README.md": "no rule",
		"eql.ndjson": "eql", "a[1].toml": "brackets",
	})
	builtin := fstest.MapFS{
		"x.toml":      {Data: []byte(ruleText("x.toml", "x"))},
		"sub/y.toml":  {Data: []byte(ruleText("y.toml", "y"))},
		"sub/LICENSE": {Data: []byte("text")},
	}
	f := func(spec, want string) {
		t.Helper()
		set, err := files.Load(spec, builtin, elastic.Formats("kuery")...)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
		} else if got := paths(set); got != want {
			t.Errorf("%s\n got: %s\nwant: %s", spec, got, want)
		}
	}
	const all = "rules/a.toml rules/b.toml rules/sub/c.toml rules/sub/d.ndjson -rules/eql.toml"
	f("builtin", "builtin/sub/y.toml builtin/x.toml")
	f("one.toml", "one.toml")
	f("rules", all)
	f("./rules/", all)
	f("rules/*", all)
	f("rul*", all)
	f("**/sub", "rules/sub/c.toml rules/sub/d.ndjson")
	f("rules/**/*.toml", "rules/a.toml rules/b.toml rules/sub/c.toml -rules/eql.toml")
	f("rules/[ab].toml", "rules/a.toml rules/b.toml")
	f("rules/.?*.toml", "rules/.f.toml")
	f("rules/**/**/d.*", "rules/sub/d.ndjson")
	f("a[1].toml", "a[1].toml")
	f(" one.toml ,builtin, rules/b.toml,builtin,rules/*.toml,one.toml",
		"builtin/sub/y.toml builtin/x.toml one.toml rules/a.toml rules/b.toml -rules/eql.toml")
}

// Of rules with the same ID the first path's is used, and the built-in one last.
func TestLoadPrecedence(t *testing.T) {
	tree(t, map[string]string{
		"own/a.toml": "x", "team/z.ndjson": "x", "team/other.toml": "other", "eql/x.toml": "eql", "off/on.toml": "twin",
	})
	disabled := strings.ReplaceAll(minimal, `"minimal"`, `"x"`) + "enabled = false\n"
	for name, text := range map[string]string{"disabled.toml": disabled, "off/off.toml": strings.ReplaceAll(disabled, `"x"`, `"twin"`)} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	builtin := fstest.MapFS{"x.toml": {Data: []byte(ruleText("x.toml", "x"))}, "y.toml": {Data: []byte(ruleText("y.toml", "y"))}}
	for _, c := range []struct{ spec, want, reason string }{
		{"builtin,own", "builtin/y.toml own/a.toml -builtin/x.toml", "the rule with the same rule_id in own/a.toml:2:11 is used instead"},
		{"own/a.toml,builtin", "builtin/y.toml own/a.toml -builtin/x.toml", "the rule with the same rule_id in own/a.toml:2:11 is used instead"},
		{"own,team", "own/a.toml team/other.toml -team/z.ndjson", "the rule with the same rule_id in own/a.toml:2:11 is used instead"},
		{"team/*,own", "team/other.toml team/z.ndjson -own/a.toml", "the rule with the same rule_id in team/z.ndjson:1:12 is used instead"},
		{"team/z.ndjson,own,team", "team/other.toml team/z.ndjson -own/a.toml", "the rule with the same rule_id in team/z.ndjson:1:12 is used instead"},
		{"disabled.toml,builtin", "builtin/y.toml -builtin/x.toml -disabled.toml", "the rule with the same rule_id in disabled.toml:2:11 is used instead"},
		{"builtin,eql", "builtin/x.toml builtin/y.toml -eql/x.toml", `type "eql" is not evaluated here; only type "query", "new_terms" or "threshold" in language "kuery" is`},
		{"off", "off/on.toml -off/off.toml", "disabled: enabled is false in the file"},
	} {
		set, err := files.Load(c.spec, builtin, elastic.Formats("kuery")...)
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		if got := paths(set); got != c.want {
			t.Errorf("%s\n got: %s\nwant: %s", c.spec, got, c.want)
		}
		if got := set.Skipped[0].Reason; got != c.reason {
			t.Errorf("%s: %s", c.spec, got)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	tree(t, map[string]string{
		"rules/a.toml": "a", "rules/eql.toml": "eql", "eql.ndjson": "eql", "only/eql.toml": "eql", "README.md": "text",
		"twins/1.toml": "twin", "twins/2.ndjson": "twin", "twins/3.toml": "twin", "empty.ndjson": "", "none/x.txt": "",
	})
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("empty.ndjson", "\n")
	write("large.toml", strings.Repeat("# 0123456789\n", 1<<17))
	write("off.toml", minimal+"enabled = false\n")
	f := func(spec string, want ...string) {
		t.Helper()
		_, err := files.Load(spec, fstest.MapFS{}, elastic.Formats("kuery")...)
		if err == nil {
			t.Errorf("%s: no error", spec)
			return
		}
		if got := err.Error(); got != strings.Join(want, "\n") {
			t.Errorf("%s\n got: %s\nwant: %s", spec, got, strings.Join(want, "\n"))
		}
	}
	f("", `rules: an element of the list is empty; it is "builtin", a file, a directory or a glob`)
	f("rules,", `rules: an element of the list is empty; it is "builtin", a file, a directory or a glob`)
	f("builtin", `rules: "builtin" holds no *.toml or *.ndjson`)
	f("nowhere.toml", `rules: "nowhere.toml" cannot be read: no such file or directory`)
	f("rules/x*.toml", `rules: "rules/x*.toml" matches no *.toml or *.ndjson`)
	f("none/*", `rules: "none/*" matches no *.toml or *.ndjson`)
	f("none", `rules: "none" holds no *.toml or *.ndjson`)
	f("rules/[a.toml", `rules: "rules/[a.toml" is not a glob: syntax error in pattern in "[a.toml"`)
	f("README.md", `rules: "README.md" is not a rule file: the name must be *.toml or *.ndjson`)
	f("large.toml", "large.toml: cannot be read: 1703936 bytes, more than the maximum of 1048576")
	f("empty.ndjson", "empty.ndjson: no rule in the file")
	f("rules/eql.toml", `rules/eql.toml:4:8: type: rule "Minimal": type "eql" is not evaluated here; only type "query", "new_terms" or "threshold" in language "kuery" is`)
	f("rules, rules/eql.toml", `rules/eql.toml:4:8: type: rule "Minimal": type "eql" is not evaluated here; only type "query", "new_terms" or "threshold" in language "kuery" is`)
	f("eql.ndjson", `eql.ndjson:1:38: type: rule "eql": type "eql" is not evaluated here; only type "query", "new_terms" or "threshold" in language "kuery" is`)
	f("only", `rules: "only" holds no rule that runs: 1 skipped, the first is only/eql.toml:4: `+
		`type "eql" is not evaluated here; only type "query", "new_terms" or "threshold" in language "kuery" is`)
	f("off.toml", `rules: "off.toml" holds no rule that runs: 1 skipped, the first is off.toml:1: disabled: enabled is false in the file`)
	f("twins",
		`twins/2.ndjson:1:12: rule_id: "twin" is the ID of the rule in twins/1.toml:2:11 already; leave one of the two out`,
		`twins/3.toml:2:11: rule_id: "twin" is the ID of the rule in twins/1.toml:2:11 already; leave one of the two out`)
	write("rules/b.toml", "[rule\n")
	write("rules/c.toml", minimal+"a = 1\nb = 2\n")
	f("rules,nowhere",
		`rules: "nowhere" cannot be read: no such file or directory`,
		"rules/b.toml:1:6: not TOML: expected ']' to close table name",
		"rules/c.toml:9:1: a: unknown key; Elastic's rule format has no such key, and fluent-detect's own belong in [fluent_detect]",
		"rules/c.toml:10:1: b: unknown key; Elastic's rule format has no such key, and fluent-detect's own belong in [fluent_detect]")
}

// TestLoadErrorUnwraps finds every single error behind the one that Load gives.
func TestLoadErrorUnwraps(t *testing.T) {
	tree(t, map[string]string{"rules/eql.toml": "eql"})
	_, err := files.Load("rules/eql.toml,nowhere", nil, elastic.Formats("kuery")...)
	var list interface{ Unwrap() []error }
	if !errors.As(err, &list) || len(list.Unwrap()) != 2 {
		t.Fatalf("%T %v", err, err)
	}
	var first *rule.Error
	if !errors.As(err, &first) || first.Message == "" {
		t.Errorf("%v", err)
	}
}

// A format of a few lines stands beside Elastic's: files named *.short with
// "ID query" on each line.
func TestLoadFormat(t *testing.T) {
	tree(t, map[string]string{"rules/a.toml": "a"})
	if err := os.WriteFile("rules/b.short", []byte("one a: b\ntwo c: d\na e: f\nbroken\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	short := files.Format{Extension: ".short", MaxSize: 100, Parse: func(path string, data []byte) (set rule.Set, errs rule.Errors) {
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			id, query, ok := strings.Cut(strings.TrimSpace(line), " ")
			if !ok {
				errs = append(errs, &rule.Error{Path: path, Line: n, Column: 1, Message: "must be an ID and a query"})
				continue
			}
			set.Rules = append(set.Rules, &rule.Rule{
				ID: id, Name: id, Enabled: true, Query: rule.Query{Text: query, Language: "short"},
				Source: rule.Source{Path: path, Line: n, IDLine: n, IDColumn: 1},
			})
		}
		return set, errs
	}}
	set, err := files.Load("rules", nil, append(elastic.Formats("kuery"), short)...)
	const want = `rules/b.short:3:1: rule_id: "a" is the ID of the rule in rules/a.toml:2:11 already; leave one of the two out
rules/b.short:4:1: must be an ID and a query`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if got := paths(set); got != "rules/a.toml rules/b.short rules/b.short rules/b.short" || set.Rules[2].Query.Text != "c: d" {
		t.Errorf("%s: %+v", got, set.Rules)
	}
}

func TestLoadLinks(t *testing.T) {
	// as Kubernetes mounts a ConfigMap, with links that go round on top
	tree(t, map[string]string{"mount/..2025/a.toml": "a", "mount/..2025/b.toml": "b", "other/c.toml": "c"})
	for link, to := range map[string]string{
		"mount/..data": "..2025", "mount/a.toml": "..data/a.toml", "mount/b.toml": "..data/b.toml",
		"mount/other": "../other", "other/round": "../mount", "z.toml": "mount/a.toml",
	} {
		if err := os.Symlink(to, link); err != nil {
			t.Skipf("no symbolic links here (%v); not tested: folders of rules with links", err)
		}
	}
	f := func(spec, want string) {
		t.Helper()
		set, err := files.Load(spec, nil, elastic.Formats("kuery")...)
		if err != nil || paths(set) != want {
			t.Errorf("%s\n got: %s\nwant: %s\n%v", spec, paths(set), want, err)
		}
	}
	f("mount", "mount/a.toml mount/b.toml mount/other/c.toml")
	f("z.toml", "z.toml")
	f("mount/*.toml,z.toml", "mount/a.toml mount/b.toml")
	if err := os.Symlink("nowhere", "other/gone.toml"); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Load("other", nil, elastic.Formats("kuery")...); err == nil || !strings.Contains(err.Error(), "other/gone.toml: cannot be read: no such file") {
		t.Error(err)
	}
}

func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	note := strings.Repeat("A line of an investigation guide, long enough to be one.\n", 150) // upstream's files have 9 KB on average
	for i := range 1000 {
		text := ruleText("x.toml", fmt.Sprintf("rule-%d", i)) + "note = '''\n" + note + "'''\n"
		if err := os.WriteFile(fmt.Sprintf("%s/%d.toml", dir, i), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		set, err := files.Load(dir, nil, elastic.Formats("kuery")...)
		if err != nil || len(set.Rules) != 1000 {
			b.Fatal(err)
		}
	}
}
