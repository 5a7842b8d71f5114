package limit

import (
	"fmt"
	"testing"
	"time"
)

func TestCapCountsByInterval(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1000+int64(s), 0) }
	c := New(Rate{Max: 2, Per: time.Minute})
	var out []bool
	for _, s := range []int{0, 1, 2, 59, 60, 61, 62} {
		if held, ok := c.Due(at(s), false); ok {
			if held.Count != 2 || len(held.Instances.Names) != 1 || held.First != at(2) || held.Last != at(59) {
				t.Errorf("held back in the first minute: %+v", held)
			}
			if s != 60 {
				t.Errorf("the interval ended at second %d, want 60", s)
			}
		}
		let := c.Take(at(s), "alice")
		if !let {
			c.Hold(Subject{At: at(s), Instance: "i-1", User: "alice"})
		}
		out = append(out, let)
	}
	want := []bool{true, true, false, false, true, true, false}
	for i := range want {
		if out[i] != want[i] {
			t.Fatalf("let out: %v, want %v", out, want)
		}
	}
	if held, ok := c.Due(at(63), true); !ok || held.Count != 1 {
		t.Errorf("forced end: %+v, %v, want one held back", held, ok)
	}
	if _, ok := c.Due(at(64), true); ok {
		t.Error("something is due after the end")
	}
}

func TestNoCap(t *testing.T) {
	c := New(Rate{})
	for range 10000 {
		if !c.Take(time.Unix(1, 0), "alice") {
			t.Fatal("a cap of 0 held back an alert")
		}
	}
}

func TestDistinctIsBounded(t *testing.T) {
	var d Distinct
	for i := range 10 * maxNames {
		d.add(string(rune('a' + i)))
		d.add("")
	}
	if len(d.Names) != maxNames || !d.More {
		t.Errorf("%d names, more %v", len(d.Names), d.More)
	}
}

// One principal uses the cap up. The others still have a tenth each.
func TestCapLeavesAShareToOthers(t *testing.T) {
	now := time.Unix(1000, 0)
	c := New(Rate{Max: 20, Per: time.Minute})
	out := map[string]int{}
	for range 100 {
		for _, p := range []string{"loud", "quiet", "third"} {
			if p != "loud" && out["loud"] < 20 {
				continue
			}
			if c.Take(now, p) {
				out[p]++
			}
		}
	}
	if got := fmt.Sprint(out); got != "map[loud:20 quiet:2 third:2]" {
		t.Errorf("let out: %s", got)
	}
	first := 0
	for i := range 2 * maxPrincipals {
		if c.Take(now, fmt.Sprint(i)) {
			first++
		}
	}
	if first != maxPrincipals-3 {
		t.Errorf("%d first alerts of new principals came out, want %d", first, maxPrincipals-3)
	}
}

// Whatever happens after Save, Restore undoes.
func TestCapRestore(t *testing.T) {
	now := time.Unix(1000, 0)
	run := func(disturb bool) (out []bool) {
		c := New(Rate{Max: 3, Per: time.Minute})
		at := now
		for i := range 60 {
			if disturb && i%3 == 0 {
				s := c.Save()
				later := at.Add(time.Duration(i%2) * time.Hour)
				c.Due(later, false)
				for _, p := range []string{"a", "b", "new"} {
					if !c.Take(later, p) {
						c.Hold(Subject{Instance: "i-never"})
					}
				}
				c.Restore(s)
			}
			if held, ok := c.Due(at, false); ok {
				out = append(out, held.Instances.has("i-never"))
			}
			let := c.Take(at, string(rune('a'+i%4)))
			if !let {
				c.Hold(Subject{Instance: "i"})
			}
			out = append(out, let)
			at = at.Add(5 * time.Second)
		}
		return out
	}
	if got, want := fmt.Sprint(run(true)), fmt.Sprint(run(false)); got != want {
		t.Errorf("with Save and Restore between:\n%s\nwant\n%s", got, want)
	}
}
