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
}

// Used is called when chunks were evaluated.
func (m *Memory) Used() {
	if !m.pending.Load() && m.pending.CompareAndSwap(false, true) {
		time.AfterFunc(trimDelay, m.trim)
	}
}

func (m *Memory) trim() {
	m.pending.Store(false)
	held := heldMemory()
	if floor := m.floor.Load(); held <= keptMemory || held < floor+floor/4 {
		m.floor.Store(min(held, floor))
		return
	}
	debug.FreeOSMemory()
	m.floor.Store(heldMemory())
}

// heldMemory returns how many bytes the Go runtime has from the system.
func heldMemory() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
