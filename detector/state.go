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

	mu         sync.Mutex       // what follows
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
