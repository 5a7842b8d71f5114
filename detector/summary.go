package detector

import "time"

// retrySummary is how long summaries wait when the outbox is full.
const retrySummary = time.Second

// nextSummary returns when the first of the intervals ends in which alerts
// were held back, or the zero time. The lock is held.
func (s *State) nextSummary() time.Time {
	next, ok := s.caps.Next()
	if end, held := s.suppressor.Next(); held && (!ok || end.Before(next)) {
		next = end
	}
	return next
}

// wake sees to it that summaries are made at that time, even when no chunk
// comes any more.
func (e *Engine) wake(at time.Time) {
	if at.IsZero() {
		return
	}
	e.timerMu.Lock()
	defer e.timerMu.Unlock()
	if e.closed {
		return
	}
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = time.AfterFunc(max(at.Sub(e.host.Now()), 0), func() {
		e.background("summaries", func() { e.summarize(false) })
	})
}

// summarize makes the summaries that are due, or all with force.
func (e *Engine) summarize(force bool) {
	t := transaction{engine: e, force: force}
	t.begin()
	defer t.rollback()
	for i := range e.rules {
		t.summarizeCap(&e.rules[i])
	}
	if _, err := t.commit(); err != nil {
		e.wake(e.host.Now().Add(retrySummary))
	}
}
