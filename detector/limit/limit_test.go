package limit

import (
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"100/5m": {100, 5 * time.Minute},
		"1/1s":   {1, time.Second},
		"7/90m":  {7, 90 * time.Minute},
		"0":      {},
	} {
		got, err := ParseRate(text)
		if err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v, want %v", text, got, err, want)
		}
		if again, err := ParseRate(got.String()); err != nil || again != want {
			t.Errorf("%q prints as %q, which reads as %v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "100", "banana", "-1/5m", "0/5m", "1.5/5m", "100/", "100/0s", "100/5", "100/-5m", "/5m"} {
		if r, err := ParseRate(text); err == nil {
			t.Errorf("ParseRate(%q) = %v, want an error", text, r)
		}
	}
}

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
		let := c.Take(at(s))
		if !let {
			c.Hold(at(s), "i-1", "", "alice")
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
		if !c.Take(time.Unix(1, 0)) {
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
