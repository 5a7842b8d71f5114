package hold

import (
	"sync"
	"time"
)

// Throttle limits the rate of messages, of which a stream of garbage could cause
// thousands, and counts those that it drops. It is safe for concurrent use.
type Throttle struct {
	rate   Rate
	mu     sync.Mutex
	begin  time.Time // of the interval
	passed int
	missed uint64
}

// NewThrottle returns a throttle for that rate.
func NewThrottle(r Rate) *Throttle { return &Throttle{rate: r} }

// Pass reports whether a message may pass, and if so how many were dropped since the
// last one that passed.
func (t *Throttle) Pass(now time.Time) (missed uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if age := now.Sub(t.begin); t.begin.IsZero() || age >= t.rate.Per || age < 0 {
		t.begin, t.passed = now, 0
	}
	if t.passed == t.rate.Max {
		t.missed++
		return 0, false
	}
	t.passed++
	missed, t.missed = t.missed, 0
	return missed, true
}
