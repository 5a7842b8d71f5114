package hold

import (
	"encoding/binary"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// EventIDs remembers which event had which ID, to tell when another event comes with
// the ID of one before. It remembers digests, of the first event with an ID, each for
// a while. When it is full it forgets the ID that was not used for longest, which
// then may come again unnoticed.
type EventIDs struct {
	lru   *simplelru.LRU[EventID, idOwner] // of transactions that are final
	ttl   time.Duration
	start time.Time
	now   func() time.Time

	open    queue[eventIDsTx, *eventIDsTx]
	pending map[EventID]EventID // what open transactions have added
	// forgotten are entries that left the LRU, which the next transaction deletes
	// from the store.
	forgotten []storedID
	stored    bool // there is a store
}

// EventID is a part of a digest: of the ID of an event with its account, or of what
// the event is.
type EventID [16]byte

// idOwner is the event that has an ID.
type idOwner struct {
	event   EventID
	expires time.Duration // since start, on the monotonic clock
	wall    int64         // when it expires in the store, in nanoseconds since 1970
}

type eventIDsTx struct {
	added   []addedID
	deleted []storedID // of forgotten
}

type addedID struct {
	id, event EventID
	at        time.Time
}

func (t *eventIDsTx) reset() { t.added, t.deleted = t.added[:0], nil }

// NewEventIDs returns a memory of at most size IDs, each for ttl from the time when
// it came first, on the monotonic clock. It fails when size is not positive.
func NewEventIDs(size int, ttl time.Duration) (*EventIDs, error) {
	return newEventIDsAt(size, ttl, time.Now)
}

func newEventIDsAt(size int, ttl time.Duration, now func() time.Time) (*EventIDs, error) {
	x := &EventIDs{ttl: ttl, start: now(), now: now, pending: map[EventID]EventID{}}
	var err error
	x.lru, err = simplelru.NewLRU(size, x.gone)
	return x, err
}

// Reused reports whether another event came with that ID before. It remembers the
// event if it is the first with the ID.
func (x *EventIDs) Reused(id, event EventID) bool {
	if first, ok := x.pending[id]; ok {
		return first != event
	}
	now := x.now()
	if o, ok := x.lru.Get(id); ok && now.Sub(x.start) < o.expires {
		return o.event != event
	}
	t := x.open.newest()
	t.added = append(t.added, addedID{id, event, now})
	x.pending[id] = event
	return false
}

// gone is called for every ID that leaves the LRU.
func (x *EventIDs) gone(id EventID, o idOwner) {
	if x.stored && len(x.forgotten) < maxForgotten { // else the store drops them when they expire
		x.forgotten = append(x.forgotten, newStoredID(id, o.wall))
	}
}

func (x *EventIDs) add(id, event EventID, expires time.Duration, wall int64) {
	x.lru.Remove(id) // one that has expired
	x.lru.Add(id, idOwner{event, expires, wall})
}

// Resize changes the size and the time to live from now on.
func (x *EventIDs) Resize(size int, ttl time.Duration) {
	x.ttl = ttl
	x.lru.Resize(size)
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
func (x *EventIDs) Restore(key, value []byte, expires time.Time) bool {
	if len(key) != len(storedID{}) || len(value) != len(EventID{}) {
		return false
	}
	x.stored = true
	now := x.now()
	left := min(expires.Sub(now), x.ttl)
	x.add(EventID(key[8:]), EventID(value), now.Sub(x.start)+left, int64(binary.BigEndian.Uint64(key)))
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
		a := &t.added[i]
		expires := a.at.Add(x.ttl)
		key := newStoredID(a.id, expires.UnixNano())
		dst = append(dst, Change{Space: x.Space(), Key: key[:], Value: a.event[:], Expires: expires})
	}
	return dst
}

// Commit makes the oldest transaction final.
func (x *EventIDs) Commit() {
	for _, a := range x.open.oldest().added {
		delete(x.pending, a.id)
		x.add(a.id, a.event, a.at.Sub(x.start)+x.ttl, a.at.Add(x.ttl).UnixNano())
	}
	x.open.removeOldest()
}

// Rollback undoes the newest transaction.
func (x *EventIDs) Rollback() {
	t := x.open.newest()
	for _, a := range t.added {
		delete(x.pending, a.id)
	}
	x.forgotten = append(t.deleted, x.forgotten...)
	x.open.removeNewest()
}
