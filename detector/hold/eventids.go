package hold

import (
	"encoding/binary"
	"time"
)

// EventIDs remembers which event had which ID, to tell when another event comes with
// the ID of one before. It remembers digests, of the first event with an ID, each for
// a while. When it is full it forgets the oldest, whose ID then may come again
// unnoticed.
type EventIDs struct {
	// What transactions that are final have added, in the order in which it came: what
	// comes first expires first. numbers are those of the entries, by ID, and
	// entries[0] has the number base.
	entries []idEntry
	base    uint64
	numbers map[EventID]uint64

	size int
	ttl  time.Duration
	now  func() time.Time

	open    queue[eventIDsTx, *eventIDsTx]
	pending map[EventID]EventID // what open transactions have added
	// forgotten are entries that are no longer remembered, which the next transaction
	// deletes from the store.
	forgotten []storedID
	stored    bool // there is a store
}

// EventID is a part of a digest: of the ID of an event with its account, or of what
// the event is.
type EventID [16]byte

// idEntry is the event that has an ID.
type idEntry struct {
	id, event EventID
	expires   int64 // in nanoseconds since 1970
}

type eventIDsTx struct {
	added   []idEntry
	deleted []storedID // of forgotten
}

func (t *eventIDsTx) reset() { t.added, t.deleted = t.added[:0], nil }

// NewEventIDs returns a memory of at most size IDs, each for ttl from the time when
// it came first.
func NewEventIDs(size int, ttl time.Duration) *EventIDs { return newEventIDsAt(size, ttl, time.Now) }

func newEventIDsAt(size int, ttl time.Duration, now func() time.Time) *EventIDs {
	return &EventIDs{size: size, ttl: ttl, now: now, numbers: map[EventID]uint64{}, pending: map[EventID]EventID{}}
}

// Reused reports whether another event came with that ID before. It remembers the
// event if it is the first with the ID.
func (x *EventIDs) Reused(id, event EventID) bool {
	if first, ok := x.pending[id]; ok {
		return first != event
	}
	now := x.now().UnixNano()
	if n, ok := x.numbers[id]; ok {
		if e := &x.entries[n-x.base]; now < e.expires {
			return e.event != event
		}
	}
	t := x.open.newest()
	t.added = append(t.added, idEntry{id, event, now + int64(x.ttl)})
	x.pending[id] = event
	return false
}

// add adds an entry, and forgets those that have expired or are too many.
func (x *EventIDs) add(e idEntry, now int64) {
	x.numbers[e.id] = x.base + uint64(len(x.entries))
	x.entries = append(x.entries, e)
	n := 0
	for n < len(x.entries) && (x.entries[n].expires <= now || len(x.entries)-n > x.size) {
		n++
	}
	x.forgetOldest(n)
}

// forgetOldest forgets the n oldest entries.
func (x *EventIDs) forgetOldest(n int) {
	for i := range n {
		e := &x.entries[i]
		if x.numbers[e.id] == x.base+uint64(i) { // else the ID has come again
			delete(x.numbers, e.id)
		}
		if x.stored && len(x.forgotten) < maxForgotten { // else the store drops them when they expire
			x.forgotten = append(x.forgotten, newStoredID(e.id, e.expires))
		}
	}
	x.base += uint64(n)
	x.entries = x.entries[n:]
}

// Resize changes the size and the time to live from now on.
func (x *EventIDs) Resize(size int, ttl time.Duration) {
	x.size, x.ttl = size, ttl
	x.forgetOldest(max(len(x.entries)-size, 0))
}

// storedID is the key of an entry: the time of expiry, so that entries are written
// and deleted at the ends of the space, and the ID. The value is the event.
type storedID [8 + len(EventID{})]byte

func newStoredID(id EventID, wall int64) (s storedID) {
	binary.BigEndian.PutUint64(s[:], uint64(wall))
	copy(s[8:], id[:])
	return s
}

// Space returns the name of the space of event IDs.
func (x *EventIDs) Space() string { return "event_ids" }

// Restore remembers an ID until its entry expires, but not for longer than the ttl.
// Entries come in the order in which they expire.
func (x *EventIDs) Restore(key, value []byte, expires time.Time) bool {
	if len(key) != len(storedID{}) || len(value) != len(EventID{}) {
		return false
	}
	x.stored = true
	now := x.now()
	if latest := now.Add(x.ttl); expires.After(latest) {
		expires = latest
	}
	x.add(idEntry{EventID(key[8:]), EventID(value), expires.UnixNano()}, now.UnixNano())
	return true
}

// Begin begins a transaction.
func (x *EventIDs) Begin() { x.open.begin() }

// Changes appends the IDs of the newest transaction, and deletes those that were
// forgotten. For these alone there is no change: they can wait.
func (x *EventIDs) Changes(dst []Change) []Change {
	x.stored = true
	t := x.open.newest()
	if len(t.added) == 0 {
		return dst
	}
	t.deleted, x.forgotten = x.forgotten, nil
	for i := range t.deleted {
		dst = append(dst, Change{Space: x.Space(), Key: t.deleted[i][:], Delete: true})
	}
	for i := range t.added {
		e := &t.added[i]
		key := newStoredID(e.id, e.expires)
		dst = append(dst, Change{Space: x.Space(), Key: key[:], Value: e.event[:], Expires: time.Unix(0, e.expires)})
	}
	return dst
}

// Commit makes the oldest transaction final.
func (x *EventIDs) Commit() {
	now := x.now().UnixNano()
	for _, e := range x.open.oldest().added {
		delete(x.pending, e.id)
		x.add(e, now)
	}
	x.open.removeOldest()
}

// Rollback undoes the newest transaction.
func (x *EventIDs) Rollback() {
	t := x.open.newest()
	for _, e := range t.added {
		delete(x.pending, e.id)
	}
	x.forgotten = append(t.deleted, x.forgotten...)
	x.open.removeNewest()
}
