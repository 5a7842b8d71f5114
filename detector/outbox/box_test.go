package outbox

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// alerts returns alerts of one rule and severity with these IDs and records of 100
// bytes.
func alerts(rule string, severity int, ids ...string) []Alert {
	list := make([]Alert, len(ids))
	for i, id := range ids {
		list[i] = Alert{ID: id, Rule: rule, Severity: severity, Record: make([]byte, 100)}
	}
	return list
}

// put puts alerts for which there must be room and a consumer.
func put(t *testing.T, b *Box, list []Alert) {
	t.Helper()
	if unwanted, err := b.Put(list); err != nil || len(unwanted) > 0 {
		t.Fatalf("Put: unwanted %s, error %v", ids(unwanted), err)
	}
}

// want checks the IDs of alerts.
func want(t *testing.T, what string, got []Alert, wanted string) {
	t.Helper()
	if g := ids(got); g != wanted {
		t.Fatalf("%s: %s, want %s", what, g, wanted)
	}
}

// fakeClock gives the box a clock and returns a function that advances it.
func fakeClock(b *Box) (pass func(time.Duration)) {
	now := time.Unix(1_000_000, 0)
	b.now = func() time.Time { return now }
	return func(d time.Duration) { now = now.Add(d) }
}

const all = 1 << 20

// A Fluent Bit configuration with two inputs: one for urgent alerts, followed by one
// for the rest of a rule.
func TestTheFirstTakerThatWantsAnAlertGetsIt(t *testing.T) {
	b := New("c", all)
	urgent := b.Open(Filter{MinSeverity: 73})
	keys := b.Open(Filter{Rules: []string{"ssh-key"}})
	put(t, b, alerts("ssh-key", 47, "1"))
	put(t, b, alerts("ssh-key", 99, "2"))
	put(t, b, alerts("root-login", 73, "3"))
	unwanted, err := b.Put(append(alerts("root-login", 47, "4"), alerts("ssh-key", 21, "5")...))
	if err != nil {
		t.Fatal(err)
	}
	want(t, "unwanted", unwanted, "[4]")
	want(t, "urgent", urgent.Take(all, 0), "[2 3]")
	want(t, "keys", keys.Take(all, 0), "[1 5]")
	want(t, "undelivered", b.Undelivered(), "[1 2 3 5]")
}

func TestABatchIsAsManyAsFitButOneAtLeast(t *testing.T) {
	b := New("c", all)
	consumer := b.Open(Filter{})
	put(t, b, alerts("r", 47, "1", "2", "3", "4", "5"))
	for _, step := range []struct {
		maxBytes int
		want     string
	}{{0, "[1]"}, {299, "[2 3]"}, {300, "[4 5]"}, {all, "[]"}} {
		want(t, fmt.Sprint("Take of ", step.maxBytes), consumer.Take(step.maxBytes, 0), step.want)
		consumer.Ack()
	}
}

func TestWhatWasNotAcknowledgedComesAgain(t *testing.T) {
	b := New("c", all)
	consumer := b.Open(Filter{})
	put(t, b, alerts("r", 47, "1", "2", "3"))
	want(t, "first", consumer.Take(200, 0), "[1 2]")
	put(t, b, alerts("r", 47, "4"))
	want(t, "again, with more room", consumer.Take(300, 0), "[1 2 3]")
	consumer.Ack()
	consumer.Ack() // of nothing
	want(t, "behind it", consumer.Take(all, 0), "[4]")
}

// Fluent Bit's acknowledgement means "in my ring buffer", the content of which is lost
// when the input ends. So an alert is kept for a while after it. The ring buffer survives
// a pause, but is not read meanwhile.
func TestAcknowledgedIsGoneAfterTheGraceOnly(t *testing.T) {
	for _, end := range []struct {
		name string
		do   func(b *Box, c *Consumer, pass func(time.Duration))
		left string
	}{
		{"Close", func(_ *Box, c *Consumer, _ func(time.Duration)) { c.Close() }, "[2 3 4]"},
		{"Pause", func(_ *Box, c *Consumer, _ func(time.Duration)) { c.Pause(); c.Close() }, "[2 3 4]"},
		{"a long pause in which the ring buffer is not read", func(b *Box, c *Consumer, pass func(time.Duration)) {
			c.Pause()
			at := b.now()
			pass(time.Hour)
			c.CloseAt(at.Add(-grace))
		}, "[2 3 4]"},
		{"a pause, and a Renew behind it", func(_ *Box, c *Consumer, pass func(time.Duration)) {
			c.Pause()
			pass(time.Hour)
			c.Resume()
			c.Renew()
			pass(grace / 2)
			c.Close()
		}, "[2 3 4]"},
		{"an end before which the ring buffer was read", func(b *Box, c *Consumer, _ func(time.Duration)) { c.CloseAt(b.now().Add(-grace / 4)) }, "[3 4]"},
	} {
		b := New("c", all)
		pass := fakeClock(b)
		consumer := b.Open(Filter{})
		put(t, b, alerts("r", 47, "1", "2", "3", "4"))
		take := func(wanted string) {
			t.Helper()
			want(t, end.name, consumer.Take(100, 0), wanted)
		}
		take("[1]")
		consumer.Ack()
		pass(grace / 2)
		take("[2]")
		consumer.Ack()
		pass(grace / 2) // 1 has had its grace, 2 half of it
		take("[3]")
		end.do(b, consumer, pass)
		want(t, end.name+", undelivered", b.Undelivered(), end.left)
		if count, bytes := b.Size(); count != len(end.left)/2 || bytes != count*100 {
			t.Errorf("%s: size %d, %d bytes", end.name, count, bytes)
		}
		want(t, end.name+", the next consumer", b.Open(Filter{}).Take(all, 0), end.left)
	}
}

