package stats

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
)

// Counts are the counters of a detector at one moment. They continue across
// reloads. Records is the sum of Shapes, Skipped, Unread and Unrecognized.
type Counts struct {
	Chunks, Records, Bytes uint64
	Shapes                 [envelope.Shapes]uint64 // records by shape, without those that Unread and Unrecognized count
	Skipped                uint64                  // records that were not read: the prefilter ruled out a match in their chunk
	Events                 uint64                  // in the records
	Odd                    uint64                  // values in chunks that are not records
	Broken                 uint64                  // chunks that could not be read to the end
	Unreadable             uint64                  // records, or parts of records, that look like CloudTrail and are not readable
	Unread                 uint64                  // records with something unreadable and no event
	Unrecognized           uint64                  // records with names of events in a form that is not opened
	Panics                 uint64
	NearMisses             uint64    // of all conditions, see Condition
	LastArrival            time.Time // when the last chunk with an event was evaluated; zero: none was
	LastEvent              time.Time // eventTime of the first event in it that has one; zero: none had

	Outcomes  Outcomes // of the matches
	Summaries uint64   // summary alerts; they are not matches

	Heartbeats        uint64 // put in the outbox
	HeartbeatsDropped uint64 // no room in the outbox
	ErrorRecords      uint64 // put in the outbox
	ErrorsWithheld    uint64 // errors without a record: too many in a minute, or no room
}

// Matched returns the number of matches.
func (c *Counts) Matched() uint64 { return c.Outcomes.Matched() }

// Lag returns how old the last event was when it arrived: 0 when there was none.
func (c *Counts) Lag() time.Duration {
	if c.LastEvent.IsZero() {
		return 0
	}
	return c.LastArrival.Sub(c.LastEvent)
}
