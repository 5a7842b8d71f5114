package detector

import (
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Stats counts what a detector did. It goes on across reloads.
//
// Matched = Emitted + Duplicate + Suppressed + Excepted + Capped + Failed, at
// every moment at which no chunk with a match is being evaluated.
type Stats struct {
	Chunks, Records, Bytes uint64
	Shapes                 [event.Shapes]uint64 // records by shape, those that were read
	Dismissed              uint64               // records that were not: none of what a match must contain is in their chunk
	Events                 uint64               // CloudTrail events in the records
	Odd                    uint64               // values in chunks that are no events
	Broken                 uint64               // chunks that could not be read to the end
	Unreadable             uint64               // records, or parts of records, that look like CloudTrail and are not readable
	Panics                 uint64
	NearMisses             uint64    // of all conditions, see ConditionStats
	LastArrival            time.Time // when the last chunk with an event was evaluated; zero: none was
	LastEvent              time.Time // eventTime of the first event in it that has one; zero: none had

	Matched    uint64
	Emitted    uint64 // put in the outbox
	Duplicate  uint64 // had been emitted before
	Suppressed uint64
	Excepted   uint64
	Capped     uint64 // held back by max_alerts, in a summary alert
	Failed     uint64 // could not be made or nobody takes them
	Summaries  uint64 // summary alerts; not matches themselves

	Heartbeats        uint64 // put in the outbox
	HeartbeatsDropped uint64 // it had no room for them
	ErrorRecords      uint64 // put in the outbox
	ErrorsWithheld    uint64 // errors without a record: too many in a minute, or no room
}

// Lag returns how old the last event was when it arrived: 0 when there was none.
func (s *Stats) Lag() time.Duration {
	if s.LastEvent.IsZero() {
		return 0
	}
	return s.LastArrival.Sub(s.LastEvent)
}

// traffic is the part of Stats that every chunk adds to: atomically, once a
// chunk.
type traffic struct {
	chunks, records, dismissed, bytes, events, odd, broken, unreadable, panics atomic.Uint64
	shapes                                                                     [event.Shapes]atomic.Uint64

	near, heartbeats, heartbeatsDropped, errorRecords, errorsWithheld atomic.Uint64

	lastArrival, lastEvent atomic.Int64 // in nanoseconds since 1970, 0 for none
}

// tally is what one chunk adds to the traffic.
type tally struct {
	records, dismissed, events, odd, unreadable uint64
	shapes                                      [event.Shapes]uint64
	eventTime                                   time.Time // of the first event that has one
	asked                                       int       // events that were asked for their time
}

func (t *traffic) add(n *tally, bytes int) {
	t.chunks.Add(1)
	t.bytes.Add(uint64(bytes))
	t.records.Add(n.records + n.dismissed)
	t.dismissed.Add(n.dismissed)
	t.events.Add(n.events)
	for shape, count := range n.shapes {
		if count > 0 {
			t.shapes[shape].Add(count)
		}
	}
	if n.odd > 0 {
		t.odd.Add(n.odd)
	}
	if n.unreadable > 0 {
		t.unreadable.Add(n.unreadable)
	}
}

// arrived notes that a chunk with events was evaluated.
func (t *traffic) arrived(now, event time.Time) {
	t.lastArrival.Store(now.UnixNano())
	if !event.IsZero() {
		t.lastEvent.Store(event.UnixNano())
	}
}

func (t *traffic) addTo(s *Stats) {
	s.Chunks = t.chunks.Load()
	s.Records = t.records.Load()
	s.Dismissed = t.dismissed.Load()
	s.Bytes = t.bytes.Load()
	s.Events = t.events.Load()
	s.Odd = t.odd.Load()
	s.Broken = t.broken.Load()
	s.Unreadable = t.unreadable.Load()
	s.Panics = t.panics.Load()
	s.NearMisses = t.near.Load()
	s.LastArrival = fromNano(t.lastArrival.Load())
	s.LastEvent = fromNano(t.lastEvent.Load())
	s.Heartbeats = t.heartbeats.Load()
	s.HeartbeatsDropped = t.heartbeatsDropped.Load()
	s.ErrorRecords = t.errorRecords.Load()
	s.ErrorsWithheld = t.errorsWithheld.Load()
	for i := range t.shapes {
		s.Shapes[i] = t.shapes[i].Load()
	}
}

var fieldTimestamp = event.FieldNamed("@timestamp")

// sample looks at the time of the first few events: one tells how late they come.
func (t *tally) sample(e *event.Event) {
	if t.asked == 4 || !t.eventTime.IsZero() {
		return
	}
	t.asked++
	var at time.Time
	switch v := e.First(fieldTimestamp); v.Kind() {
	case msgpack.Str, msgpack.Bin:
		if b := v.Bytes(); len(b) < len("2006-01-02T15:04:05") || len(b) > 40 || at.UnmarshalText(b) != nil {
			return
		}
	case msgpack.Int:
		at = time.UnixMilli(v.Int())
	}
	if year := at.Year(); year >= 1970 && year < 2200 { // what a count of nanoseconds holds
		t.eventTime = at
	}
}

func fromNano(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
