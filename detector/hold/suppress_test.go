package hold

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

// about returns a subject with the attributes that alerts of EC2 Instance Connect
// have.
func about(instance, key, osUser, address string) *Subject {
	return &Subject{Time: start, Attributes: []Attribute{
		{Name: "instances", Value: instance, Novel: true, Summarized: true},
		{Name: "keys", Value: key, Novel: true, Summarized: true},
		{Name: "os_users", Value: osUser, Novel: true},
		{Name: "addresses", Value: address, Novel: true},
		{Name: "users", Value: "alice", Summarized: true},
	}}
}

func byAlice() []string { return []string{"user.name: alice"} }

// take takes an event at that second in a transaction of its own.
func take(s *Suppressor, second int, group byte, subject *Subject) bool {
	s.Begin()
	defer s.Commit()
	return s.Take(Group{group}, "rule", byAlice, subject, start.Add(time.Duration(second)*time.Second), time.Minute)
}

// over returns what is reported at that second, and commits, or not.
func over(s *Suppressor, second int, commit bool) []Suppressed {
	s.Begin()
	all := s.Over(start.Add(time.Duration(second)*time.Second), false)
	if commit {
		s.Commit()
	} else {
		s.Rollback()
	}
	return all
}

func TestSuppression(t *testing.T) {
	s := newSuppressor(t, 10)
	a := about("i-1", "k-1", "root", "192.0.2.1")
	for i, c := range []struct {
		what    string
		second  int
		group   byte
		subject *Subject
		want    bool
	}{
		{"the first", 0, 1, a, true},
		{"the same again", 1, 1, a, false},
		{"another group", 1, 2, a, true},
		{"a new instance", 2, 1, about("i-2", "k-1", "root", "192.0.2.1"), true},
		{"known apart, new together", 3, 1, about("i-2", "k-1", "root", "192.0.2.1"), false},
		{"a new key", 4, 1, about("i-1", "k-2", "root", "192.0.2.1"), true},
		{"a new OS user", 5, 1, about("i-1", "k-1", "ubuntu", "192.0.2.1"), true},
		{"a new source", 6, 1, about("i-1", "k-1", "root", "192.0.2.2"), true},
		{"an unknown instance, where others told it", 7, 1, about("", "k-1", "root", "192.0.2.1"), true},
		{"no attributes, where others had them", 8, 1, &Subject{}, true},
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
		subject := about("i-1", "k", "", "")
		subject.Time = start.Add(time.Duration(second) * time.Hour)
		take(s, second, 1, subject)
	}
	if next, ok := s.Next(); !ok || !next.Equal(start.Add(time.Minute)) {
		t.Errorf("the next window ends at %s, %v, want a minute after the first", next, ok)
	}
	if over := over(s, 59, true); len(over) != 0 {
		t.Errorf("reported before the end: %+v", over)
	}
	first := over(s, 60, false)
	again := over(s, 60, true)
	if fmt.Sprint(first) != fmt.Sprint(again) || len(again) != 1 || again[0].Count != 4 || again[0].Rule != "rule" ||
		!again[0].First.Equal(start.Add(time.Hour)) || !again[0].Last.Equal(start.Add(4*time.Hour)) || fmt.Sprint(again[0].Attribute("keys").Values) != "[k]" {
		t.Errorf("reported %+v\nafter a rollback %+v", first, again)
	}
	if over := over(s, 61, true); len(over) != 0 {
		t.Errorf("reported twice: %+v", over)
	}
}

// A window that ends by the next event of its group is reported, too.
func TestSuppressedIsReportedByTheNextWindow(t *testing.T) {
	s := newSuppressor(t, 10)
	take(s, 0, 1, &Subject{})
	take(s, 1, 1, &Subject{})
	s.Begin()
	if !s.Take(Group{1}, "rule", byAlice, &Subject{}, start.Add(2*time.Minute), time.Minute) {
		t.Error("the next window's first is held back")
	}
	if over := s.Over(start.Add(2*time.Minute), false); len(over) != 1 || over[0].Count != 1 {
		t.Errorf("reported %+v, want one that was held back", over)
	}
	s.Commit()
	if over := over(s, 240, true); len(over) != 0 {
		t.Errorf("reported %+v again", over)
	}
}

// A full suppressor alerts again, and what a forgotten group held back is
// reported all the same.
func TestFullSuppressor(t *testing.T) {
	s := newSuppressor(t, 2)
	take(s, 0, 1, &Subject{})
	take(s, 0, 1, &Subject{})
	for g := byte(2); g < 10; g++ {
		if !take(s, 1, g, &Subject{}) {
			t.Errorf("the first of group %d is held back", g)
		}
	}
	if over := over(s, 1, true); len(over) != 1 || over[0].Count != 1 {
		t.Errorf("reported %+v, want what the forgotten group held back", over)
	}
	if !take(s, 2, 1, &Subject{}) {
		t.Error("a forgotten group is held back")
	}
}

func TestSuppressionRollback(t *testing.T) {
	s := newSuppressor(t, 10)
	at := start.Add(time.Second)
	s.Begin()
	s.Take(Group{1}, "rule", byAlice, &Subject{}, start, time.Minute)
	s.Rollback()
	if !take(s, 1, 1, &Subject{}) {
		t.Error("what was rolled back holds back")
	}
	s.Begin()
	s.Take(Group{1}, "rule", byAlice, about("i", "", "", ""), at, time.Minute)
	s.Take(Group{1}, "rule", byAlice, &Subject{}, at, time.Minute)
	s.Rollback()
	if take(s, 2, 1, &Subject{}) || over(s, 3600, true)[0].Count != 1 {
		t.Error("what was rolled back counts")
	}
}
