package hold

import (
	"math/rand/v2"
	"testing"
	"time"
)

func key(n int) (k Key) {
	k[0], k[1] = byte(n), byte(n>>8)
	return k
}

// add adds a key in a transaction of its own.
func add(d *Duplicates, k Key, o Owner) {
	d.Begin()
	d.Add(k, o)
	d.Commit()
}

func restore(d *Duplicates, k Key, left time.Duration) {
	e := DuplicateEntry(k, d.now().Add(left))
	d.Restore(e.Key, nil, e.Expires)
}

// clock is a time that tests set.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func TestSeenWithinTTL(t *testing.T) {
	clk := &clock{time.Unix(1000, 0)}
	c, err := newDuplicatesAt(10, time.Hour, clk.now)
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
	add(c, key(1), 7)
	for _, s := range steps {
		clk.t = time.Unix(1000, 0).Add(s.after)
		if got := c.Seen(key(1)); got != s.want {
			t.Errorf("after %s: Seen = %v, want %v", s.after, got, s.want)
		}
	}
	if got := c.Stats(); got != (DuplicateStats{Expired: 1}) {
		t.Errorf("Stats = %+v", got)
	}
}

func TestFullForgetsTheLeastRecentlyUsed(t *testing.T) {
	c, err := NewDuplicates(3, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		add(c, key(n), 0)
	}
	c.Seen(key(0)) // a use: 1 is now the oldest
	add(c, key(3), 0)
	for n, want := range []bool{true, false, true, true} {
		if got := c.Seen(key(n)); got != want {
			t.Errorf("Seen(%d) = %v, want %v", n, got, want)
		}
	}
	if got := c.Stats(); got != (DuplicateStats{Size: 3, Evicted: 1}) {
		t.Errorf("Stats = %+v", got)
	}
}

func TestNewDuplicatesRefuses(t *testing.T) {
	for _, bad := range []struct {
		size int
		ttl  time.Duration
	}{{0, time.Hour}, {-1, time.Hour}, {1, 0}, {1, -time.Second}} {
		if _, err := NewDuplicates(bad.size, bad.ttl); err == nil {
			t.Errorf("NewDuplicates(%d, %s) gave no error", bad.size, bad.ttl)
		}
	}
}

// One owner floods the cache: what others did is remembered.
func TestAFloodForgetsItself(t *testing.T) {
	c, err := NewDuplicates(100, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 40 {
		add(c, key(n), Owner(1+n%4))
	}
	for n := range 10_000 {
		add(c, key(1000+n), 99)
	}
	for n := range 40 {
		if !c.Seen(key(n)) {
			t.Errorf("key %d of another owner is forgotten", n)
		}
	}
	if s := c.Stats(); s.Size != 100 || s.Evicted != 10_000-60 {
		t.Errorf("Stats = %+v", s)
	}
	if n := len(c.owners[99].keys); n > 2*60+64 {
		t.Errorf("%d keys are kept to find 60", n)
	}
	// Many owners: an LRU like any other, and nothing is left of the forgotten.
	for n := range 10_000 {
		add(c, key(20_000+n), Owner(1000+n))
	}
	if len(c.owners) > 100 {
		t.Errorf("%d owners of 100 keys", len(c.owners))
	}
}

// The same key again, by the same or another owner, counts once.
func TestAddAgain(t *testing.T) {
	c, err := NewDuplicates(10, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		add(c, key(n%3), Owner(n%2))
	}
	total := 0
	for _, own := range c.owners {
		total += own.count
	}
	if s := c.Stats(); s.Size != 3 || total != 3 || s.Evicted != 0 {
		t.Errorf("Stats = %+v, %d keys owned", s, total)
	}
}

// Whatever the order, size, owners and resizes: never more keys than the size,
// and the books agree.
func TestBooksAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		size := 1 + r.IntN(8)
		c, err := NewDuplicates(size, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			switch r.IntN(10) {
			case 0:
				size = 1 + r.IntN(8)
				c.Resize(size, time.Hour)
			case 1:
				restore(c, key(r.IntN(20)), time.Duration(r.IntN(3)-1)*time.Hour)
			case 2:
				c.Seen(key(r.IntN(20)))
			default:
				add(c, key(r.IntN(20)), Owner(r.IntN(4)))
			}
			total := 0
			for _, own := range c.owners {
				total += own.count
			}
			if n := c.Stats().Size; n > size || total != n {
				t.Fatalf("%d keys in a cache of %d, %d owned", n, size, total)
			}
		}
	}
}
