package stats

import (
	"sync/atomic"

	"github.com/fluent-detect/fluent-detect/detector/match"
)

// NearMisses are the counters of all conditions of all rules in force.
type NearMisses struct {
	counters []*atomic.Uint64
	first    []int32 // by rule: the index of its first condition
}

// NearTally is what one chunk adds to NearMisses.
type NearTally struct {
	counts  []uint32 // by condition
	touched []int32  // those that are not 0
}

// Add notes the near misses of one event.
func (t *NearTally) Add(n *NearMisses, list []match.NearMiss) {
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

// Commit adds what was noted to the counters, and to those of the traffic.
func (t *NearTally) Commit(n *NearMisses, traffic *Traffic) {
	for _, i := range t.touched {
		n.counters[i].Add(uint64(t.counts[i]))
		traffic.near.Add(uint64(t.counts[i]))
	}
	t.Reset()
}

// Reset drops what was noted.
func (t *NearTally) Reset() {
	for _, i := range t.touched {
		t.counts[i] = 0
	}
	t.touched = t.touched[:0]
}
