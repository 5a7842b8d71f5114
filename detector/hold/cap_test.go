package hold

import (
	"fmt"
	"testing"
	"time"
)

const capped = "rule"

// newCap returns the cap of one rule.
func newCap(r Rate) *Caps {
	c := NewCaps()
	c.SetRates(map[string]Rate{capped: r})
	return c
}

// takeCapped takes an alert in a transaction of its own, unless it is the newest
// transaction already.
func takeCapped(c *Caps, now time.Time, principal string) bool {
	c.Begin()
	defer c.Commit()
	return c.Take(capped, func() *Subject { return about("i-1", "", "", "") }, principal, now)
}

func due(c *Caps, now time.Time, force bool) (Held, bool) {
	c.Begin()
	defer c.Commit()
	return c.Due(capped, now, force)
}

func TestCapCountsByInterval(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1000+int64(s), 0) }
	c := newCap(Rate{Max: 2, Per: time.Minute})
	var out []bool
	for _, s := range []int{0, 1, 2, 59, 60, 61, 62} {
		if held, ok := due(c, at(s), false); ok {
			if held.Count != 2 || len(held.Attribute("instances").Values) != 1 || held.Begin != at(0) || held.End != at(60) || !held.First.Equal(start) {
				t.Errorf("held back in the first minute: %+v", held)
			}
			if s != 60 {
				t.Errorf("the interval ended at second %d, want 60", s)
			}
		}
		out = append(out, takeCapped(c, at(s), "alice"))
	}
	want := []bool{true, true, false, false, true, true, false}
	for i := range want {
		if out[i] != want[i] {
			t.Fatalf("let out: %v, want %v", out, want)
		}
	}
	if held, ok := due(c, at(63), true); !ok || held.Count != 1 || held.Begin != at(60) {
		t.Errorf("forced report: %+v, %v, want one held back", held, ok)
	}
	if _, ok := due(c, at(64), true); ok {
		t.Error("something is due again")
	}
	if takeCapped(c, at(65), "alice") {
		t.Error("the forced report has ended the interval")
	}
	if held, ok := due(c, at(120), false); !ok || held.Count != 1 || held.Begin != at(63) {
		t.Errorf("the rest of the interval: %+v, %v, want one held back", held, ok)
	}
}

func TestNoCap(t *testing.T) {
	c := newCap(Rate{})
	for range 10000 {
		if !takeCapped(c, time.Unix(1, 0), "alice") {
			t.Fatal("a cap of 0 held back an alert")
		}
	}
}

func TestDistinctIsBounded(t *testing.T) {
	var d Distinct
	for i := range 10 * maxValues {
		d.add(string(rune('a' + i)))
		d.add("")
	}
	if len(d.Values) != maxValues || !d.More {
		t.Errorf("%d values, more %v", len(d.Values), d.More)
	}
}

// One principal uses the cap up. The others still have a tenth each.
func TestCapLeavesAShareToOthers(t *testing.T) {
	now := time.Unix(1000, 0)
	c := newCap(Rate{Max: 20, Per: time.Minute})
	out := map[string]int{}
	for range 100 {
		for _, p := range []string{"loud", "quiet", "third"} {
			if p != "loud" && out["loud"] < 20 {
				continue
			}
			if takeCapped(c, now, p) {
				out[p]++
			}
		}
	}
	if got := fmt.Sprint(out); got != "map[loud:20 quiet:2 third:2]" {
		t.Errorf("let out: %s", got)
	}
	first := 0
	for i := range MaxPrincipals + 100 {
		if takeCapped(c, now, fmt.Sprint(i)) {
			first++
		}
	}
	held, _ := due(c, now, true)
	if !held.Attribute(Unnamed).More || len(held.Attribute(Unnamed).Values) > 0 || len(held.Attribute("instances").Values) == 0 {
		t.Errorf("held back: %+v; it is not said that there were more principals", held)
	}
	if n := len(c.rules[capped].principals); n != MaxPrincipals {
		t.Errorf("%d principals are remembered, want %d", n, MaxPrincipals)
	}
	if first != MaxPrincipals-3 {
		t.Errorf("%d first alerts of new principals came out, want %d", first, MaxPrincipals-3)
	}
}
