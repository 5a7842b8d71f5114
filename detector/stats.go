package detector

import (
	"sync/atomic"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
)

// Stats counts what a detector did. It goes on across reloads.
//
// Matched = Emitted + Duplicate + Suppressed + Excepted + Capped + Failed, at
// every moment at which no chunk with a match is being evaluated.
type Stats struct {
	Chunks, Records, Bytes uint64
	Shapes                 [cloudtrail.Shapes]uint64 // records by shape
	Events                 uint64                    // CloudTrail events in the records
	Odd                    uint64                    // values in chunks that are no events
	Broken                 uint64                    // chunks that could not be read to the end
	Unreadable             uint64                    // records, or parts of records, that look like CloudTrail and are not readable
	Panics                 uint64

	Matched    uint64
	Emitted    uint64 // put in the outbox
	Duplicate  uint64 // had been emitted before
	Suppressed uint64
	Excepted   uint64
	Capped     uint64 // held back by max_alerts, in a summary alert
	Failed     uint64 // could not be made or nobody takes them
	Summaries  uint64 // summary alerts; not matches themselves
}

// traffic is the part of Stats that every chunk adds to: atomically, once a
// chunk.
type traffic struct {
	chunks, records, bytes, events, odd, broken, unreadable, panics atomic.Uint64
	shapes                                                          [cloudtrail.Shapes]atomic.Uint64
}

// tally is what one chunk adds to the traffic.
type tally struct {
	records, events, odd, unreadable uint64
	shapes                           [cloudtrail.Shapes]uint64
}

func (t *traffic) add(n *tally, bytes int) {
	t.chunks.Add(1)
	t.bytes.Add(uint64(bytes))
	t.records.Add(n.records)
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

func (t *traffic) addTo(s *Stats) {
	s.Chunks = t.chunks.Load()
	s.Records = t.records.Load()
	s.Bytes = t.bytes.Load()
	s.Events = t.events.Load()
	s.Odd = t.odd.Load()
	s.Broken = t.broken.Load()
	s.Unreadable = t.unreadable.Load()
	s.Panics = t.panics.Load()
	for i := range t.shapes {
		s.Shapes[i] = t.shapes[i].Load()
	}
}
