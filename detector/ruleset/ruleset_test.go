package ruleset

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

const builtinSlug = "aws-ec2-instance-connect-ssh-public-key-uploaded"

// exceptionFile writes a file with one exception and returns its path.
func exceptionFile(t *testing.T, rule, query, expires string) string {
	t.Helper()
	text := "[[exception]]\nrule = \"" + rule + "\"\nquery = '''" + query + "'''\nowner = \"team\"\nreason = \"known\"\nexpires = " + expires + "\n"
	path := filepath.Join(t.TempDir(), "exceptions.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatIsWrongWithExceptions(t *testing.T) {
	rules := func() *Set {
		r, err := Load("builtin")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	err := rules().LoadExceptions(exceptionFile(t, builtinSlug, "user.name: (alice or bob", "2999-12-31"))
	if err == nil || !strings.Contains(err.Error(), "exceptions.toml:3:") || !strings.Contains(err.Error(), "^") {
		t.Errorf("a query that does not parse gives %v", err)
	}
	for _, c := range []struct{ rule, query, want string }{
		{"no-such-rule", "user.name: alice", `no rule "no-such-rule" is loaded`},
		{builtinSlug, "user_agent.original: ours*", "whoever knows it can hide behind it"},
	} {
		r := rules()
		if err := r.LoadExceptions(exceptionFile(t, c.rule, c.query, "2999-12-31")); err != nil {
			t.Fatal(err)
		}
		if w := strings.Join(r.Warnings, "\n"); !strings.Contains(w, c.want) {
			t.Errorf("%s: warnings are %q, want %q", c.query, w, c.want)
		}
	}
	r := rules()
	if err := r.LoadExceptions(exceptionFile(t, builtinSlug, "user_agent.original: ours* and source.ip: 192.0.2.1", "2020-01-01")); err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) != 0 || len(r.Expired(time.Now())) != 1 {
		t.Errorf("warnings are %q, expired %q", r.Warnings, r.Expired(time.Now()))
	}
}

// typesTable returns a table of the types of rules: how many there are, and how many of
// them run.
func typesTable(r *Set) string {
	all, run := map[string]int{}, map[string]int{}
	for _, rule := range r.Rules {
		all[rule.Type]++
		run[rule.Type]++
	}
	for _, s := range r.Skipped {
		all[s.Type]++
	}
	var rows [][]string
	for _, name := range slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(all[b]-all[a], strings.Compare(a, b)) }) {
		rows = append(rows, []string{generated.Code(name), strconv.Itoa(all[name]), strconv.Itoa(run[name])})
	}
	return generated.Table([]string{"type", "rules", "run here"}, rows)
}

// Every rule of type query in KQL loads, every one of type eql about one event or a sequence
// that is supported, and those of type esql whose columns are known; what of the others a directory brings is listed. The documentation has the counts.
func TestUpstreamDirectoriesLoad(t *testing.T) {
	root := os.Getenv("DETECTION_RULES")
	if root == "" {
		t.Skip("not tested: Elastic's rules, as DETECTION_RULES names no checkout of elastic/detection-rules")
	}
	var rows [][]string
	for _, folder := range []string{"integrations/aws", "integrations", "linux", "macos", "windows", ""} {
		r, err := Load(filepath.Join(root, "rules", folder))
		if err != nil {
			t.Fatal(err)
		}
		byLanguage := map[string]int{}
		for _, rule := range r.Rules {
			byLanguage[rule.Query.Language]++
		}
		for _, s := range r.Skipped {
			if strings.HasPrefix(s.Reason, `type "query"`) || s.Type == "eql" && !strings.Contains(s.Reason, "is not supported") && !strings.Contains(s.Reason, "are not supported") {
				t.Errorf("skipped: %s", s)
			}
		}
		if byLanguage["kuery"] == 0 || byLanguage["eql"] == 0 {
			t.Errorf("%s: %v", folder, byLanguage)
		}
		if folder == "integrations/aws" {
			var lacking [][]string
			for _, s := range r.Skipped {
				reason, _, _ := strings.Cut(s.Reason, ";")
				lacking = append(lacking, []string{"`" + strings.TrimSuffix(filepath.Base(s.Path), ".toml") + "`", "`" + s.Type + "`", reason})
			}
			generated.Check(t, "README.md", "upstream-types", typesTable(r))
			generated.Check(t, "docs/rules.md", "upstream-aws", generated.Table([]string{"rule", "type", "why"}, lacking))
		}
		name := "`rules/" + folder + "`"
		rows = append(rows, []string{name, strconv.Itoa(len(r.Rules) + len(r.Skipped)), strconv.Itoa(len(r.Rules)), strconv.Itoa(byLanguage["kuery"]), strconv.Itoa(byLanguage["eql"]), strconv.Itoa(byLanguage["esql"])})
	}
	generated.Check(t, "docs/rules.md", "upstream", generated.Table([]string{"folder", "rules", "run here", "in KQL", "in EQL", `in ES\|QL`}, rows))
}
