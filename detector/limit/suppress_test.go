package limit

import (
	"fmt"
	"testing"
	"time"
)

var start = time.Unix(1000, 0)

func newSuppressor(t *testing.T, size int) *Suppressor {
	t.Helper()
	s, err := NewSuppressor(size)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// take takes one event at a second and commits.
func take(s *Suppressor, second int, group byte, subject Subject) bool {
	let := s.Take(Group{group}, "rule", []string{"user.name: alice"}, subject, start.Add(time.Duration(second)*time.Second), time.Minute)
	s.Commit()
	return let
}

func TestSuppression(t *testing.T) {
	s := newSuppressor(t, 10)
	a := Subject{At: start, Instance: "i-1", Key: "k-1", OSUser: "root", Source: "192.0.2.1"}
	with := func(change func(*Subject)) Subject { b := a; change(&b); return b }
	for i, c := range []struct {
		what    string
		second  int
		group   byte
		subject Subject
		want    bool
	}{
		{"the first", 0, 1, a, true},
		{"the same again", 1, 1, a, false},
		{"another group", 1, 2, a, true},
		{"a new instance", 2, 1, with(func(s *Subject) { s.Instance = "i-2" }), true},
		{"known apart, new together", 3, 1, with(func(s *Subject) { s.Instance = "i-2"; s.Key = "k-1" }), false},
		{"a new key", 4, 1, with(func(s *Subject) { s.Key = "k-2" }), true},
		{"a new OS user", 5, 1, with(func(s *Subject) { s.OSUser = "ubuntu" }), true},
		{"a new source", 6, 1, with(func(s *Subject) { s.Source = "192.0.2.2" }), true},
		{"an unknown instance, where others told it", 7, 1, with(func(s *Subject) { s.Instance = "" }), true},
		{"the end of the window", 59, 1, a, false},
		{"the next window", 60, 1, a, true},
	} {
		if got := take(s, c.second, c.group, c.subject); got != c.want {
			t.Errorf("%d: %s comes out: %v, want %v", i, c.what, got, c.want)
		}
	}
}

func TestSuppressedIsReportedOnce(t *testing.T) {
	s := newSuppressor(t, 10)
	for second := range 5 {
		take(s, second, 1, Subject{At: start.Add(time.Duration(second) * time.Hour), Instance: "i-1", Key: "k"})
	}
	if next, ok := s.Next(); !ok || !next.Equal(start.Add(time.Minute)) {
		t.Errorf("the next window ends at %s, %v, want a minute after the first", next, ok)
	}
	at := func(second int) []Suppressed { return s.Over(start.Add(time.Duration(second)*time.Second), false) }
	if over := at(59); len(over) != 0 {
		t.Errorf("reported before the end: %+v", over)
	}
	s.Commit()
	first := at(60)
	s.Rollback()
	again := at(60)
	s.Commit()
	if fmt.Sprint(first) != fmt.Sprint(again) || len(again) != 1 || again[0].Count != 4 || again[0].Rule != "rule" ||
		!again[0].First.Equal(start.Add(time.Hour)) || !again[0].Last.Equal(start.Add(4*time.Hour)) || fmt.Sprint(again[0].Keys.Names) != "[k]" {
		t.Errorf("reported %+v\nafter a rollback %+v", first, again)
	}
	if over := at(61); len(over) != 0 {
		t.Errorf("reported twice: %+v", over)
	}
}

// A window that ends by the next event of its group is reported, too.
func TestSuppressedIsReportedByTheNextWindow(t *testing.T) {
	s := newSuppressor(t, 10)
	take(s, 0, 1, Subject{})
	take(s, 1, 1, Subject{})
	if !s.Take(Group{1}, "rule", nil, Subject{}, start.Add(2*time.Minute), time.Minute) {
		t.Error("the next window's first is held back")
	}
	if over := s.Over(start.Add(2*time.Minute), false); len(over) != 1 || over[0].Count != 1 {
		t.Errorf("reported %+v, want one that was held back", over)
	}
	s.Commit()
	if over := s.Over(start.Add(4*time.Minute), false); len(over) != 0 {
		t.Errorf("reported %+v again", over)
	}
}

// A full suppressor alerts again, and what a forgotten group held back is
// reported all the same.
func TestFullSuppressor(t *testing.T) {
	s := newSuppressor(t, 2)
	take(s, 0, 1, Subject{})
	take(s, 0, 1, Subject{})
	for g := byte(2); g < 10; g++ {
		if !take(s, 1, g, Subject{}) {
			t.Errorf("the first of group %d is held back", g)
		}
	}
	if over := s.Over(start.Add(time.Second), false); len(over) != 1 || over[0].Count != 1 {
		t.Errorf("reported %+v, want what the forgotten group held back", over)
	}
	s.Commit()
	if !take(s, 2, 1, Subject{}) {
		t.Error("a forgotten group is held back")
	}
}

func TestSuppressionRollback(t *testing.T) {
	s := newSuppressor(t, 10)
	s.Take(Group{1}, "rule", nil, Subject{}, start, time.Minute)
	s.Rollback()
	if !take(s, 1, 1, Subject{}) {
		t.Error("what was rolled back holds back")
	}
	s.Take(Group{1}, "rule", nil, Subject{Instance: "i"}, start, time.Minute)
	s.Take(Group{1}, "rule", nil, Subject{}, start, time.Minute)
	s.Rollback()
	if take(s, 2, 1, Subject{}) || s.Over(start.Add(time.Hour), false)[0].Count != 1 {
		t.Error("what was rolled back counts")
	}
}
