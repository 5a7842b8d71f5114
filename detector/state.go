package detector

import (
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// State is what a detector remembers and counts. It outlives the Engine: after
// a reload the next Engine goes on with it. One Engine uses it at a time.
type State struct {
	began   time.Time
	traffic stats.Traffic
	faults  *hold.Throttle // of error records

	writing sync.Mutex // held while a group is written; locked before mu

	mu         sync.Mutex       // guards what follows
	forming    *group           // that transactions join; nil: none
	unfinished int              // transactions that are sealed, and neither final nor rolled back
	duplicates *hold.Duplicates // nil: no Engine has used the state yet
	suppressor *hold.Suppressor
	caps       *hold.Caps
	memories   hold.Memories // all of these
	outcomes   stats.Outcomes
	summaries  uint64
	rules      *stats.Rules
	selfTest   stats.SelfTest
	lastBeat   time.Time // of the heartbeats
}

// NewState returns the state of a detector that has seen nothing.
func NewState() *State {
	return &State{
		began:  time.Now(),
		faults: hold.NewThrottle(faultRate),
		rules:  stats.NewRules(),
	}
}

// Report returns all counters. Those of matches are of one moment; the traffic
// continues meanwhile.
func (s *State) Report() stats.Report {
	s.mu.Lock()
	r := stats.Report{Began: s.began, Rules: s.rules.All(), SelfTest: s.selfTest}
	r.Outcomes, r.Summaries = s.outcomes, s.summaries
	if s.duplicates != nil {
		r.Dedup = s.duplicates.Stats()
	}
	s.mu.Unlock()
	s.traffic.Load(&r.Counts)
	return r
}

// nextSummary returns when the first interval ends in which alerts may have been
// held back, or the zero time.
func (s *State) nextSummary() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, ok := s.caps.Next()
	if end, held := s.suppressor.Next(); held && (!ok || end.Before(next)) {
		next = end
	}
	return next
}
