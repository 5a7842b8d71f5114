package detector

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// reports empties the outbox and returns the records that are not alerts.
func (b *bench) reports() []map[string]any {
	b.t.Helper()
	b.notes = nil
	b.alerts()
	return b.notes
}

// at returns a value of a document by its dotted name.
func at(doc map[string]any, name string) any {
	var v any = doc
	for part := range strings.SplitSeq(name, ".") {
		m, _ := v.(map[string]any)
		v = m[part]
	}
	return v
}

func text(v any) string {
	b, _ := json.Marshal(v) // of what was JSON
	return string(b)
}

// wantFields checks values of a document, by dotted names.
func wantFields(t *testing.T, doc map[string]any, pairs ...any) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string)
		if got, want := text(at(doc, name)), text(pairs[i+1]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// A heartbeat has everything: outcomes, traffic, near misses, the size of the outbox.
func TestHeartbeat(t *testing.T) {
	b := newBench(t, "max_alerts", "2/1h", "heartbeat", "90s", "suppress_by", "user.name,aws.cloudtrail.read_only", "suppress_for", "1m",
		"exceptions", exceptionFile(t, "*", "cloud.account.id: 999999999999", "2999-12-31"))
	b.now = time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)
	denied := strings.Replace(push(1), `"eventTime"`, `"errorCode":"AccessDenied","eventTime"`, 1)
	known := strings.Replace(push(8), "111122223333", "999999999999", 1)
	b.mustScan(push(1), push(1), denied, denied, other, `{"log":"hello"}`, known)
	b.mustScan(push(2), push(3), push(4))
	if _, err := b.engine.Scan("cloudtrail", append(chunkOf(t, push(5)), 0xc1)); err == nil {
		t.Fatal("a broken chunk is whole")
	}
	b.engine.Panicked("cloudtrail", "a\nb")
	b.engine.reporter.beat()
	all := b.reports()
	b.engine.reporter.beat()
	all = append(all, b.reports()...)
	if len(all) != 4 {
		t.Fatalf("%d reports, want two errors and two heartbeats", len(all))
	}
	wantFields(t, all[0], "event.kind", "event", "event.dataset", "fluent_detect.error", "error.type", "broken_chunk",
		"fluent_detect.input.tag", "cloudtrail", "fluent_detect.error.records", 1, "fluent_detect.error.offset", len(chunkOf(t, push(5))), "alert_id", nil)
	wantFields(t, all[1], "error.type", "panic", "error.message", "panic: a?b")
	const beat = "fluent_detect.heartbeat."
	wantFields(t, all[2], "@timestamp", "2026-03-02T09:05:00.000Z", "event.kind", "metric", "event.dataset", "fluent_detect.heartbeat",
		"observer.hostname", "host", "fluent_detect.channel", "default", "alert_id", nil,
		beat+"status", "ok", beat+"sequence", 1, beat+"dropped", 0, beat+"interval_s", 90, beat+"error_records", 2, beat+"errors_withheld", 0,
		beat+"chunks", 3, beat+"broken_chunks", 1, beat+"records", 11, beat+"events", 10, beat+"shapes.raw", 10, beat+"shapes.other", 1,
		beat+"panics", 1, beat+"unreadable", 0, beat+"odd", 0,
		beat+"last_event", "2026-03-02T09:00:00.000Z", beat+"last_arrival", "2026-03-02T09:05:00.000Z", beat+"lag_ms", 300_000,
		beat+"matched", 7, beat+"emitted", 2, beat+"duplicate", 1, beat+"excepted", 1, beat+"suppressed", 0, beat+"capped", 3, beat+"failed", 0,
		beat+"rules", 1, beat+"near_misses", 2, beat+"near_miss", []any{map[string]any{
			"rule": builtinSlug, "condition": "event.outcome: success", "count": 2}},
		beat+"outbox.alerts", 2, beat+"dedup.size", 5, beat+"self_test", nil)
	wantFields(t, all[3], beat+"sequence", 2, beat+"matched", 7, beat+"outbox.alerts", 0)
	b.wantStats("matched 7 emitted 2 duplicate 1 capped 3 failed 0 summaries 0")
	if s := b.engine.Report(); s.Heartbeats != 2 || s.ErrorRecords != 2 || s.Lag() != 5*time.Minute {
		t.Errorf("counters are %+v", s)
	}
}

// If the outbox is full heartbeats are dropped and counted. They are not among the
// undelivered alerts.
func TestHeartbeatsAreNoAlerts(t *testing.T) {
	b := newBench(t)
	b.mustScan(push(1))
	b.engine.reporter.beat()
	if left := b.box.Undelivered(); len(left) != 1 {
		t.Errorf("%d alerts are undelivered, want 1", len(left))
	}
	b.wantAlerts(1)
	b.fill()
	b.engine.reporter.beat()
	b.engine.Panicked("x", errors.New("y"))
	s := b.engine.Report()
	if s.Heartbeats != 1 || s.HeartbeatsDropped != 1 || s.ErrorRecords != 0 || s.ErrorsWithheld != 1 || s.Outcomes[stats.Emitted] != 1 {
		t.Errorf("counters are %+v", s)
	}
	if len(b.lost) > 0 {
		t.Error("a heartbeat is lost as an alert is")
	}
}

