package match

import "github.com/fluent-detect/fluent-detect/detector/event"

// cost estimates how expensive the condition is to evaluate, plus how rarely it
// decides.
func (c *Condition) cost() int {
	cost := 0
	if c.inverse {
		cost += 9 // exclusions rarely apply
	}
	for i := range c.tests {
		t := &c.tests[i]
		if t.literal.IsZero() {
			cost += matcherCost(t.match)
		} else {
			cost++ // most values are ruled out by the search for the literal
		}
		switch {
		case t.field.Type == event.TypeConstantKeyword || t.field.FewValues:
			cost += 2
		case t.field.Lacking():
			cost = 0 // hardly any event has the field
		case t.field.Derived():
			cost += 10
		case !t.field.Verbatim():
			cost += 4 // its texts have to be put together
		}
	}
	if c.unmapped != nil {
		cost += 100
	}
	if c.nested != nil {
		cost += 50
	}
	if c.computed != nil {
		cost += 50
	}
	if c.keyword != nil {
		cost += 200
	}
	return cost
}

func matcherCost(m matcher) int {
	switch m := m.(type) {
	case exact, textSet, boolean:
		return 1
	case scalar: // most events have most fields
		return 4
	case pattern:
		return 4
	case foldedSet:
		return 3
	case glob:
		return 6
	case expression:
		return 20
	case *anyText:
		return 3 + 3*len(m.globs) + 20*len(m.regexps)
	case guarded:
		return 2
	case union:
		cost := 0
		for _, one := range m {
			cost += matcherCost(one)
		}
		return cost
	case anyLeaf:
		return 4 + matcherCost(m.matcher)
	case anyWord, phrase, wordPattern, wordOrder:
		return 8
	}
	return 2
}
