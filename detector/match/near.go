package match

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// NearMiss is a condition that alone kept an event from matching: had it come
// out otherwise, the program would have matched. An event that fails one of
// several conditions joined by and is a near miss of that one; where any of
// several would have done, of each of them.
type NearMiss struct {
	Program   int32 // its place in the Set
	Condition int32 // its place in the program's Conditions
}

// NearMisses returns the near misses of the event that the scratch was used for
// last, of programs that ask for certain event.actions: an event with another one
// is none of their business. The others look at so many events that to miss one
// says nothing. The slice is valid until the next use of the scratch.
func (s *Scratch) NearMisses() []NearMiss { return s.near }

// try reports whether the program, which is at that place of a set, matches the
// event, and appends its near misses when it does not. It looks at little more
// than Match: at a second condition that fails it gives up.
func (p *Program) try(near []NearMiss, place int32, e *event.Event) (matches bool, _ []NearMiss) {
	one := int32(0)
	if p.nodes[0].op == opAnd {
		var alone bool
		if one, alone = p.onlyOther(0, true, e); !alone {
			return one < 0, near
		}
	} else if p.Match(e) {
		return true, near
	}
	from := len(near)
	near = p.flips(near, place, one, true, e)
	slices.SortFunc(near[from:], func(a, b NearMiss) int { return int(a.Condition - b.Condition) })
	return false, near
}

// onlyOther returns the only child of node i that is not what to says; alone is
// false when there are several, or, with child -1, none.
func (p *Program) onlyOther(i int32, to bool, e *event.Event) (child int32, alone bool) {
	child = -1
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if p.eval(c, e, msgpack.Value{}) == to {
			continue
		}
		if child >= 0 {
			return child, false
		}
		child = c
	}
	return child, child >= 0
}

// flips appends the conditions below node i of which each, if it came out
// otherwise, would make the node what to says. Now it is the contrary.
func (p *Program) flips(near []NearMiss, place, i int32, to bool, e *event.Event) []NearMiss {
	n := &p.nodes[i]
	switch n.op {
	case opNot:
		return p.flips(near, place, n.child, !to, e)
	case opCondition:
		return append(near, NearMiss{place, n.child})
	case opAnd, opOr:
		if to == (n.op == opOr) { // each child is the contrary, and any of them would do
			for c := n.child; c >= 0; c = p.nodes[c].next {
				near = p.flips(near, place, c, to, e)
			}
			return near
		}
		if one, alone := p.onlyOther(i, to, e); alone {
			return p.flips(near, place, one, to, e)
		}
	}
	return near
}
