package detector

import (
	"fmt"
	"runtime/debug"
	"time"
)

// every calls do in the background after the time first, and then at intervals,
// until the Engine is closed.
func (e *Engine) every(interval, first time.Duration, what string, do func()) {
	e.timerMu.Lock()
	defer e.timerMu.Unlock()
	if e.closed {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(first, func() {
		e.background(what, do)
		e.timerMu.Lock()
		defer e.timerMu.Unlock()
		if !e.closed {
			t.Reset(interval)
		}
	})
	e.timers = append(e.timers, t)
}

// background runs do, unless the Engine is closed; Close waits for it. A panic in
// it must not end the host.
func (e *Engine) background(what string, do func()) {
	e.timerMu.Lock()
	if e.closed {
		e.timerMu.Unlock()
		return
	}
	e.running.Add(1)
	e.timerMu.Unlock()
	defer e.running.Done()
	defer func() {
		if p := recover(); p != nil {
			e.host.Warn(fmt.Sprintf("%s: panic: %v; please report this with the stack that follows\n%s", what, p, debug.Stack()))
			e.Panicked("", p)
		}
	}()
	do()
}

// stop ends what runs in the background.
func (e *Engine) stop() {
	e.timerMu.Lock()
	e.closed = true
	if e.timer != nil {
		e.timer.Stop()
	}
	for _, t := range e.timers {
		t.Stop()
	}
	e.timerMu.Unlock()
	e.running.Wait()
}

// retrySummary is how long summaries wait when the outbox is full.
const retrySummary = time.Second

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
