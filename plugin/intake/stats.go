package intake

import (
	"sync/atomic"
	"time"
)

// Stats counts what an input does. It is safe for concurrent use.
type Stats struct {
	Events  atomic.Uint64 // records that the host took
	Bytes   atomic.Uint64 // read, before decompression
	Objects [results]atomic.Uint64
	// Unreadable counts parts of objects that could not be read, see
	// ingest.Problem.
	Unreadable atomic.Uint64

	inFlightBytes atomic.Int64
	oldestAge     atomic.Int64
}

// Result is what became of an object.
type Result uint8

// The results.
const (
	Done       Result = iota // read to its end, and confirmed
	Failed                   // cannot be read now; it is tried again
	Skipped                  // not one with events: a digest, insights, another log
	Empty                    // without any byte
	Missing                  // deleted before it was read
	Incomplete               // ends within compressed data or a list; what came counts
	results
)

// String returns the result in one word.
func (r Result) String() string {
	return [...]string{"done", "failed", "skipped", "empty", "missing", "incomplete"}[r]
}

// AllResults returns all results.
func AllResults() (all []Result) {
	for r := range results {
		all = append(all, r)
	}
	return all
}

// Count counts an object.
func (s *Stats) Count(r Result) { s.Objects[r].Add(1) }

// InFlight returns how many bytes are not confirmed, and since when the oldest of them is
// with the host.
func (s *Stats) InFlight() (bytes int64, age time.Duration) {
	return s.inFlightBytes.Load(), time.Duration(s.oldestAge.Load())
}

func (s *Stats) inFlight(n int) { s.inFlightBytes.Store(int64(n)) }

func (s *Stats) oldest(age time.Duration) { s.oldestAge.Store(int64(age)) }
