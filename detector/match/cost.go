package match

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// commonFields have few different values, each of them in many events. A condition
// on one rarely decides.
var commonFields = []string{"event.outcome", "aws.cloudtrail.event_type", "aws.cloudtrail.event_category", "aws.cloudtrail.user_identity.type",
	"aws.cloudtrail.read_only", "aws.cloudtrail.management_event", "cloud.region", "cloud.account.id"}

// cost estimates how expensive the condition is to evaluate, plus how rarely it
// decides.
func (c *Condition) cost() int {
	cost := 0
	for i := range c.tests {
		t := &c.tests[i]
		if t.literal.IsZero() {
			cost += matcherCost(t.match)
		} else {
			cost++ // most values are ruled out by the search for the literal
		}
		if t.field.Type == event.TypeConstantKeyword || slices.Contains(commonFields, t.field.Name) {
			cost += 2
		}
	}
	if c.unmapped != nil {
		cost += 100
	}
	if c.nested != nil {
		cost += 50
	}
	return cost
}

func matcherCost(m matcher) int {
	switch m := m.(type) {
	case exact, textSet, scalar, boolean:
		return 1
	case pattern:
		return 4
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
