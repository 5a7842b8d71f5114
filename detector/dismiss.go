package detector

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Chunks below minDismissed bytes are always read: it costs little, and every
// record is counted by what it is.
const minDismissed = 64 << 10

// maxFruitless is how many chunks are read without a search when searches are in
// vain again and again.
const maxFruitless = 31

// maxSieveCost is up to what cost, in picoseconds a byte, a sieve is used. To
// read takes 250 to 500.
const maxSieveCost = 200

// newSieve returns the sieve of texts of which one is in every chunk with an
// event that a rule matches, or nil if there is none that costs less than to read
// the events.
func newSieve(programs *match.Set) *literal.Set {
	texts, ok := programs.Literals()
	if !ok {
		return nil
	}
	s := literal.NewSet(append(texts, event.Disguises...))
	if s.Cost() > maxSieveCost {
		return nil
	}
	return s
}

// dismiss reports whether a chunk need not be read, how many records it has and
// where the last of them begins. That one is for the caller to read: it tells
// the time of the events and whether they can be read at all.
func (e *Engine) dismiss(chunk []byte) (records, last int, ok bool) {
	if !e.mayDismiss(chunk) {
		return 0, 0, false
	}
	records, last = msgpack.Count(chunk)
	return records, last, records > 0
}

// mayDismiss reports whether nothing in the chunk can match, whatever its bytes
// mean.
func (e *Engine) mayDismiss(chunk []byte) bool { return e.sieve != nil && !e.sieve.AnyIn(chunk) }
