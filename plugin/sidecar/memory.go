package sidecar

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// The memory of all requests together. A line or JSON value of a megabyte, four times
// what CloudTrail's largest event has, is read with a few megabytes. A longer one, up
// to ingest.MaxItem, takes up to a hundred: only maxLarge requests at a time may have
// one, the others wait.
const (
	maxLarge = 2
	// softLimit is the size from which the garbage collector works harder to stay
	// below.
	softLimit = 400 << 20
	// keptMemory is how much memory is kept for later requests.
	keptMemory = 48 << 20
	// trimInterval is how often the rest is given back to the system.
	trimInterval = 15 * time.Second
)

var errNoMemory = errors.New("too many requests with very long lines or values are being read")

// large is one request's part of the memory for long items.
type large struct {
	slots chan struct{}
	held  bool
}

// acquire waits until the request may read a long item.
func (l *large) acquire(ctx context.Context, timeout time.Duration) error {
	if l.held {
		return nil
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case l.slots <- struct{}{}:
		l.held = true
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return errNoMemory
}

func (l *large) release() {
	if l.held {
		<-l.slots
		l.held = false
	}
}

// limitMemory sets a soft limit, unless the environment has one, and gives back memory
// that is not needed until done is closed.
func limitMemory(done <-chan struct{}) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softLimit)
	}
	ticker := time.NewTicker(trimInterval)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		var m runtime.MemStats
		if runtime.ReadMemStats(&m); m.Sys-m.HeapReleased > keptMemory {
			debug.FreeOSMemory()
		}
	}
}
