package stats

import (
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
)

// Traffic is the part of Counts that every chunk adds to, once and atomically.
type Traffic struct {
	Broken, Panics, Heartbeats, HeartbeatsDropped, ErrorRecords, ErrorsWithheld atomic.Uint64

	chunks, records, skipped, bytes, events, odd, unreadable, near atomic.Uint64
	shapes                                                         [envelope.Shapes]atomic.Uint64
	lastArrival, lastEvent                                         atomic.Int64 // in nanoseconds since 1970, 0 for none
}

// Tally is what one chunk adds to the traffic.
type Tally struct {
	Records, Skipped, Events, Odd, Unreadable uint64
	Shapes                                    [envelope.Shapes]uint64
	EventTime                                 time.Time // of the first event that has one
}

// Add adds a chunk of that size, evaluated at that time.
func (t *Traffic) Add(n *Tally, bytes int, now time.Time) {
	t.chunks.Add(1)
	t.bytes.Add(uint64(bytes))
	t.records.Add(n.Records + n.Skipped)
	t.skipped.Add(n.Skipped)
	t.events.Add(n.Events)
	for shape, count := range n.Shapes {
		if count > 0 {
			t.shapes[shape].Add(count)
		}
	}
	if n.Odd > 0 {
		t.odd.Add(n.Odd)
	}
	if n.Unreadable > 0 {
		t.unreadable.Add(n.Unreadable)
	}
	if n.Events > 0 {
		t.lastArrival.Store(now.UnixNano())
		if !n.EventTime.IsZero() {
			t.lastEvent.Store(n.EventTime.UnixNano())
		}
	}
}

// Load sets the counters of c that the traffic has.
func (t *Traffic) Load(c *Counts) {
	c.Chunks = t.chunks.Load()
	c.Records = t.records.Load()
	c.Skipped = t.skipped.Load()
	c.Bytes = t.bytes.Load()
	c.Events = t.events.Load()
	c.Odd = t.odd.Load()
	c.Broken = t.Broken.Load()
	c.Unreadable = t.unreadable.Load()
	c.Panics = t.Panics.Load()
	c.NearMisses = t.near.Load()
	c.LastArrival = fromNano(t.lastArrival.Load())
	c.LastEvent = fromNano(t.lastEvent.Load())
	c.Heartbeats = t.Heartbeats.Load()
	c.HeartbeatsDropped = t.HeartbeatsDropped.Load()
	c.ErrorRecords = t.ErrorRecords.Load()
	c.ErrorsWithheld = t.ErrorsWithheld.Load()
	for i := range t.shapes {
		c.Shapes[i] = t.shapes[i].Load()
	}
}

func fromNano(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
