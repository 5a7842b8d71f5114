package stateful

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// kind is what a memory does for the rules of one kind of memory.
type kind interface {
	// observe changes the memory by an observation of an event that happened at that time
	// and arrives now.
	observe(m *Memory, r *ruleMemory, o *Observation, at int64, now time.Time) Verdict
	// decode returns an entry that was encoded, behind the header, and false if it is damaged.
	// It is the decoder that notes whether something is missing, and what is left.
	decode(h header, d *decoder) (entry, bool)
	// most returns how many entries a rule may have.
	most(l Limits) int
}

// kinds are the kinds of memory, by what rules call them.
var kinds = [...]kind{rule.NewTerms: newTerms{}, rule.Threshold: threshold{}, rule.Correlated: correlation{}, rule.Aggregated: aggregated{}, rule.Sequence: sequence{}}

// entry is what a rule remembers under a key, for a transaction to change; between
// transactions it is kept encoded: see [Memory.own]. Terms are no entries: there are far more
// of them, and they have a table of their own.
type entry interface {
	head() *header
	// encode appends what is kept of the entry behind its header, in memory and in the store.
	encode(dst []byte) []byte
	// events returns how many events of the entry still count, and calls see with their
	// times and with that of the newest event.
	events(see func(at int64)) int
}

// header is what all entries have.
type header struct {
	touched uint32 // seconds since 1970, of arrival
	owner   uint32 // who made it
}

func (h *header) head() *header { return h }
