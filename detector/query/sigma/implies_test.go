package sigma

import "testing"

// What a condition says of its search identifiers wherever it holds.
func TestImplies(t *testing.T) {
	const holds, fails, open = "holds", "fails", "open"
	for _, c := range []struct{ condition, a, b string }{
		{"a and b", holds, holds},
		{"a and not b", holds, fails},
		{"a or b", open, open},
		{"not (a or b)", fails, fails},
		{"not (a and b)", open, open},
		{"not a and not (not b)", fails, holds},
		{"all of them", holds, holds},
		{"1 of them", open, open},
		{"not 1 of them", fails, fails},
		{"a or (a and b)", open, open},
		{"a and (a or b)", holds, open},
	} {
		d, err := Read("detection:\n  a: {eventName: A}\n  b: {eventSource: B}\n  condition: " + c.condition + "\n")
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{c.a, c.b} {
			got := open
			if yes, known := d.Implies(d.Identifiers()[i].Node); known && yes {
				got = holds
			} else if known {
				got = fails
			}
			if got != want {
				t.Errorf("%s: %s %s, want %s", c.condition, d.Identifiers()[i].Name, got, want)
			}
		}
	}
}
