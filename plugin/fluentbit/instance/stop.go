package instance

import (
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// stop tells which alerts have left the ring buffer of an input when the input ends.
//
// A ring buffer survives a pause, and is read every 250 ms unless the input is paused for
// back-pressure. When Fluent Bit stops, or reloads, it pauses each input that is not
// paused for back-pressure, goes on reading the ring buffers, and looks at whole seconds
// of the monotonic clock whether all chunks are flushed. If so it pauses these inputs once
// more, and ends them. Both timers are of the same event loop, which handles what was due
// earlier first, also after it was held up. So if there were two pauses, what was
// acknowledged 250 ms before the last whole second has arrived. Otherwise what was
// acknowledged shortly before the first pause may be lost.
type stop struct {
	mu          sync.Mutex
	pauses      int // since the last resume
	first, last time.Time
	second      time.Time // the last whole second of the monotonic clock before the last pause
	unsure      bool      // a pause may have been another input's, or the clock is unknown
}

// readWithin is how long before that second the ring buffer was read at least once.
const readWithin = 400 * time.Millisecond

// pause notes a pause. The monotonic clock is that far into its second; negative: unknown.
func (s *stop) pause(w Whose, now time.Time, into time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pauses == 0 {
		s.first = now
	}
	s.last, s.second = now, now.Add(-into)
	s.pauses++
	s.unsure = s.unsure || w == Unknown || into < 0
}

// resume reports whether there was a pause.
func (s *stop) resume() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	paused := s.pauses > 0
	s.pauses, s.unsure = 0, false
	return paused
}

// arrived returns the time up to which acknowledgements stand: alerts that were
// acknowledged later may be lost with the input, which ends now.
func (s *stop) arrived(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.pauses == 0:
		return now.Add(-outbox.Grace)
	case s.pauses == 2 && !s.unsure:
		return s.second.Add(-readWithin)
	}
	return s.first.Add(-outbox.Grace)
}
