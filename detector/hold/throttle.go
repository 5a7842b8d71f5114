package hold

import (
	"sync"
	"time"
)

// Throttle lets the first few of an interval pass and counts the others: for
// messages of which a stream of garbage would make thousands. It is safe for
// concurrent use.
type Throttle struct {
	rate   Rate
	mu     sync.Mutex
	begin  time.Time // of the interval in hand
	passed int
	missed uint64
}

// NewThrottle returns a throttle that lets pass what the rate says.
func NewThrottle(r Rate) *Throttle { return &Throttle{rate: r} }

// Pass reports whether one more may pass, and if so how many could not since the
// last one that did.
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
