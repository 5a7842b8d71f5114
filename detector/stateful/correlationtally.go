package stateful

import (
	"math"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// tally computes the number of a window that slides over the matches of a group.
type tally interface {
	// add and remove let a match into the window and out of it. First is set for the first
	// match of an event.
	add(m *matched, first bool)
	remove(m *matched, first bool)
	// number returns the number, given the matches in the window; false if there is none.
	number(in []matched) (float64, bool)
}

func newTally(c *rule.Correlation) tally {
	switch c.Type {
	case rule.ValueCount:
		return valueTally{}
	case rule.Temporal:
		return &ruleTally{counts: make([]int, len(c.Rules))}
	case rule.TemporalOrdered:
		return orderTally{rules: len(c.Rules)}
	case rule.ValueSum, rule.ValueAvg:
		return sumTally{mean: c.Type == rule.ValueAvg}
	case rule.ValuePercentile:
		return &rankTally{rank: c.Percentile / 100}
	case rule.ValueMedian:
		return &rankTally{rank: 0.5}
	}
	return new(eventTally)
}

// eventTally counts events.
type eventTally int

func (t *eventTally) add(_ *matched, first bool) {
	if first {
		*t++
	}
}

func (t *eventTally) remove(_ *matched, first bool) {
	if first {
		*t--
	}
}

func (t *eventTally) number([]matched) (float64, bool) { return float64(*t), true }

// valueTally counts the different values: how many matches have each.
type valueTally map[uint64]int

func (t valueTally) add(m *matched, _ bool) {
	for _, v := range m.values {
		t[v]++
	}
}

func (t valueTally) remove(m *matched, _ bool) {
	for _, v := range m.values {
		if t[v]--; t[v] == 0 {
			delete(t, v)
		}
	}
}

func (t valueTally) number([]matched) (float64, bool) { return float64(len(t)), true }

// ruleTally counts the different rules: how many matches each has.
type ruleTally struct {
	counts []int
	n      int
}

func (t *ruleTally) add(m *matched, _ bool) {
	if int(m.step) < len(t.counts) {
		if t.counts[m.step]++; t.counts[m.step] == 1 {
			t.n++
		}
	}
}

func (t *ruleTally) remove(m *matched, _ bool) {
	if int(m.step) < len(t.counts) {
		if t.counts[m.step]--; t.counts[m.step] == 0 {
			t.n--
		}
	}
}

func (t *ruleTally) number([]matched) (float64, bool) { return float64(t.n), true }

// orderTally counts how many rules match in their order. Matches of the same time are in
// any order.
type orderTally struct{ rules int }

func (orderTally) add(*matched, bool)    {}
func (orderTally) remove(*matched, bool) {}

func (t orderTally) number(in []matched) (float64, bool) {
	longest := make([]int, t.rules) // by rule: of the rows that end with it
	most := 0
	var steps []int32
	for i := 0; i < len(in); {
		steps = steps[:0]
		for at := in[i].at; i < len(in) && in[i].at == at; i++ {
			if int(in[i].step) < t.rules {
				steps = append(steps, in[i].step)
			}
		}
		slices.Sort(steps)
		for _, step := range slices.Compact(steps) {
			n := 1
			for _, before := range longest[:step] {
				n = max(n, before+1)
			}
			longest[step] = max(longest[step], n)
			most = max(most, n)
		}
	}
	return float64(most), true
}

// sumTally adds numbers. Each event counts once. The sum is made anew for each window, so
// that it does not depend on those before.
type sumTally struct{ mean bool }

func (sumTally) add(*matched, bool)    {}
func (sumTally) remove(*matched, bool) {}

func (t sumTally) number(in []matched) (float64, bool) {
	sum, n := 0.0, 0
	for i := range in {
		if i > 0 && in[i].event == in[i-1].event && in[i].at == in[i-1].at {
			continue
		}
		for _, v := range in[i].values {
			sum += math.Float64frombits(v)
			n++
		}
	}
	if t.mean {
		sum /= float64(max(n, 1))
	}
	return sum, n > 0
}

// rankTally finds the number at a rank: of two neighbours what is between them in
// proportion. Each event counts once.
type rankTally struct {
	rank   float64 // 0 to 1
	sorted []float64
}

func (t *rankTally) add(m *matched, first bool) {
	if !first {
		return
	}
	for _, v := range m.values {
		x := math.Float64frombits(v)
		i, _ := slices.BinarySearch(t.sorted, x)
		t.sorted = slices.Insert(t.sorted, i, x)
	}
}

func (t *rankTally) remove(m *matched, first bool) {
	if !first {
		return
	}
	for _, v := range m.values {
		if i, ok := slices.BinarySearch(t.sorted, math.Float64frombits(v)); ok {
			t.sorted = slices.Delete(t.sorted, i, i+1)
		}
	}
}

func (t *rankTally) number([]matched) (float64, bool) {
	if len(t.sorted) == 0 {
		return 0, false
	}
	place := t.rank * float64(len(t.sorted)-1)
	low := int(place)
	high := min(low+1, len(t.sorted)-1)
	return t.sorted[low] + (place-float64(low))*(t.sorted[high]-t.sorted[low]), true
}
