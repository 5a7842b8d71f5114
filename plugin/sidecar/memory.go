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
// one, the others wait. It must arrive faster than other bodies, see limits. The detector
// bounds what records are decoded to in the same way.
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

var errNoMemory = errors.New("too many requests that need much memory are being read")

// reserve returns the function that waits until a decoder may be made that takes
// megabytes. Only the first round waits: whoever has one must not keep others from theirs
// while it waits for a second one.
func (h *ingestHandler) reserve(ctx context.Context) reserveFunc {
	return func(round int) (release func(), err error) {
		timeout := h.limits.slot
		if round > 0 {
			timeout = 0
		}
		one := large{slots: h.decoders}
		return one.release, one.acquire(ctx, timeout)
	}
}

// large is one request's part of the memory for long items, or for a decoder.
type large struct {
	slots chan struct{}
	held  bool
}

// acquire waits until the request may read a long item.
func (l *large) acquire(ctx context.Context, timeout time.Duration) error {
	if l.held {
		return nil
	}
	select {
	case l.slots <- struct{}{}:
		l.held = true
		return nil
	default:
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
