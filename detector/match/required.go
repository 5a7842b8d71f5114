package match

import (
	"maps"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// requirement returns texts of which an event must have at least one for a condition
// to be true, or false if the condition can be true without any of them.
type requirement[T any] func(*Condition) (texts []T, ok bool)

// required returns texts of a program, each once, of which an event must have at least one for
// node i to be true, given those for conditions. It returns false if the node can be
// true without. Of conditions joined by and it takes the texts that are better.
func required[T any](p *Program, i int32, of requirement[T], better func(a, b []T) bool, distinct func([]T) []T) (texts []T, ok bool) {
	n := &p.nodes[i]
	switch n.op {
	case opFalse:
		return nil, true
	case opCondition:
		return of(&p.conditions[n.child])
	case opAnd:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if t, has := required(p, c, of, better, distinct); has && (!ok || better(t, texts)) {
				texts, ok = t, true
			}
		}
		return texts, ok
	case opOr:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			t, has := required(p, c, of, better, distinct)
			if !has {
				return nil, false
			}
			texts = append(texts, t...)
		}
		return distinct(texts), true
	}
	return nil, false
}

// requiredValues returns the texts of which a keyword field must have one for the
// program to match. It returns false if the program can match without.
func (p *Program) requiredValues(field *event.Field) (texts []string, ok bool) {
	values := func(c *Condition) ([]string, bool) { return c.values(field) }
	fewer := func(a, b []string) bool { return len(a) < len(b) }
	return required(p, 0, values, fewer, distinct)
}

func (c *Condition) values(field *event.Field) (texts []string, ok bool) {
	if c.nested != nil || c.unmapped != nil || c.computed != nil || c.keyword != nil || c.inverse {
		return nil, false
	}
	if len(c.tests) == 0 { // never true
		return nil, true
	}
	// Compare the pointers: a field of that name may have another type.
	if len(c.tests) > 1 || c.tests[0].field != field {
		return nil, false
	}
	switch m := c.tests[0].match.(type) {
	case exact:
		return []string{string(m)}, true
	case textSet:
		return slices.Sorted(maps.Keys(m)), true
	case *anyText:
		return m.values()
	}
	return nil, false
}

func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}
