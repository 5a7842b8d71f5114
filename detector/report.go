package detector

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/dedup"
)

// Report is what a detector counted, at one moment.
type Report struct {
	Stats
	Began    time.Time   // when counting began
	Rules    []RuleStats // of the rules in force, in their order
	Dedup    dedup.Stats
	SelfTest SelfTest
}

// Report returns all that the detector counted. Alerts and rules are from one
// moment; the traffic goes on meanwhile.
func (s *State) Report() Report {
	s.mu.Lock()
	r := Report{Stats: s.alert, Began: s.began, Rules: s.ruleStats(), SelfTest: s.selfTest}
	if s.seen != nil {
		r.Dedup = s.seen.Stats()
	}
	s.mu.Unlock()
	s.traffic.addTo(&r.Stats)
	return r
}
