package stateful

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
)

// rowTally has the aggregates of the events of a group, and follows the events that come and
// go, so that an event costs about the same however many the group has.
type rowTally struct {
	members []expr.Value      // of the values of the group: the values in lists, each once
	numbers map[string]uint32 // of members, by their keys
	of      [][]uint32        // the members of each value of the group
	inputs  []inputTally
}

// inputTally is about one input of the events. Members of values are counted, as ES|QL does.
type inputTally struct {
	uses    []uint32 // how often the events have each member
	count   int64
	live    int   // members that an event has
	sum     int64 // of whole numbers
	inexact int64 // how many members are not small whole numbers
	ordered bool  // sorted is kept up to date
	sorted  []uint32
}

// maxSummand is below what whole numbers must be to be added: no group has so many events
// that the sum of them is too large.
const maxSummand = 1 << 40

// newRowTally returns the tally of a group.
func newRowTally(g *rows) *rowTally {
	t := &rowTally{numbers: map[string]uint32{}}
	for i := range g.list {
		t.add(g, &g.list[i])
	}
	return t
}

// membersOf returns the members of a value of the group.
func (t *rowTally) membersOf(g *rows, at uint32) []uint32 {
	for int(at) >= len(t.of) {
		t.of = append(t.of, nil)
	}
	if t.of[at] == nil {
		var room [128]byte
		for _, v := range g.values[at].Members() {
			key := v.AppendKey(room[:0])
			n, ok := t.numbers[string(key)]
			if !ok {
				n = uint32(len(t.members))
				t.members = append(t.members, v)
				t.numbers[string(key)] = n
			}
			t.of[at] = append(t.of[at], n)
		}
	}
	return t.of[at]
}

func (t *rowTally) add(g *rows, o *occurrence) {
	for len(t.inputs) < len(o.inputs) {
		t.inputs = append(t.inputs, inputTally{})
	}
	for i, at := range o.inputs {
		if at != 0 {
			for _, n := range t.membersOf(g, at) {
				t.inputs[i].add(t, n)
			}
		}
	}
}

func (t *rowTally) remove(g *rows, o *occurrence) {
	for i, at := range o.inputs {
		if at != 0 {
			for _, n := range t.membersOf(g, at) {
				t.inputs[i].remove(t, n)
			}
		}
	}
}

func (in *inputTally) add(t *rowTally, n uint32) {
	for int(n) >= len(in.uses) {
		in.uses = append(in.uses, 0)
	}
	in.count++
	if whole, ok := summand(t.members[n]); ok {
		in.sum += whole
	} else {
		in.inexact++
	}
	if in.uses[n]++; in.uses[n] == 1 {
		in.live++
		if in.ordered {
			at, _ := slices.BinarySearchFunc(in.sorted, n, t.order)
			in.sorted = slices.Insert(in.sorted, at, n)
		}
	}
}

func (in *inputTally) remove(t *rowTally, n uint32) {
	in.count--
	if whole, ok := summand(t.members[n]); ok {
		in.sum -= whole
	} else {
		in.inexact--
	}
	if in.uses[n]--; in.uses[n] == 0 {
		in.live--
		if in.ordered {
			if at, ok := slices.BinarySearchFunc(in.sorted, n, t.order); ok {
				in.sorted = slices.Delete(in.sorted, at, at+1)
			}
		}
	}
}

// order compares members by their values, and those that are not told apart by these, such
// as 1 and 1.0, by their numbers.
func (t *rowTally) order(a, b uint32) int {
	if order := expr.Order(t.members[a], t.members[b]); order != 0 {
		return order
	}
	return int(a) - int(b)
}

// summand returns a whole number that can be added to those of all events.
func summand(v expr.Value) (n int64, ok bool) {
	n, ok = v.Int()
	return n, ok && v.Kind() == expr.Int && -maxSummand < n && n < maxSummand
}

// inOrder returns the members that an event has, in the order of their values.
func (in *inputTally) inOrder(t *rowTally) []uint32 {
	if !in.ordered {
		in.ordered = true
		for n, uses := range in.uses {
			if uses > 0 {
				in.sorted = append(in.sorted, uint32(n))
			}
		}
		slices.SortFunc(in.sorted, t.order)
	}
	return in.sorted
}

// reduce returns the value of an aggregate of an input, -1 for one that all events have. It
// returns false for sums of what is not exact, or too large.
func (t *rowTally) reduce(fn query.Func, input, events int) (v expr.Value, ok bool) {
	if input < 0 {
		return expr.IntOf(int64(events)), true
	}
	if input >= len(t.inputs) { // without events
		t.inputs = append(t.inputs, make([]inputTally, input+1-len(t.inputs))...)
	}
	in := &t.inputs[input]
	switch fn {
	case query.FnCount:
		return expr.IntOf(in.count), true
	case query.FnCountDistinct:
		return expr.IntOf(int64(in.live)), true
	case query.FnSum, query.FnAvg:
		switch {
		case in.inexact > 0:
			return v, false
		case in.count == 0:
			return v, true
		case fn == query.FnSum:
			return expr.IntOf(in.sum), true
		}
		return expr.FloatOf(float64(in.sum) / float64(in.count)), true
	}
	sorted := in.inOrder(t)
	switch {
	case len(sorted) == 0:
	case fn == query.FnMin:
		v = t.members[sorted[0]]
	case fn == query.FnMax:
		v = t.members[sorted[len(sorted)-1]]
	default:
		list := make([]expr.Value, len(sorted))
		for i, n := range sorted {
			list[i] = t.members[n]
		}
		v = expr.ListOf(list)
	}
	return v, true
}
