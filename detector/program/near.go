package program

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
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
// last, of programs that ask for an event.provider or an event.action: an event
// that has another is none of their business. Programs that ask for neither look
// at every event and have no near misses. The slice is valid until the next use
// of the scratch.
func (s *Scratch) NearMisses() []NearMiss { return s.near }

// nearMisses appends the near misses of an event that the program, which is at
// that place of a set, does not match.
func (p *Program) nearMisses(near []NearMiss, place int32, e *cloudtrail.Event) []NearMiss {
	from := len(near)
	near = p.flips(near, place, 0, true, e)
	slices.SortFunc(near[from:], func(a, b NearMiss) int { return int(a.Condition - b.Condition) })
	return near
}

// flips appends the conditions below node i of which each, if it came out
// otherwise, would make the node what to says. Now it is the contrary.
func (p *Program) flips(near []NearMiss, place, i int32, to bool, e *cloudtrail.Event) []NearMiss {
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
		// Children that are not what is wanted: one may be left.
		one := int32(-1)
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if p.eval(c, e, record.Value{}) == to {
				continue
			}
			if one >= 0 {
				return near
			}
			one = c
		}
		if one < 0 { // not while i is what it was
			return near
		}
		return p.flips(near, place, one, to, e)
	}
	return near
}
