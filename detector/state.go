package detector

import (
	"sync"

	"github.com/fluent-detect/fluent-detect/detector/dedup"
	"github.com/fluent-detect/fluent-detect/detector/limit"
)

// State is what a detector remembers and counts. It outlives the Engine: after
// a reload the next Engine goes on with it. One Engine uses it at a time.
type State struct {
	traffic traffic

	mu         sync.Mutex // what follows
	seen       *dedup.Cache
	suppressor *limit.Suppressor
	caps       map[string]*limit.Cap // by rule id
	rules      map[string]*RuleStats // by rule id
	alert      Stats                 // its alert counters
}

// NewState returns the state of a detector that has seen nothing.
func NewState() *State { return &State{caps: map[string]*limit.Cap{}, rules: map[string]*RuleStats{}} }

// Stats returns the counters.
func (s *State) Stats() Stats {
	s.mu.Lock()
	stats := s.alert
	s.mu.Unlock()
	s.traffic.addTo(&stats)
	return stats
}

// CountPanic counts a panic that a host's entry point recovered from.
func (s *State) CountPanic() { s.traffic.panics.Add(1) }

// Dedup returns the counters of the cache of exact duplicates.
func (s *State) Dedup() dedup.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		return dedup.Stats{}
	}
	return s.seen.Stats()
}