// Heartbeats are made at intervals, which continue across reloads, until the engine is
// closed. (A leaked goroutine fails every synctest.)
func TestHeartbeatsKeepTheirPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "heartbeat", "1m")
		pass := func(d time.Duration, want int) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if got := len(b.reports()); got != want {
				t.Fatalf("%d heartbeats after %s, want %d", got, d, want)
			}
		}
		pass(59*time.Second, 0)
		pass(2*time.Second, 1)
		pass(10*time.Minute, 10)
		for round := range 6 { // it is 11m01s
			b.engine.Close(false)
			b.open("heartbeat", "1m")
			pass(10*time.Second, round/5)
		}
		b.engine.Close(false)
		pass(time.Hour, 0)
	})
}

// Of a stream of garbage there are a few error records; the rest is counted.
func TestErrorsAreBounded(t *testing.T) {
	b := newBench(t)
	for range 1000 {
		if _, err := b.engine.Scan("x", []byte{0xc1}); err == nil {
			t.Fatal("garbage is not an error")
		}
	}
	if got := len(b.reports()); got != faultRate.Max {
		t.Errorf("%d error records, want %d", got, faultRate.Max)
	}
	b.now = b.now.Add(time.Minute)
	_, _ = b.engine.Scan("x", []byte{0xc1})
	wantFields(t, b.reports()[0], "fluent_detect.error.withheld", 1000-faultRate.Max)
	if s := b.engine.Report(); s.Broken != 1001 || s.ErrorRecords != 4 || s.ErrorsWithheld != 997 {
		t.Errorf("counters are %+v", s)
	}
}

// The texts of error records may come from attackers.
func TestErrorRecordsAreLines(t *testing.T) {
	b := newBench(t)
	b.engine.Panicked("tag\x1b[2J\n\u2028\xff", strings.Repeat("ä", 5000)+"\r")
	doc := b.reports()[0]
	wantFields(t, doc, "fluent_detect.input.tag", "tag?[2J???")
	if m := at(doc, "error.message").(string); len(m) > maxFault+10 || !strings.HasSuffix(m, "…") {
		t.Errorf("a message of %d bytes: %.50q", len(m), m)
	}
}

// A chunk that is sent again counts its near misses once. The counters of a condition
// continue across reloads.
func TestNearMissesAreCountedOnce(t *testing.T) {
	denied := strings.Replace(push(1), `"eventTime"`, `"errorCode":"AccessDenied","eventTime"`, 1)
	b := newBench(t)
	b.fill()
	if err := b.scan(denied, push(1)); err == nil {
		t.Fatal("the outbox is not full")
	}
	if n := b.engine.Report().NearMisses; n != 0 {
		t.Errorf("%d near misses of a chunk that will come again", n)
	}
	b.drain()
	b.mustScan(denied, push(1), denied)
	b.engine.Close(false)
	b.open()
	b.mustScan(denied)
	conditions := fmt.Sprint(b.engine.Report().Rules[0].Conditions)
	const want = "[{event.dataset: aws.cloudtrail 0} {event.provider: ec2-instance-connect.amazonaws.com 0} " +
		"{event.action: (SendSSHPublicKey or SendSerialConsoleSSHPublicKey) 0} {event.outcome: success 3}]"
	if conditions != want || b.engine.Report().NearMisses != 3 {
		t.Errorf("conditions are %s\nwant %s", conditions, want)
	}
}

// Alerts of a rule that no input accepts count as failures of that rule.
func TestFailuresByRule(t *testing.T) {
	path := write(t, "rule.toml", strings.Replace(anyConnect, `"low"`, `"critical"`, 1))
	b := newBench(t, "rules", "builtin,"+path)
	b.consumer.Close()
	b.consumer = b.box.Open(outbox.Filter{MinSeverity: 99})
	b.mustScan(push(1), push(2))
	b.wantAlerts(2)
	b.wantStats("matched 4 emitted 2 duplicate 0 capped 0 failed 2 summaries 0")
	for _, r := range b.engine.Report().Rules {
		if want := uint64(2); r.Outcomes.Alerts() != 2 || (r.Outcomes[stats.Failed] == want) != (r.Slug() == builtinSlug) {
			t.Errorf("%s: %+v", r.Slug(), r)
		}
	}
}

// anyConnect is a rule that matches all that the built-in rule matches.
const anyConnect = `[rule]
name = "Any"
rule_id = "0b2c4f6a-1d3e-4a5b-8c7d-9e0f1a2b3c4e"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
description = "A rule of a test."
author = ["test"]
query = "event.provider: ec2-instance-connect.amazonaws.com"
`
