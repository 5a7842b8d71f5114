package detector

import (
	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/program"
	"github.com/fluent-detect/fluent-detect/detector/record"
	"github.com/fluent-detect/fluent-detect/detector/sieve"
)

// Chunks below leastDismissed bytes are always read: it costs little, and every
// record is counted by what it is.
const leastDismissed = 64 << 10

// mostFruitless is how many chunks are read without a search when searches are in
// vain again and again.
const mostFruitless = 31

// mostSieveCost is up to what cost, in picoseconds a byte, a sieve is used. To
// read takes 250 to 500.
const mostSieveCost = 200

// newSieve returns the sieve of texts of which one is in every chunk with an
// event that a rule matches, or nil if there is none that costs less than to read
// the events.
func newSieve(programs *program.Set) *sieve.Sieve {
	texts, ok := programs.Literals()
	if !ok {
		return nil
	}
	s := sieve.New(append(texts, cloudtrail.Disguises...))
	if s.Cost() > mostSieveCost {
		return nil
	}
	return s
}

// dismiss says whether a chunk need not be read, how many records it has and
// where the last of them begins. That one is for the caller to read: it tells
// the time of the events and whether they can be read at all.
func (e *Engine) dismiss(chunk []byte) (records, last int, ok bool) {
	if !e.mayDismiss(chunk) {
		return 0, 0, false
	}
	records, last = record.Count(chunk)
	return records, last, records > 0
}

// mayDismiss says whether nothing in the chunk can match, whatever its bytes
// mean.
func (e *Engine) mayDismiss(chunk []byte) bool { return e.sieve != nil && !e.sieve.Holds(chunk) }