func TestSettleNeedsNoGrace(t *testing.T) {
	b := New("c", all)
	consumer := b.Open(Filter{})
	put(t, b, alerts("r", 47, "1", "2"))
	want(t, "Take", consumer.Take(100, 0), "[1]")
	consumer.Ack()
	want(t, "Take", consumer.Take(100, 0), "[2]")
	_ = consumer.Confirm() // 2 is not acknowledged
	want(t, "undelivered", b.Undelivered(), "[2]")
}

// The host may acknowledge a batch after a pause that came meanwhile. If it does not, it
// gets the batch again.
func TestAnAcknowledgementAfterAPause(t *testing.T) {
	b := New("c", all)
	consumer := b.Open(Filter{})
	put(t, b, alerts("r", 47, "1"))
	want(t, "Take", consumer.Take(all, 0), "[1]")
	consumer.Pause()
	want(t, "while paused", consumer.Take(all, 0), "[]")
	consumer.Resume()
	want(t, "after it", consumer.Take(all, 0), "[1]")
	consumer.Pause()
	consumer.Ack()
	_ = consumer.Confirm()
	consumer.Resume()
	want(t, "after another", consumer.Take(all, 0), "[]")
}

// A hot reload closes all inputs, one after the other, and opens new ones. What
// outputs put meanwhile is kept for any of them.
func TestReload(t *testing.T) {
	b := New("c", all)
	want(t, "orphans", b.TakeUnrouted(), "[]")
	put(t, b, alerts("r", 47, "1")) // before there is any input
	low, high := b.Open(Filter{Rules: []string{"r"}}), b.Open(Filter{Rules: []string{"s"}})
	put(t, b, alerts("s", 47, "2"))
	want(t, "Take", low.Take(all, 0), "[1]")
	low.Close()
	put(t, b, alerts("r", 47, "3")) // its consumer is gone, the other is still open
	put(t, b, alerts("s", 47, "4"))
	high.Close()
	put(t, b, alerts("s", 47, "5"))
	put(t, b, alerts("t", 47, "6"))
	want(t, "orphans of a reload", b.TakeUnrouted(), "[]")
	if b.HasConsumers() || b.Accepts("r", 47) {
		t.Error("closed consumers want alerts")
	}

	s := b.Open(Filter{Rules: []string{"s"}})
	r := b.Open(Filter{Rules: []string{"r"}})
	want(t, "s", s.Take(all, 0), "[2 4 5]")
	want(t, "r", r.Take(all, 0), "[1 3]")
	want(t, "undelivered", b.Undelivered(), "[1 2 3 4 5 6]")
	want(t, "orphans", b.TakeUnrouted(), "[6]")
	want(t, "undelivered without orphans", b.Undelivered(), "[1 2 3 4 5]")
	if count, bytes := b.Size(); count != 5 || bytes != 500 {
		t.Errorf("size %d, %d bytes", count, bytes)
	}

	s.Close()
	r.Close()
	b.Open(Filter{Rules: []string{"none of these"}})
	want(t, "orphans of a change of filters", b.TakeUnrouted(), "[1 2 3 4 5]")
	if count, bytes := b.Size(); count != 0 || bytes != 0 {
		t.Errorf("size %d, %d bytes", count, bytes)
	}
}

// The host retries the whole chunk: nothing of a batch may be left.
func TestFull(t *testing.T) {
	b := New("default", 250)
	consumer := b.Open(Filter{Rules: []string{"r"}})
	put(t, b, alerts("r", 47, "1"))
	_, err := b.Put(alerts("r", 47, "2", "3"))
	var full *FullError
	if !errors.As(err, &full) {
		t.Fatalf("Put: %v", err)
	}
	const text = `outbox of channel "default" is full: 100 of 250 bytes wait for delivery, 200 more do not fit`
	if err.Error() != text {
		t.Errorf("error %q, want %q", err, text)
	}
	want(t, "undelivered", b.Undelivered(), "[1]")

	put(t, b, alerts("r", 47, "2")) // what fits is taken
	unwanted, err := b.Put(append(alerts("x", 47, "x", "y"), alerts("r", 47)...))
	if err != nil {
		t.Error("what nobody wants needs no room: ", err)
	}
	want(t, "unwanted", unwanted, "[x y]")

	consumer.Take(all, 0)
	if _, err := b.Put(alerts("r", 47, "3")); err == nil {
		t.Error("what is in flight makes room")
	}
	consumer.Ack()
	if _, err := b.Put(alerts("r", 47, "3")); err == nil {
		t.Error("what is acked makes room")
	}
	_ = consumer.Confirm()
	put(t, b, alerts("r", 47, "3", "4", "5", "6")) // more than the box takes: it is empty
	put(t, b, nil)                                 // a chunk of duplicates
	want(t, "Take", consumer.Take(all, 0), "[3 4 5 6]")
}

// An alert that another consumer left is older than what its successor has delivered;
// after a recall it is in its old place.
func TestAnOldAlertThatCameLate(t *testing.T) {
	b := New("c", all)
	first, second := b.Open(Filter{Rules: []string{"r"}}), b.Open(Filter{})
	put(t, b, alerts("r", 47, "1"))
	put(t, b, alerts("s", 47, "2"))
	want(t, "second", second.Take(all, 0), "[2]")
	second.Ack()
	first.Close()
	b.Open(Filter{Rules: []string{"t"}}) // 1 finds a new consumer
	want(t, "second", second.Take(all, 0), "[1]")
	second.Ack()
	second.Close()
	want(t, "another", b.Open(Filter{Rules: []string{"r", "s"}}).Take(all, 0), "[1 2]")
}
