package detector

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// What somebody may try who can write records into the input of a detector, beside
// the events that AWS writes.

// forged returns an event with the ID of push(id), of somebody else.
func forged(id int) string {
	return strings.NewReplacer(`"alice"`, `"routine"`, `"i-`, `"i-9`).Replace(push(id))
}

// Who knows the ID of an event cannot hide it: both alert, and the second one says that
// its ID was there before.
func TestEventIDReused(t *testing.T) {
	for _, c := range []struct {
		about   string
		noDedup bool
		records []string
		want    string // what is odd about each alert
	}{
		{"the forged one first", false, []string{forged(1), push(1)}, " event_id_reused"},
		{"the true one first", false, []string{push(1), forged(1)}, " event_id_reused"},
		{"delivered again", false, []string{forged(1), push(1), push(1), forged(1)}, " event_id_reused"},
		{"with dedup off, delivered again", true, []string{push(1), push(1), forged(1), push(1)}, "  event_id_reused "},
		{"another account", false, []string{push(1), strings.Replace(push(1), "111122223333", "444455556666", 1)}, " "},
		{"another ID", false, []string{push(1), push(2)}, " "},
		{"without an ID", false, []string{
			strings.Replace(push(1), `"eventID":"e-1",`, "", 1), strings.Replace(forged(1), `"eventID":"e-1",`, "", 1),
		}, "missing_event_id missing_event_id"},
	} {
		for _, together := range []bool{false, true} {
			b := newBench(t)
			b.openWith(func(config *Config) { config.NoDedup = c.noDedup })
			if together {
				b.mustScan(c.records...)
			} else {
				for _, r := range c.records {
					b.mustScan(r)
				}
			}
			var got []string
			for _, a := range b.alerts() {
				got = append(got, oddities([]map[string]any{a}))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s, in one chunk %v: %q, want %q", c.about, together, strings.Join(got, " "), c.want)
			}
		}
	}
}

// The memory of IDs is that of the next process too, and not that of a chunk that has
// to come again.
func TestEventIDReusedLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s, err := store.Open(dir, func(line string) { t.Error(line) })
	if err != nil {
		t.Fatal(err)
	}
	b := onDisk(t, s)
	b.mustScan(forged(1))
	b.wantAlerts(1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = store.Open(dir, func(line string) { t.Error(line) }); err != nil {
		t.Fatal(err)
	}
	b.store = s
	b = b.restart(false)
	b.mustScan(push(1), push(2))
	if got := oddities(b.wantAlerts(2)); got != "event_id_reused" {
		t.Errorf("after a restart: %q", got)
	}

	b = newBench(t)
	b.fill()
	if err := b.scan(push(1)); err == nil {
		t.Fatal("the outbox is not full")
	}
	b.drain()
	b.mustScan(forged(1), push(1))
	if all := b.wantAlerts(2); oddities(all[:1]) != "" || oddities(all[1:]) != "event_id_reused" {
		t.Errorf("after a chunk that came again: %q, %q", oddities(all[:1]), oddities(all[1:]))
	}
}

// However many others came before in an interval: each of the first principals is
// named, with a cap and with suppression. Beyond that a summary says that there were
// more.
func TestEachPrincipalIsNamed(t *testing.T) {
	event := func(id int, who string) string {
		return strings.NewReplacer(`"userName":"alice"`, `"userName":"`+who+`","arn":"arn:aws:iam::111122223333:user/`+who+`"`,
			`"e-1"`, fmt.Sprintf(`"e-%d"`, id)).Replace(push(1))
	}
	for _, c := range []struct {
		before, after int // others that come before mallory, and then before nobody
		settings      []string
		nobody, more  bool // nobody is named, and that there were more
	}{
		{hold.MaxPrincipals - 1, 100, nil, false, true},
		{1200, 1, []string{"suppress_by", "cloud.account.id", "suppress_for", "1h"}, true, false},
	} {
		b := newBench(t, append(c.settings, "max_alerts", "100/1h", "dedup_size", "100000")...)
		var chunk []string
		for id := range c.before + c.after {
			if id == c.before {
				chunk = append(chunk, event(-1, "mallory"))
			}
			chunk = append(chunk, event(id, fmt.Sprint("u", id)))
		}
		b.mustScan(append(chunk, event(-2, "mallory"), event(-3, "nobody"))...)
		b.engine.Close(true)
		var all []byte // too many to be decoded
		for _, a := range b.consumer.Take(1<<30, 0) {
			all = append(all, a.Record...)
		}
		for text, want := range map[string]bool{"mallory": true, "nobody": c.nobody, "there were more than 10000 principals": c.more} {
			if got := bytes.Contains(all, []byte(text)); got != want {
				t.Errorf("%q: %q in alerts or the summary: %v, want %v", c.settings, text, got, want)
			}
		}
	}
}

