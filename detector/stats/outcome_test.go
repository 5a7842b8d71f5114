package stats

import "testing"

// Every outcome has a name of its own, and counts as a match.
func TestOutcomes(t *testing.T) {
	var o Outcomes
	names := map[string]bool{}
	for outcome := range numOutcomes {
		o[outcome] = uint64(outcome) + 1
		names[outcome.String()] = true
	}
	if len(names) != len(o) || names[""] {
		t.Errorf("names: %v", names)
	}
	const want = "matched=36 emitted=1 duplicate=2 suppressed=3 excepted=4 capped=5 failed=6 remembered=7 below_level=8"
	if o.String() != want {
		t.Errorf("%s\nwant %s", &o, want)
	}
	if o.Alerts() != 7 {
		t.Errorf("%d alerts, want those with a destination and those without", o.Alerts())
	}
	sum := o
	sum.Add(&o)
	if sum.Matched() != 2*o.Matched() {
		t.Errorf("the sum is %s", &sum)
	}
}
