package sidecar

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	fake "github.com/fluent-detect/fluent-detect/test/aws"
)

const callerRule = `[rule]
rule_id = "caller"
name = "New Caller"
type = "new_terms"
language = "kuery"
severity = "low"
risk_score = 21
from = "now-6m"
query = "event.action: Act"
[rule.new_terms]
field = "new_terms_fields"
value = ["user.name"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-20d"
`

// act returns an event of a user.
func act(id, user string, at time.Time) string {
	return fmt.Sprintf(`{"eventSource":"x.amazonaws.com","eventName":"Act","recipientAccountId":"111122223333","eventID":%q,"eventTime":%q,"userIdentity":{"type":"IAMUser","userName":%q}}`,
		id, at.UTC().Format(time.RFC3339), user)
}

// putDay puts an object of the day of its event.
func putDay(t *testing.T, c *fake.Server, at time.Time, user string) {
	t.Helper()
	at = at.UTC()
	key := fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/%s/111122223333_CloudTrail_eu-west-1_%sZ_%s.json.gz", at.Format("2006/01/02"), at.Format("20060102T1504"), user)
	c.Put("trail", key, []byte(pack(t, "gzip", trailOf(act(user, user, at)))))
}

// With learn_from, rules learn from a bucket at the first start, before anything is received.
// A process that is ended meanwhile leaves the rest to the next one; later ones learn nothing.
func TestLearnFrom(t *testing.T) {
	t.Parallel()
	c := fake.New(t)
	rules := filepath.Join(t.TempDir(), "r.toml")
	if err := os.WriteFile(rules, []byte(callerRule), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	day := 24 * time.Hour
	for i := range 6 {
		putDay(t, c, now.Add(-time.Duration(i)*day-time.Minute), fmt.Sprint("user", i))
	}
	putDay(t, c, now.Add(-15*day), "before")
	var mu sync.Mutex
	stuck, reads := true, map[string]int{}
	c.Fail = func(operation, subject string) string {
		mu.Lock()
		defer mu.Unlock()
		if operation != "GetObject" {
			return ""
		}
		if stuck && strings.Contains(subject, "user3") {
			return "InternalError"
		}
		reads[subject]++
		return ""
	}
	announce(t, c, "live", trailOf(act("known", "user2", now), act("forgotten", "before", now), act("new", "eve", now)))
	s := queued(t, c, "rules", rules, "s3_learn_from", "s3://trail/ 10d")
	r := run(t, s)
	wait(t, "five of six objects", func() bool {
		return strings.Contains(r.get("/metrics"), `fluent_detect_s3_learned_events_total{input="s3"} 5`)
	})
	time.Sleep(300 * time.Millisecond)
	if n := strings.Count(r.stdout.String(), `"alert_id"`); n > 0 || c.Calls("ReceiveMessage") > 0 {
		t.Errorf("%d alerts and %d receives while the rules learn", n, c.Calls("ReceiveMessage"))
	}
	r.Stop()
	mu.Lock()
	stuck = false
	mu.Unlock()

	r = run(t, s)
	wait(t, "two alerts", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == 2 })
	waitEmpty(t, c)
	time.Sleep(100 * time.Millisecond)
	if out := r.stdout.String(); strings.Count(out, `"alert_id"`) != 2 || !strings.Contains(out, `"id":"forgotten"`) || !strings.Contains(out, `"id":"new"`) {
		t.Errorf("the alerts are %s", out)
	}
	r.Stop()
	for _, want := range []string{"learning from s3://trail/ goes on", "learned from 1 event in 1 object"} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("the log does not say %q: %s", want, r.log.String())
		}
	}
	mu.Lock()
	for subject, n := range reads {
		if n > 1 {
			t.Errorf("%s was read %d times", subject, n)
		}
		if strings.Contains(subject, "before") {
			t.Errorf("%s was read, which is older than asked for", subject)
		}
	}
	before := len(reads)
	mu.Unlock()

	announce(t, c, "later", trailOf(act("second", "eve", now), act("other", "zoe", now)))
	r = run(t, s)
	wait(t, "an alert", func() bool { return strings.Contains(r.stdout.String(), `"id":"other"`) })
	r.Stop()
	if !strings.Contains(r.log.String(), "nothing is learned") || len(reads) != before+1 {
		t.Errorf("%d objects were read, want one: %s", len(reads)-before, r.log.String())
	}
}

// A bucket without events, or one that must not be read, keeps nothing waiting.
func TestLearnFromNothing(t *testing.T) {
	t.Parallel()
	rules := filepath.Join(t.TempDir(), "r.toml")
	if err := os.WriteFile(rules, []byte(callerRule), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"", "AccessDenied", "NoSuchBucket"} {
		c := fake.New(t)
		c.Fail = func(operation, _ string) string {
			if strings.HasPrefix(operation, "List") {
				return code
			}
			return ""
		}
		announce(t, c, "live", trailOf(act("new", "eve", time.Now())))
		r := run(t, queued(t, c, "rules", rules, "learn_for", "1h", "s3_learn_from", "s3://elsewhere/ 10d"))
		waitEmpty(t, c)
		if text := r.get("/metrics"); !strings.Contains(text, `rule="new-caller"} 1`) {
			t.Errorf("%s: no rule learns: %s", code, text)
		}
		r.Stop()
		if !strings.Contains(r.log.String(), "for learn_for") {
			t.Errorf("%s: the log is %s", code, r.log.String())
		}
	}
}
