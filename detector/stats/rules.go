package stats

import (
	"sync/atomic"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
)

// Rule counts the matches of one rule. The counters continue across reloads.
type Rule struct {
	*rule.Rule
	Outcomes   Outcomes
	Conditions []Condition      // in the order of the query
	Memory     *stateful.Report // nil: the rule has none
}

// Condition counts the near misses of one condition of a rule: events that have
// the rule's event.provider and event.action, and that only this condition kept
// from matching. A rule that is misspelt, or an attacker who tries, shows here
// first.
type Condition struct {
	Text       string // in the language of the query
	NearMisses uint64
}

// Rules has the counters of rules. It is not for concurrent use.
type Rules struct {
	outcomes map[string]*Outcomes // by rule ID
	near     map[conditionKey]*atomic.Uint64
	loaded   []loaded
}

// loaded is a rule in force, with its conditions.
type loaded struct {
	rule       *rule.Rule
	conditions []condition
}

// condition is a condition of a rule, once even if it is written twice.
type condition struct {
	text string
	near *atomic.Uint64
}

// conditionKey identifies a condition across reloads.
type conditionKey struct{ rule, text string }

// NewRules returns counters of no rules.
func NewRules() *Rules {
	return &Rules{outcomes: map[string]*Outcomes{}, near: map[conditionKey]*atomic.Uint64{}}
}

// Load makes these the rules in force, and returns the counters of their near
// misses. Counters of rules that were loaded before continue.
func (r *Rules) Load(rules []*ruleset.Rule) *NearMisses {
	n := &NearMisses{}
	r.loaded = make([]loaded, len(rules))
	for i, one := range rules {
		l := &r.loaded[i]
		l.rule = one.Rule
		n.first = append(n.first, int32(len(n.counters)))
		conditions := one.Program.Conditions()
		known := map[string]bool{}
		for j := range conditions {
			key := conditionKey{one.ID, conditions[j].String()}
			near := r.near[key]
			if near == nil {
				near = new(atomic.Uint64)
				r.near[key] = near
			}
			if !known[key.text] {
				known[key.text] = true
				l.conditions = append(l.conditions, condition{key.text, near})
			}
			n.counters = append(n.counters, near)
		}
	}
	return n
}

// Of returns the counters of the outcomes of a rule, for the caller to add to.
func (r *Rules) Of(ruleID string) *Outcomes {
	n := r.outcomes[ruleID]
	if n == nil {
		n = new(Outcomes)
		r.outcomes[ruleID] = n
	}
	return n
}

// All returns the counters of the rules in force, in their order.
func (r *Rules) All() []Rule {
	all := make([]Rule, len(r.loaded))
	for i := range r.loaded {
		l, one := &r.loaded[i], &all[i]
		one.Rule = l.rule
		if n := r.outcomes[l.rule.ID]; n != nil {
			one.Outcomes = *n
		}
		one.Conditions = make([]Condition, len(l.conditions))
		for j, c := range l.conditions {
			one.Conditions[j] = Condition{c.text, c.near.Load()}
		}
	}
	return all
}

// Memory is what rules with a memory remember, all together.
type Memory struct {
	Rules    int // with a memory
	Learning int // of them: those that do not alert yet
	Keys     int
	Bytes    int // of memory, about
	stateful.Counts
}

// Memory returns what the rules remember.
func (r *Report) Memory() (all Memory) {
	for i := range r.Rules {
		m := r.Rules[i].Memory
		if m == nil {
			continue
		}
		all.Rules++
		if m.Learning {
			all.Learning++
		}
		all.Keys += m.Keys
		all.Bytes += m.Bytes
		all.Late += m.Late
		all.Evicted += m.Evicted
		all.Beyond += m.Beyond
	}
	return all
}