// A push to the serial console is told from one over the network, in each alert and in
// the summary.
func TestSerialConsoleIsTold(t *testing.T) {
	serial := func(id int) string { return strings.Replace(push(id), "SendSSH", "SendSerialConsoleSSH", 1) }
	for format, message := range map[string]func(a map[string]any) any{
		"ecs":  func(a map[string]any) any { return a["event"].(map[string]any)["reason"] },
		"ocsf": func(a map[string]any) any { return a["message"] },
	} {
		b := newBench(t, "alert_format", format, "max_alerts", "2/1h")
		b.mustScan(push(1), serial(2), push(3), serial(4))
		b.engine.Close(true)
		for i, a := range b.wantAlerts(3) {
			got := message(a).(string)
			if want := []string{"SSH public key pushed to", "SSH public key for the serial console pushed to", "calls: SendSSHPublicKey, SendSerialConsoleSSHPublicKey"}[i]; !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q in it", format, got, want)
			}
		}
	}
}

// A long policy does not push out of the alert what the rule looks for.
func TestWhatMatchedIsNotCut(t *testing.T) {
	path := write(t, "rule.toml", `[rule]
name = "Test"
rule_id = "0b2c4f6a-1d3e-4a5b-8c7d-9e0f1a2b3c4d"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
description = "A rule of a test."
author = ["test"]
query = "aws.cloudtrail.request_parameters: *PassRole* or event.action: x"
`)
	b := newBench(t, "rules", path)
	b.mustScan(`{"eventSource":"iam.amazonaws.com","eventName":"PutRolePolicy","eventID":"1","eventTime":"2026-03-02T09:00:00Z",` +
		`"requestParameters":{"policyDocument":"` + strings.Repeat("x", 40_000) + `iam:PassRole"}}`)
	alerts := b.wantAlerts(1)
	detect := alerts[0]["fluent_detect"].(map[string]any)
	if got := fmt.Sprint(detect["evidence"]); oddities(alerts) != "long_parameters truncated" || !strings.HasSuffix(got, "iam:PassRole}]") || len(got) > 1000 {
		t.Errorf("the alert has %q and the evidence %s", oddities(alerts), got)
	}
}

// Behind one attribute that came out before, another one of the same event does not hide.
func TestSuppressionLooksAtAllInstances(t *testing.T) {
	path := write(t, "rule.toml", `[rule]
name = "Test"
rule_id = "0b2c4f6a-1d3e-4a5b-8c7d-9e0f1a2b3c4d"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
description = "A rule of a test."
author = ["test"]
query = "event.action: StopInstances"
[fluent_detect]
suppress_by = ["user.name"]
`)
	stop := func(id int, instances ...string) string {
		return fmt.Sprintf(`{"eventSource":"ec2.amazonaws.com","eventName":"StopInstances","eventID":"e-%d","eventTime":"2026-03-02T09:00:00Z","userIdentity":{"userName":"alice"},`+
			`"requestParameters":{"instancesSet":{"items":[{"instanceId":"%s"}]}}}`, id, strings.Join(instances, `"},{"instanceId":"`))
	}
	b := newBench(t, "rules", path)
	b.mustScan(stop(1, "i-1"), stop(2, "i-1"), stop(3, "i-1", "i-2"), stop(4, "i-2", "i-1"))
	b.wantAlerts(2)
}
