package stateful

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
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

// That also holds for sequences and correlations.
func TestSameMatchAgain(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	rules := []*rule.Rule{
		{ID: "s", Name: "S", Memory: &rule.Memory{Kind: rule.Sequence, Fields: []string{"a"}, Window: time.Minute, Stages: []int{0, 1}}},
		{ID: "c", Name: "C", Memory: &rule.Memory{Kind: rule.Correlated, Fields: []string{"a"}, Window: time.Minute,
			Correlation: &rule.Correlation{Type: rule.EventCount, Rules: []rule.Reference{{Name: "r"}}, Bounds: []rule.Bound{{Operator: rule.AtLeast, Number: 2}}}}},
	}
	store := entries{}
	open := func() *Memory {
		m := NewMemory()
		for _, k := range slices.Sorted(maps.Keys(store)) {
			if !m.Restore(store[k].Key, store[k].Value, store[k].Expires) {
				t.Fatalf("an entry is refused: %x", store[k].Key)
			}
		}
		m.Use(rules, testLimits)
		return m
	}
	m := open()
	observe := func(place, event, seconds int) Result {
		m.Begin()
		v := m.Observe(&Observation{Rule: place, Key: testKey(1), Event: uint64(event), ID: "x",
			Sequence: &SequenceEvent{Identity: [32]byte{byte(event)}, Steps: 1 << (event % 2)},
			At:       Moment{now.Add(time.Duration(seconds) * time.Second).UnixMilli(), Undated}}, now)
		store.apply(m.Changes(nil))
		m.Commit()
		return v.Result
	}
	look := func() (states string) {
		for _, r := range m.loaded {
			r.groups.each(func(_ uint32, e *item[kept]) { states += e.value.state })
		}
		return states
	}
	times := []int{-200, -60, -55, -50, -45, -20} // the first one is too late by the end
	alerts := [2]int{}
	for i, seconds := range times {
		for place := range rules {
			if observe(place, i, seconds).Alerts() {
				alerts[place]++
			}
		}
	}
	if alerts != [2]int{2, 2} {
		t.Errorf("%d alerts, want two of each", alerts)
	}
	for round := range 2 {
		if round == 1 {
			m = open()
		}
		before := look()
		for i, seconds := range times {
			for place, r := range rules {
				if result := observe(place, i, seconds); result.Alerts() {
					t.Errorf("%s: event %d again: %d", r.Name, i, result)
				}
			}
		}
		if after := look(); after != before {
			t.Errorf("what is remembered was %q, and is %q", before, after)
		}
	}
}
