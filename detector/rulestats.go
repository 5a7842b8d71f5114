package detector

import "github.com/fluent-detect/fluent-detect/detector/rule"

// RuleStats counts what became of the events that one rule matched. It goes on
// across reloads.
type RuleStats struct {
	Rule       *rule.Rule
	Alerts     uint64 // made, whether or not somebody takes them
	Duplicate  uint64
	Suppressed uint64
	Excepted   uint64
	Capped     uint64
}

// Matched returns how many events the rule matched.
func (s *RuleStats) Matched() uint64 {
	return s.Alerts + s.Duplicate + s.Suppressed + s.Excepted + s.Capped
}

// RuleStats returns the counters of each rule, in the order of the rules.
func (e *Engine) RuleStats() []RuleStats {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	all := make([]RuleStats, len(e.rules))
	for i := range e.rules {
		r := e.rules[i].Rule()
		if s := e.state.rules[r.ID]; s != nil {
			all[i] = *s
		}
		all[i].Rule = r
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
	rule int
	fate fate
}

// count adds a match and its fate to the changes.
func (t *transaction) count(rule int, f fate) {
	t.fates = append(t.fates, ruleFate{rule, f})
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

// commitFates adds what was counted to the counters of the rules.
func (t *transaction) commitFates() {
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
}
