package match

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// NearMiss is a condition that alone kept a program from matching an event: with
// the opposite result the program would have matched. If one of several conditions
// joined by and is false, that one is a near miss; if each of several joined by or
// would have been enough, all of them are.
type NearMiss struct {
	Program   int32 // its place in the Set
	Condition int32 // its place in the program's Conditions
}

// NearMisses returns the near misses of the last event, by programs that need
// certain event.actions. Those of other programs would be of no interest: they are
// evaluated for too many events. The slice is valid until the next use of the
// scratch.
func (s *Scratch) NearMisses() []NearMiss { return s.nearMisses }

// matchOrNearMiss reports whether the program, at that place of a set, matches the
// event. If not, it appends the near misses. It does hardly more work than Match:
// it stops at the second condition that is false.
func (p *Program) matchOrNearMiss(misses []NearMiss, place int32, e *event.Event) (matches bool, _ []NearMiss) {
	if p.raw != nil && !p.raw.isAbout(e) {
		return false, misses
	}
	node := int32(0)
	if p.nodes[0].op == opAnd {
		var only bool
		if node, only = p.onlyChildNot(true, 0, e); !only {
			return node < 0 && p.CoversEvent(e), misses
		}
	} else if p.Match(e) {
		return true, misses
	}
	if !p.CoversEvent(e) {
		return false, misses
	}
	old := len(misses)
	misses = p.appendDecisive(misses, place, node, true, e)
	slices.SortFunc(misses[old:], func(a, b NearMiss) int { return int(a.Condition - b.Condition) })
	return false, misses
}

// onlyChildNot returns the only child of node i that does not have that value. It
// returns false if there are several or, with child -1, none.
func (p *Program) onlyChildNot(value bool, i int32, e *event.Event) (child int32, only bool) {
	child = -1
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if p.eval(c, e, msgpack.Value{}) == value {
			continue
		}
		if child >= 0 {
			return child, false
		}
		child = c
	}
	return child, child >= 0
}

// appendDecisive appends the conditions below node i each of which, with the
// opposite result, would alone make the node have that value, which it does not.
func (p *Program) appendDecisive(misses []NearMiss, place, i int32, value bool, e *event.Event) []NearMiss {
	n := &p.nodes[i]
	switch n.op {
	case opNot:
		return p.appendDecisive(misses, place, n.child, !value, e)
	case opCondition:
		return append(misses, NearMiss{place, n.child})
	case opAnd, opOr:
		if value == (n.op == opOr) { // no child has the value, and any one would do
			for c := n.child; c >= 0; c = p.nodes[c].next {
				misses = p.appendDecisive(misses, place, c, value, e)
			}
			return misses
		}
		if child, only := p.onlyChildNot(value, i, e); only {
			return p.appendDecisive(misses, place, child, value, e)
		}
	}
	return misses
}
