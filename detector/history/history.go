package history

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// DefaultActors is how many actors are remembered by default: about 12 MB with the
// recent events.
const DefaultActors = 7_500

const (
	valuesOfActor = 34 // places for values, for each actor
	groupsOfActor = 3
	// minRecent is how many recent events are kept at least; there are as many for each
	// actor as there are then.
	minRecent = 1 << 16
)

// The numbers of words in the log.
const (
	numMeta = iota
	numActors
	numActorIndex
	numValues
	numGroups
	numGroupIndex
	numSides
	numWords
)

// Words of History.meta.
const (
	metaActors     = iota // how many
	metaActorsUsed        // rows, also free ones
	metaActorsFree        // the first free row and one
	metaGroups
	metaGroupsUsed
	metaGroupsFree
	metaValuesUsed // words
	metaValuesFree // of them in blocks that nobody has
	metaHand       // where the next actor to be forgotten is looked for
	metaForgotten  // the newest success of an actor that was forgotten to make room
	metaEvicted    // how many were
	metaSince      // the oldest event
	metaNewest     // the newest one
	metaBlocks     // for each size the first free block
	numMetaWords   = metaBlocks + len(blockSizes)
)

// History is what is known of actors. Transactions change it in place, the newest one
// first undone; see [hold.Memory]. A Reader may be used at any time; everything else belongs to
// whoever holds the detector's lock.
type History struct {
	secret *secret
	limit  int // actors

	meta       words
	actors     words
	actorIndex index
	values     words // blocks, from offset 1 on
	groups     words
	groupIndex index
	recent     recent
	sides      words
	index      *sideIndex // of sides; nil: to be made
	names      *names
	callers    callers
	tick       uint32 // how many events were added, also those that were rolled back
	again      uint64 // how many events were there already
	pending    pending

	log     []change
	open    []mark
	changed []uint64 // actors that have to be written to the store
	removed []uint64 // actors that were forgotten, to be deleted from it
	written written

	restored bool           // there was a history in the store
	pages    []restoredPage // until Restored

	byActor, byAddress timelines
	counts             []counted // by the number of the name, all 0 but in callsOf
	called             []uint32  // scratch

	times []uint32              // scratch
	moved [][valueStride]uint32 // scratch
}

// mark is where a transaction begins.
type mark struct {
	log, removed int
	next         uint32 // of recent
	pending      []*FollowUp
	flush        *flush // what it writes to the store besides follow-ups; nil: nothing
}

// New returns a history of at most so many actors that knows nothing.
func New(actors int) *History {
	size := minRecent
	for size < 2*actors {
		size *= 2
	}
	h := &History{
		secret: newSecret(), limit: actors, meta: words{numMeta, make([]uint32, numMetaWords)},
		actors: words{number: numActors}, actorIndex: newIndex(numActorIndex, actors),
		values: words{number: numValues, w: make([]uint32, 1)}, groups: words{number: numGroups}, groupIndex: newIndex(numGroupIndex, actors*groupsOfActor),
		recent: newRecent(size), names: newNames(), callers: newCallers(actors), sides: newSides(),
	}
	h.meta.w[metaValuesUsed] = 1
	return h
}

// Begin begins a transaction.
func (h *History) Begin() {
	if len(h.open) == 0 {
		h.compact()
		if h.recent.next > 1<<31 { // numbers begin anew
			h.recent = newRecent(int(h.recent.size()))
			h.byActor, h.byAddress = timelines{}, timelines{}
		}
	}
	h.open = append(h.open, mark{log: len(h.log), removed: len(h.removed), next: h.recent.next, pending: h.pending.list})
}

// Commit makes the oldest transaction final.
func (h *History) Commit() {
	n := copy(h.open, h.open[1:])
	h.open[n] = mark{}
	h.open = h.open[:n]
	if n == 0 {
		if h.log = h.log[:0]; cap(h.log) > maxLog {
			h.log = nil
		}
		return
	}
	gone := h.open[0].log
	h.log = h.log[:copy(h.log, h.log[gone:])]
	for i := range h.open {
		h.open[i].log -= gone
	}
}

// maxLog is how many changes the memory for them keeps.
const maxLog = 1 << 17

// Rollback undoes the newest transaction.
func (h *History) Rollback() {
	n := len(h.open) - 1
	m := &h.open[n]
	all := [numWords]*words{&h.meta, &h.actors, &h.actorIndex.words, &h.values, &h.groups, &h.groupIndex.words, &h.sides}
	for i := len(h.log) - 1; i >= m.log; i-- {
		c := &h.log[i]
		all[c.words].w[c.at] = c.old
		if c.words == numSides {
			h.index = nil
		}
	}
	h.log = h.log[:m.log]
	h.recent.cut(m.next)
	h.pending.list = m.pending
	if m.flush != nil {
		h.unflush(m.flush)
	}
	h.removed = h.removed[:m.removed]
	h.open[n] = mark{}
	h.open = h.open[:n]
}

// Stats are how much a history has.
type Stats struct {
	Actors    int
	Bytes     int // of memory
	Evicted   uint64
	FollowUps int // that are to come
	Since     time.Time
}

// Stats returns how much the history has.
func (h *History) Stats() Stats {
	n := len(h.recent.ring) + 3*len(h.recent.actorHeads) + 2*len(h.callers.words) + 3*cap(h.log) + 4*(h.byActor.total+h.byAddress.total)
	for _, w := range []*words{&h.meta, &h.actors, &h.actorIndex.words, &h.values, &h.groups, &h.groupIndex.words, &h.sides} {
		n += cap(w.w)
	}
	return Stats{Actors: int(h.meta.w[metaActors]), Bytes: 4 * n, Evicted: uint64(h.meta.w[metaEvicted]), FollowUps: len(h.pending.list), Since: timeOf(h.meta.w[metaSince])}
}

var _ hold.Memory = (*History)(nil)

// timeOf returns a time that is kept in seconds since 1970, 0 being none.
func timeOf(seconds uint32) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// Limit returns how many actors the history remembers at most.
func (h *History) Limit() int { return h.limit }
