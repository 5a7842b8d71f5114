package stats

import (
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
)

// Traffic is the part of Counts that every chunk adds to, once and atomically.
type Traffic struct {
	Broken, Panics, Heartbeats, HeartbeatsDropped, ErrorRecords, ErrorsWithheld atomic.Uint64

	chunks, records, skipped, bytes, events, odd, unreadable, unread, unrecognized, near atomic.Uint64
	shapes                                                                               [envelope.Shapes]atomic.Uint64
	lastArrival, lastEvent                                                               atomic.Int64 // in nanoseconds since 1970, 0 for none
	keys                                                                                 sharedKeys   // of unrecognized records
}

// Tally is what one chunk adds to the traffic.
type Tally struct {
	Records, Skipped, Events, Odd, Unreadable, Unread, Unrecognized uint64
	Shapes                                                          [envelope.Shapes]uint64
	EventTime                                                       time.Time // of the first event that has one
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
		t.unread.Add(n.Unread)
	}
	if n.Unrecognized > 0 {
		t.unrecognized.Add(n.Unrecognized)
	}
	if n.Events > 0 {
		t.lastArrival.Store(now.UnixNano())
		if !n.EventTime.IsZero() {
			t.lastEvent.Store(n.EventTime.UnixNano())
		}
	}
}

// AddKeys adds the members that unrecognized records of a chunk have the names in, and
// reports whether one of them is new.
func (t *Traffic) AddKeys(k *Keys) (novel bool) { return t.keys.add(k) }

// Keys returns the members that unrecognized records have the names in.
func (t *Traffic) Keys() []Key { return t.keys.all() }

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
	c.Unread = t.unread.Load()
	c.Unrecognized = t.unrecognized.Load()
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
