package detector

import (
	"sync/atomic"

	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// ConditionStats counts the near misses of one condition of a rule: events that
// have the rule's event.provider and event.action, and that this condition alone
// kept from matching. A rule that is misspelt, or an attacker who tries, shows
// here first.
type ConditionStats struct {
	Condition  string // in KQL
	NearMisses uint64
}

// loadedRule is a rule of the Engine that uses the state, with its conditions.
type loadedRule struct {
	rule       *rule.Rule
	conditions []condition
}

// condition is one condition of a rule, also if it is written there twice.
type condition struct {
	text string
	near *atomic.Uint64
}

// conditionKey names a condition across reloads.
type conditionKey struct{ rule, text string }

// load notes which rules are in force now, and returns the counters of their
// conditions. Those that were there before go on.
func (s *State) load(rules []*ruleset.Rule) nearCounters {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n nearCounters
	s.loaded = make([]loadedRule, len(rules))
	for i, r := range rules {
		l := &s.loaded[i]
		l.rule = r.Rule
		n.first = append(n.first, int32(len(n.counters)))
		conditions := r.Program.Conditions()
		known := map[string]bool{}
		for j := range conditions {
			key := conditionKey{r.ID, conditions[j].String()}
			near := s.near[key]
			if near == nil {
				near = new(atomic.Uint64)
				s.near[key] = near
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

// conditionStats returns the counters of the rule's conditions.
func (l *loadedRule) conditionStats() []ConditionStats {
	all := make([]ConditionStats, len(l.conditions))
	for i, c := range l.conditions {
		all[i] = ConditionStats{c.text, c.near.Load()}
	}
	return all
}

// nearCounters are the counters of all conditions of all rules, in order.
type nearCounters struct {
	counters []*atomic.Uint64
	first    []int32 // by rule: where its conditions begin
}

// nearTally is what one chunk adds to them.
type nearTally struct {
	counts  []uint32 // by condition
	touched []int32  // those that are not 0
}

// add notes the near misses of one event.
func (t *nearTally) add(n *nearCounters, list []match.NearMiss) {
	for _, miss := range list {
		if int(miss.Program) >= len(n.first) { // not one of the user's rules
			continue
		}
		if t.counts == nil {
			t.counts = make([]uint32, len(n.counters))
		}
		i := n.first[miss.Program] + miss.Condition
		if t.counts[i] == 0 {
			t.touched = append(t.touched, i)
		}
		t.counts[i]++
	}
}

// commit adds what was noted to the counters.
func (t *nearTally) commit(n *nearCounters, total *atomic.Uint64) {
	for _, i := range t.touched {
		n.counters[i].Add(uint64(t.counts[i]))
		total.Add(uint64(t.counts[i]))
	}
	t.forget()
}

// forget drops what was noted: the chunk will come again.
func (t *nearTally) forget() {
	for _, i := range t.touched {
		t.counts[i] = 0
	}
	t.touched = t.touched[:0]
}
