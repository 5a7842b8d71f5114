package hold

import (
	"testing"
	"time"
)

func TestEventIDs(t *testing.T) {
	clk := &clock{time.Unix(1000, 0)}
	x := newEventIDsAt(3, time.Hour, clk.now)
	reused := func(id, event byte) bool {
		x.Begin()
		defer x.Commit()
		return x.Reused(EventID{id}, EventID{event})
	}
	for i, s := range []struct {
		after     time.Duration
		id, event byte
		want      bool
	}{
		{0, 1, 1, false},
		{0, 1, 1, false},
		{time.Minute, 1, 2, true},
		{2 * time.Minute, 1, 2, true}, // the first one has the ID
		{2 * time.Minute, 1, 1, false},
		{time.Hour, 1, 2, false}, // it has expired, and another one has the ID
		{time.Hour, 1, 1, true},
		{time.Hour, 2, 1, false},
		{time.Hour, 3, 1, false},
		{time.Hour, 4, 1, false}, // the fourth: the first is forgotten
		{time.Hour, 2, 2, true},
		{time.Hour, 1, 3, false},
	} {
		clk.t = time.Unix(1000, 0).Add(s.after)
		if got := reused(s.id, s.event); got != s.want {
			t.Errorf("step %d: reused %v, want %v", i, got, s.want)
		}
	}
	if len(x.entries) != 3 || len(x.numbers) != 3 {
		t.Errorf("%d entries, %d numbers, want 3 of each", len(x.entries), len(x.numbers))
	}
	x.Resize(1, time.Hour)
	if !reused(1, 1) || reused(4, 2) {
		t.Error("of one entry the last one is not what is left")
	}
}

// A flood takes no more memory than there is room for, and the store is told to delete
// what is forgotten.
func TestEventIDsAreBounded(t *testing.T) {
	x := NewEventIDs(100, time.Hour)
	entries := disk{}
	for i := range 5000 {
		x.Begin()
		x.Reused(EventID{byte(i), byte(i >> 8)}, EventID{})
		entries.write(x.Changes(nil))
		x.Commit()
	}
	if len(x.entries) != 100 || len(x.numbers) != 100 || cap(x.entries) > 1000 || len(entries) > 101 {
		t.Errorf("%d entries in memory for %d, %d numbers, %d entries in the store", len(x.entries), cap(x.entries), len(x.numbers), len(entries))
	}
}
