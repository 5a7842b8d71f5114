package detector

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// write writes a file in a directory of its own and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// exceptionFile writes a file with one exception and returns its path.
func exceptionFile(t testing.TB, rule, query, expires string) string {
	t.Helper()
	return write(t, "exceptions.toml", "[[exception]]\nrule = \""+rule+"\"\nquery = '''"+query+"'''\nowner = \"team\"\nreason = \"known\"\nexpires = "+expires+"\n")
}

const builtinSlug = "aws-ec2-instance-connect-ssh-public-key-uploaded"

func TestExceptions(t *testing.T) {
	b := newBench(t, "exceptions", exceptionFile(t, builtinSlug, "user.name: alice and aws.cloudtrail.flattened.request_parameters.instanceId: i-1", "2999-12-31"))
	b.mustScan(push(1), push(2))
	b.wantAlerts(1)
	b.wantStats("matched 2 emitted 1 duplicate 0 capped 0 failed 0 summaries 0")
}

// An expired exception does not apply; the first time that it would have is logged.
func TestExpiredException(t *testing.T) {
	b := newBench(t, "exceptions", exceptionFile(t, "*", "user.name: alice", "2026-10-01"))
	b.now = time.Date(2026, 10, 1, 23, 59, 59, 0, time.UTC)
	b.mustScan(push(1))
	b.wantAlerts(0)
	b.now = b.now.Add(time.Second)
	b.mustScan(push(2), push(3))
	b.wantAlerts(2)
	if len(b.warned) != 1 || !strings.Contains(b.warned[0], "exceptions.toml:1: exception of team (known) has expired on 2026-10-02T00:00:00Z") {
		t.Errorf("warned: %q", b.warned)
	}
}

func TestSuppression(t *testing.T) {
	b := newBench(t, "suppress_by", "user.name", "suppress_for", "10m", "max_alerts", "0")
	same := func(id int) string {
		return strings.Replace(push(id), `"instanceId":"i-`, `"instanceId":"i-0","x":"`, 1)
	}
	b.mustScan(same(1), same(2))
	b.mustScan(same(3))
	b.wantAlerts(1)
	b.mustScan(push(4)) // another instance
	b.wantAlerts(1)
	nobody := func(id int) string { return strings.Replace(same(id), `"userName":"alice"`, `"type":"X"`, 1) }
	b.mustScan(nobody(5), nobody(6)) // what is missing equals nothing
	b.wantAlerts(2)
	if s := b.engine.Report(); s.Outcomes[stats.Suppressed] != 2 || s.Matched() != 6 || s.Outcomes[stats.Emitted] != 4 {
		t.Errorf("counters are %+v", s)
	}
	b.now = b.now.Add(10 * time.Minute)
	b.mustScan(same(7))
	summary := b.wantAlerts(2)[1]
	detect := summary["fluent_detect"].(map[string]any)["summary"].(map[string]any)
	if detect["kind"] != "suppressed" || detect["count"] != 2.0 || detect["by"].([]any)[0] != "user.name: alice" {
		t.Errorf("the summary is %v", detect)
	}
}

// What is held back when the engine ends is reported then.
func TestCloseReportsWhatIsHeldBack(t *testing.T) {
	b := newBench(t, "suppress_by", "source.address", "suppress_for", "1h", "max_alerts", "1/1h")
	b.mustScan(pushes(0, 3)...) // no address: not suppressed, but capped
	withAddress := func(id int) string {
		return strings.Replace(push(1), `"eventID":"e-1"`, `"sourceIPAddress":"192.0.2.1","eventID":"x-`+string(rune('a'+id))+`"`, 1)
	}
	b.mustScan(withAddress(0), withAddress(1))
	b.engine.Close(true)
	kinds := map[string]int{}
	for _, a := range b.alerts() {
		if s, ok := a["fluent_detect"].(map[string]any)["summary"].(map[string]any); ok {
			kinds[s["kind"].(string)] += int(s["count"].(float64))
		}
	}
	if s := b.engine.Report(); kinds["capped"] != int(s.Outcomes[stats.Capped]) || kinds["suppressed"] != int(s.Outcomes[stats.Suppressed]) || s.Outcomes[stats.Capped] == 0 || s.Outcomes[stats.Suppressed] == 0 {
		t.Errorf("reported %v, counted %+v", kinds, s)
	}
}

// If the outbox is full, suppression is rolled back too.
func TestFullOutboxUndoesSuppression(t *testing.T) {
	b := newBench(t, "suppress_by", "user.name", "suppress_for", "10m")
	b.fill()
	if err := b.scan(push(1)); err == nil {
		t.Fatal("the outbox is not full")
	}
	b.drain()
	b.mustScan(push(1))
	b.wantAlerts(1)
}

// Events with the same values of the dedup_by fields are duplicates, if they have all
// of them.
func TestDedupBy(t *testing.T) {
	path := write(t, "rule.toml", `[rule]
name = "Test"
rule_id = "0b2c4f6a-1d3e-4a5b-8c7d-9e0f1a2b3c4d"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
description = "A rule of a test."
author = ["test"]
query = "event.provider: ec2-instance-connect.amazonaws.com"
[fluent_detect]
dedup_by = ["user.name", "source.address"]
`)
	b := newBench(t, "rules", path)
	from := func(id int, address string) string {
		return strings.Replace(push(id), `"eventID"`, `"sourceIPAddress":"`+address+`","eventID"`, 1)
	}
	b.mustScan(from(1, "192.0.2.1"), from(2, "192.0.2.1"), from(3, "192.0.2.2"), push(4), push(5), push(5))
	b.wantAlerts(4)
	b.wantStats("matched 6 emitted 4 duplicate 2 capped 0 failed 0 summaries 0")
}

// Sessions of a role are one principal: the name of a session can be chosen freely.
func TestPrincipalsShareTheCap(t *testing.T) {
	b := newBench(t, "max_alerts", "2/1h")
	session := func(id int, role string) string {
		arn := fmt.Sprintf("arn:aws:sts::111122223333:assumed-role/%s/session-%d", role, id)
		return strings.Replace(push(id), `"userName":"alice"`, `"type":"AssumedRole","arn":"`+arn+`"`, 1)
	}
	for id := range 10 {
		b.mustScan(session(id, "loud"))
	}
	b.wantAlerts(2)
	b.mustScan(session(10, "quiet"), session(11, "quiet"))
	b.wantAlerts(1)
}
