package hostconf

import (
	"fmt"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// sharers notes what rules with a memory do not see if several shippers receive from a queue:
// each of them gets a part of the events. at is where the queue is named.
func (c *config) sharers(at Position, key string, rules *ruleset.Set) {
	if rules == nil {
		return
	}
	counting, terms := memoriesOf(rules)
	if len(counting) > 0 {
		c.note(at, "%s: if several shippers receive from this queue, each sees a part of the events, and %s not alert: give each accounts or prefixes of its own, with a queue for each", key, may(counting))
	}
	if len(terms) > 0 {
		c.note(at, "%s: if several shippers receive from this queue, %s alert once in each of them", key, may(terms))
	}
}

// memoriesOf returns the names of the rules that need all events of a group, and of those
// that remember what they have seen.
func memoriesOf(rules *ruleset.Set) (counting, terms []string) {
	for _, r := range rules.Rules {
		switch {
		case r.Memory == nil:
		case r.Memory.Kind == rule.NewTerms:
			terms = append(terms, r.Name)
		default:
			counting = append(counting, r.Name)
		}
	}
	return counting, terms
}

// may returns `the rule "A" may` or `3 rules, "A" and others, may`.
func may(rules []string) string {
	if len(rules) == 1 {
		return fmt.Sprintf("the rule %q may", rules[0])
	}
	return fmt.Sprintf("%d rules, %q and others, may", len(rules), rules[0])
}
