package dedup

import (
	"testing"
	"time"
)

func key(n int) (k Key) {
	k[0], k[1] = byte(n), byte(n>>8)
	return k
}

// clock is a time that tests set.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func TestSeenWithinTTL(t *testing.T) {
	clk := &clock{time.Unix(1000, 0)}
	c, err := newAt(10, time.Hour, clk.now)
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		after time.Duration
		want  bool
	}{
		{0, true}, {59 * time.Minute, true}, {60*time.Minute - 1, true},
		{60 * time.Minute, false}, // being seen in between did not prolong it
		{61 * time.Minute, false},
	}
	if c.Seen(key(1)) {
		t.Fatal("seen before it was added")
	}
	c.Add(key(1))
	for _, s := range steps {
		clk.t = time.Unix(1000, 0).Add(s.after)
		if got := c.Seen(key(1)); got != s.want {
			t.Errorf("after %s: Seen = %v, want %v", s.after, got, s.want)
		}
	}
	if got := c.Stats(); got != (Stats{Expired: 1}) {
		t.Errorf("Stats = %+v", got)
	}
}

func TestFullForgetsTheLeastRecentlyUsed(t *testing.T) {
	c, err := New(3, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		c.Add(key(n))
	}
	c.Seen(key(0)) // a use: 1 is now the oldest
	c.Add(key(3))
	for n, want := range []bool{true, false, true, true} {
		if got := c.Seen(key(n)); got != want {
			t.Errorf("Seen(%d) = %v, want %v", n, got, want)
		}
	}
	if got := c.Stats(); got != (Stats{Size: 3, Evicted: 1}) {
		t.Errorf("Stats = %+v", got)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, bad := range []struct {
		size int
		ttl  time.Duration
	}{{0, time.Hour}, {-1, time.Hour}, {1, 0}, {1, -time.Second}} {
		if _, err := New(bad.size, bad.ttl); err == nil {
			t.Errorf("New(%d, %s) gave no error", bad.size, bad.ttl)
		}
	}
}
