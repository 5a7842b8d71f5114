package detector

import (
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// RuleStats counts what became of the events that one rule matched. It goes on
// across reloads.
type RuleStats struct {
	Rule       *rule.Rule
	Alerts     uint64 // made, whether or not somebody takes them
	Failed     uint64 // of them: nobody takes them
	Duplicate  uint64
	Suppressed uint64
	Excepted   uint64
	Capped     uint64
	Conditions []ConditionStats // in the order of the query
}

// Matched returns how many events the rule matched.
func (s *RuleStats) Matched() uint64 {
	return s.Alerts + s.Duplicate + s.Suppressed + s.Excepted + s.Capped
}

// RuleStats returns the counters of each rule, in the order of the rules.
func (e *Engine) RuleStats() []RuleStats {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return e.state.ruleStats()
}

// ruleStats returns the counters of the rules that are in force. The lock is held.
func (s *State) ruleStats() []RuleStats {
	all := make([]RuleStats, len(s.loaded))
	for i := range s.loaded {
		l := &s.loaded[i]
		if counted := s.rules[l.rule.ID]; counted != nil {
			all[i] = *counted
		}
		all[i].Rule = l.rule
		all[i].Conditions = l.conditionStats()
	}
	return all
}

// fate is what became of a match.
type fate uint8

const (
	emitted fate = iota
	duplicate
	suppressed
	excepted
	capped
)

// ruleFate is the fate of a match of the rule with that place.
type ruleFate struct {
	rule  int
	fate  fate
	alert int // emitted: its place among the alerts of the transaction
}

// count adds a match and its fate to the changes.
func (t *transaction) count(rule int, f fate) {
	t.fates = append(t.fates, ruleFate{rule, f, len(t.alerts)})
	s := &t.stats
	s.Matched++
	switch f {
	case emitted:
		s.Emitted++
	case duplicate:
		s.Duplicate++
	case suppressed:
		s.Suppressed++
	case excepted:
		s.Excepted++
	case capped:
		s.Capped++
	}
}

// commitFates adds what was counted to the counters of the rules, and returns how
// many of the alerts failed: those among unwanted that are no summaries.
func (t *transaction) commitFates(unwanted []outbox.Alert) (failed uint64) {
	lost := make(map[string]bool, len(unwanted))
	for _, a := range unwanted {
		lost[a.ID] = true
	}
	for _, f := range t.fates {
		id := t.engine.rules[f.rule].Rule().ID
		s := t.engine.state.rules[id]
		if s == nil {
			s = &RuleStats{}
			t.engine.state.rules[id] = s
		}
		switch f.fate {
		case emitted:
			s.Alerts++
			if lost[t.alerts[f.alert].ID] {
				s.Failed++
				failed++
			}
		case duplicate:
			s.Duplicate++
		case suppressed:
			s.Suppressed++
		case excepted:
			s.Excepted++
		case capped:
			s.Capped++
		}
	}
	return failed
}
