package stateful

import (
	"testing"
	"time"
)

// The same event again changes nothing of what is remembered, also when nobody else knows that
// it came before: a term is as known as it was, and a group has its digest, or has consumed
// its time, or finds it too late.
func TestSameEventAgain(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	store := entries{}
	m := store.restored(t, now, testLimits)
	observe := func(place int, event uint64, seconds int) Result {
		m.Begin()
		v := m.Observe(&Observation{Rule: place, Key: testKey(1), Event: event, Values: []uint64{event % 3},
			At: Moment{now.Add(time.Duration(seconds) * time.Second).UnixMilli(), Undated}, ID: "x"}, now)
		store.apply(m.Changes(nil))
		m.Commit()
		return v.Result
	}
	look := func() string {
		g, _ := m.rules["threshold"].groups.find(&[]Key{testKey(1)}[0])
		s, _ := m.rules["terms"].terms.find(&[]Key{testKey(1)}[0])
		state := string(m.rules["threshold"].groups.at(g).value.state)
		return state + time.UnixMilli(m.rules["terms"].terms.at(s).value.last).String()
	}
	for i, seconds := range []int{-200, -60, -55, -50, -45, -20, -10} { // one too late by the end, four that alert, two that wait
		observe(atTerms, uint64(i), seconds)
		observe(atThreshold, uint64(i), seconds)
	}
	for round := range 2 {
		if round == 1 {
			m = store.restored(t, now, testLimits)
		}
		before := look()
		for i, seconds := range []int{-200, -60, -55, -50, -45, -20, -10} {
			if r := observe(atTerms, uint64(i), seconds); r.Alerts() {
				t.Errorf("event %d again: a term is %d", i, r)
			}
			if r := observe(atThreshold, uint64(i), seconds); r.Alerts() {
				t.Errorf("event %d again: a group is %d", i, r)
			}
		}
		if after := look(); after != before {
			t.Errorf("what is remembered was %q, and is %q", before, after)
		}
	}
}
