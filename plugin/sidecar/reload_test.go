package sidecar

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const ownRule = `[rule]
name = "Own"
rule_id = "11111111-2222-4333-8444-555555555555"
risk_score = 21
severity = "low"
type = "query"
language = "kuery"
query = 'event.action: NAME'
`

// SIGHUP reloads the rules under load; unusable rules change nothing. Duplicates of
// earlier alerts are still recognized.
func TestReload(t *testing.T) {
	t.Parallel()
	rules := filepath.Join(t.TempDir(), "own.toml")
	write := func(text string) {
		if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source := newVectorSource(t, "")
	write(strings.Replace(ownRule, "NAME", "DescribeInstances", 1))
	p := launch(t, keys{"alerts": source.url, "rules": "builtin," + rules})
	event := func(id string) string { return strings.Replace(other, "o-1", id, 1) }
	said := func(what string, times int) {
		t.Helper()
		wait(t, what, func() bool { return strings.Count(p.log(), what) >= times })
	}

	post(t, p.url, strings.NewReader(event("a")+"\n"+push("a")), 200)
	source.wantAlerts(2)

	write("broken")
	p.signal(syscall.SIGHUP)
	said("the rules cannot be reloaded: the current ones stay in use", 1)
	post(t, p.url, strings.NewReader(event("a")+"\n"+event("b")), 200)
	source.wantAlerts(3)

	write(strings.Replace(ownRule, "NAME", "TerminateInstances", 1))
	p.signal(syscall.SIGHUP)
	said("the rules were reloaded", 1)
	post(t, p.url, strings.NewReader(event("c")+"\n"+push("a")+"\n"+push("b")), 200)
	source.wantAlerts(4)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}
