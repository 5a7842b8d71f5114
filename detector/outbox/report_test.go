package outbox

import (
	"testing"
	"time"
)

// A heartbeat is delivered as alerts are, to the first input, even if that accepts
// only alerts of one rule.
func TestReportsGoToTheFirstTaker(t *testing.T) {
	b := New("c", all)
	at := time.Unix(5, 0)
	if !b.Report(at, []byte("early")) { // before there is any input
		t.Fatal("not taken")
	}
	first := b.Open(Filter{Rules: []string{"r"}, MinSeverity: 99})
	second := b.Open(Filter{})
	put(t, b, alerts("s", 47, "1"))
	if !b.Report(at, []byte("late")) {
		t.Fatal("not taken")
	}
	if count, bytes := b.Size(); count != 1 || bytes != 109 {
		t.Errorf("size %d, %d bytes: reports are bytes but no alerts", count, bytes)
	}
	want(t, "undelivered", b.Undelivered(), "[1]")
	got := first.Take(all, 0)
	if len(got) != 2 || string(got[0].Record) != "early" || string(got[1].Record) != "late" || !got[0].IsReport() || got[0].Time != at {
		t.Errorf("the first consumer gets %v", got)
	}
	want(t, "the second consumer", second.Take(all, 0), "[1]")
}

// While an input is paused for a day, heartbeats must not take the room of alerts.
func TestFewReportsWait(t *testing.T) {
	b := New("c", 1000)
	consumer := b.Open(Filter{})
	for i := range maxReports + 10 {
		if got, want := b.Report(time.Time{}, []byte{1}), i < maxReports; got != want {
			t.Fatalf("report %d is taken: %v", i, got)
		}
	}
	put(t, b, alerts("r", 47, "1", "2"))
	if b.Report(time.Time{}, make([]byte, 800)) {
		t.Error("a report is taken by a full box")
	}
	consumer.Take(all, 0)
	consumer.Ack()
	_ = consumer.Confirm()
	if count, bytes := b.Size(); count != 0 || bytes != 0 {
		t.Errorf("size %d, %d bytes", count, bytes)
	}
	if !b.Report(time.Time{}, make([]byte, 800)) {
		t.Error("a report is not taken by an empty box")
	}
}
