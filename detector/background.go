package detector

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// background runs functions at intervals and at certain times, until it is stopped.
// A panic in one of them does not end the process.
type background struct {
	warn     func(line string)
	panicked func(tag string, reason any)

	mu      sync.Mutex
	timers  []*time.Timer
	alarm   *time.Timer // of at
	stopped bool
	running sync.WaitGroup
}

// every calls do after the duration first, and then at intervals.
func (b *background) every(interval, first time.Duration, what string, do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(first, func() {
		b.run(what, do)
		b.mu.Lock()
		defer b.mu.Unlock()
		if !b.stopped {
			t.Reset(interval)
		}
	})
	b.timers = append(b.timers, t)
}

// after calls do after that duration, instead of what an earlier call asked for.
func (b *background) after(d time.Duration, what string, do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return
	}
	if b.alarm != nil {
		b.alarm.Stop()
	}
	b.alarm = time.AfterFunc(d, func() { b.run(what, do) })
}

// run calls do now.
func (b *background) run(what string, do func()) {
	b.mu.Lock()
	if b.stopped {
		b.mu.Unlock()
		return
	}
	b.running.Add(1)
	b.mu.Unlock()
	defer b.running.Done()
	defer func() {
		if p := recover(); p != nil {
			b.warn(fmt.Sprintf("%s: panic: %v; please report this with the stack that follows\n%s", what, p, debug.Stack()))
			b.panicked("", p)
		}
	}()
	do()
}

// stop waits for what is running; nothing is called any more.
func (b *background) stop() {
	b.mu.Lock()
	b.stopped = true
	if b.alarm != nil {
		b.alarm.Stop()
	}
	for _, t := range b.timers {
		t.Stop()
	}
	b.mu.Unlock()
	b.running.Wait()
}
