package ruleset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// Every rule of type query in KQL loads; what of the others a directory brings
// is listed.
func TestUpstreamDirectoryLoads(t *testing.T) {
	root := os.Getenv("DETECTION_RULES")
	if root == "" {
		t.Skip("DETECTION_RULES names no checkout of elastic/detection-rules: its rules were not tested")
	}
	r, err := Load(filepath.Join(root, "rules/integrations/aws"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rules loaded, %d skipped, %d warnings", len(r.Rules), len(r.Skipped), len(r.Warnings))
	if len(r.Rules) < 50 {
		t.Errorf("only %d rules", len(r.Rules))
	}
	for _, s := range r.Skipped {
		if strings.HasPrefix(s.Reason, `type "query"`) {
			t.Errorf("skipped: %s", s)
		}
	}
}
