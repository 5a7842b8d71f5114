package detector

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/dedup"
	"github.com/fluent-detect/fluent-detect/detector/limit"
)

// State is what a detector remembers and counts. It outlives the Engine: after
// a reload the next Engine goes on with it. One Engine uses it at a time.
type State struct {
	began   time.Time
	traffic traffic
	faults  *limit.Throttle // of error records

	mu         sync.Mutex // what follows
	seen       *dedup.Cache
	suppressor *limit.Suppressor
	caps       map[string]*limit.Cap // by rule id
	rules      map[string]*RuleStats // by rule id
	alert      Stats                 // its alert counters
	loaded     []loadedRule
	near       map[conditionKey]*atomic.Uint64
	selfTest   SelfTest
	lastBeat   time.Time // of the heartbeats
}

// NewState returns the state of a detector that has seen nothing.
func NewState() *State {
	return &State{
		began:  time.Now(),
		faults: limit.NewThrottle(faultRate),
		caps:   map[string]*limit.Cap{},
		rules:  map[string]*RuleStats{},
		near:   map[conditionKey]*atomic.Uint64{},
	}
}

// Stats returns the counters.
func (s *State) Stats() Stats {
	s.mu.Lock()
	stats := s.alert
	s.mu.Unlock()
	s.traffic.addTo(&stats)
	return stats
}

// Dedup returns the counters of the cache of exact duplicates.
func (s *State) Dedup() dedup.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		return dedup.Stats{}
	}
	return s.seen.Stats()
}
