package host

import (
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

const (
	// keptMemory is how much memory is kept for later chunks.
	keptMemory = 48 << 20
	// trimDelay is how long after a chunk the rest is given back to the system.
	trimDelay = 5 * time.Second
	// maxTrimDelay is the maximum delay before memory that was in use is looked at again.
	maxTrimDelay = 10 * time.Minute
)

// Memory gives memory back to the system that a hostile or unusual chunk took: by
// itself the Go runtime keeps what garbage had until the next collection, which comes
// with the next chunks, and gives it back slowly.
//
// It changes neither the goal of the garbage collector nor a limit of memory: with a
// limit below what is in use, such as many undelivered alerts, the collector would never
// rest, at the cost of the process that the plugin is in.
//
// The zero value is ready for use.
type Memory struct {
	pending atomic.Bool
	floor   atomic.Uint64 // what was in use after the last trim
	waiting atomic.Bool   // for another look at what was in use
	delay   atomic.Int64  // how long the next of these waits, in nanoseconds
}

// Used is called when chunks were evaluated.
func (m *Memory) Used() {
	if !m.pending.Load() && m.pending.CompareAndSwap(false, true) {
		time.AfterFunc(trimDelay, m.trim)
	}
}

func (m *Memory) trim() {
	m.pending.Store(false)
	held, floor := heldMemory(), m.floor.Load()
	switch {
	case held <= keptMemory:
		m.floor.Store(min(held, floor))
	case held < floor+floor/4:
		m.floor.Store(min(held, floor))
		m.trimLater()
	default:
		m.free()
	}
}

// trimLater gives memory back that was in use at the last trim, perhaps by a chunk that was
// evaluated then. While it stays in use that is tried less and less often.
func (m *Memory) trimLater() {
	if !m.waiting.CompareAndSwap(false, true) {
		return
	}
	delay := max(m.delay.Load(), int64(trimDelay))
	m.delay.Store(min(2*delay, int64(maxTrimDelay)))
	time.AfterFunc(time.Duration(delay), func() {
		m.waiting.Store(false)
		if heldMemory() > keptMemory {
			m.free()
		}
	})
}

func (m *Memory) free() {
	before := heldMemory()
	debug.FreeOSMemory()
	after := heldMemory()
	m.floor.Store(after)
	if after < before-before/4 {
		m.delay.Store(0)
	}
}

// heldMemory returns how many bytes the Go runtime has from the system.
func heldMemory() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
