package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const memoryRule = `[rule]
rule_id = "2f1b0c34-0000-4000-8000-000000000001"
name = "New Reader"
severity = "low"
risk_score = 21
type = "new_terms"
language = "kuery"
query = "event.provider: vault.amazonaws.com"

[rule.new_terms]
field = "new_terms_fields"
value = ["user.name"]

[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-10d"
`

func reads(users ...string) string {
	var b strings.Builder
	for _, user := range users {
		now := time.Now().UTC()
		fmt.Fprintf(&b, `{"eventID":"%s-%d","eventTime":"%s","eventSource":"vault.amazonaws.com","eventName":"Read","userIdentity":{"type":"IAMUser","userName":%q}}`+"\n",
			user, now.UnixNano(), now.Format(time.RFC3339), user)
	}
	return b.String()
}

// A rule of type new_terms learns from a folder first. Then Fluent Bit alerts on what is
// new at once, and remembers it over kill -9 and a new start.
func TestNewTerms(t *testing.T) {
	t.Parallel()
	f := prepare(t, pipeline("SETTINGS", "Rules DIR/new.toml\n    State_Path DIR/state"))
	f.write("new.toml", memoryRule)
	f.write("known.json", reads("ann", "bob"))
	learn := exec.Command(library(t, "fluent-detect"), "learn", "--rules", "new.toml", "--state-path", "state", filepath.Join(f.dir, "known.json"))
	learn.Dir = f.dir
	if out, err := learn.CombinedOutput(); err != nil || !strings.Contains(string(out), "2 combinations in the memory of 1 rule") {
		t.Fatalf("%v: %s", err, out)
	}
	f.write("in1.json", reads("ann", "cat", "bob", "cat"))
	f.run()
	f.wantLines("alerts", 1, 20*time.Second)
	if alert := f.read("alerts"); !strings.Contains(alert, `"terms":{"user.name":"cat"}`) || !strings.Contains(alert, "first Read by cat") {
		t.Errorf("the alert is %s", alert)
	}
	_ = f.cmd.Process.Kill()
	<-f.done
	f.again()
	f.write("in1.json", "")
	f.run()
	f.write("in2.json", reads("cat", "ann", "dan"))
	f.wait("the alert about dan", 20*time.Second, func() bool { return strings.Contains(f.read("alerts"), `"user.name":"dan"`) })
	f.stop()
	if ids := f.ids("alerts"); len(ids) != 2 {
		t.Errorf("%d alerts, want one about cat and one about dan: %s", len(ids), f.read("alerts"))
	}
}
