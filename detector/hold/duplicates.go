package hold

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Key identifies an alert: the SHA-256 that is its ID.
type Key [32]byte

// Owner identifies who caused an alert: a hash of the principal. Zero is nobody in
// particular.
type Owner uint64

// Duplicates remembers which alerts were made, so that the same event delivered
// twice alerts once: an LRU of keys with a time to live. It knows only exact
// duplicates, alerts with the same key. When it is full it forgets the oldest,
// which then alerts again.
//
// When it is full, an owner of half of it or more loses keys of its own first:
// whoever floods it makes it forget the flood, not what others did.
type Duplicates struct {
	lru    *simplelru.LRU[Key, duplicate] // of transactions that are final
	owners map[Owner]*owned
	size   int
	ttl    time.Duration
	start  time.Time
	now    func() time.Time
	stats  DuplicateStats

	open    queue[duplicatesTx, *duplicatesTx]
	pending map[Key]struct{} // keys of open transactions
	// forgotten are stored keys that left the LRU, which the next transaction
	// deletes from the store.
	forgotten []storedKey
	stored    bool // there is a store
}

type duplicate struct {
	expires time.Duration // since start, on the monotonic clock
	owner   Owner
	wall    int64 // when it expires in the store, in nanoseconds since 1970
}

// owned are the keys of one owner.
type owned struct {
	count int
	keys  []Key // in the order in which they came; some are gone already
}

type duplicatesTx struct {
	added   []addedKey
	deleted []storedKey // of forgotten
}

type addedKey struct {
	key   Key
	owner Owner
	at    time.Time
}

func (t *duplicatesTx) reset() { t.added, t.deleted = t.added[:0], nil }

// DuplicateStats counts what Duplicates did.
type DuplicateStats struct {
	Size    int    // keys held
	Evicted uint64 // forgotten before they expired because there were too many
	Expired uint64 // forgotten because they had expired, when they were looked up
}

// NewDuplicates returns a memory of at most size keys, each for ttl from the time
// when it was added, on the monotonic clock. It fails when size or ttl is not
// positive.
func NewDuplicates(size int, ttl time.Duration) (*Duplicates, error) {
	return newDuplicatesAt(size, ttl, time.Now)
}

func newDuplicatesAt(size int, ttl time.Duration, now func() time.Time) (*Duplicates, error) {
	if size <= 0 || ttl <= 0 {
		return nil, fmt.Errorf("dedup: size %d and ttl %s must both be above 0", size, ttl)
	}
	d := &Duplicates{owners: map[Owner]*owned{}, size: size, ttl: ttl, start: now(), now: now, pending: map[Key]struct{}{}}
	var err error
	d.lru, err = simplelru.NewLRU(size, d.gone)
	return d, err
}

// Seen reports whether the key was added within the last ttl. It counts as a use
// of the key for the LRU, but does not prolong its time.
func (d *Duplicates) Seen(k Key) bool {
	if _, ok := d.pending[k]; ok {
		return true
	}
	e, ok := d.lru.Get(k)
	if !ok {
		return false
	}
	if d.now().Sub(d.start) >= e.expires {
		d.lru.Remove(k)
		d.stats.Expired++
		return false
	}
	return true
}

// Add remembers a key that was not Seen from now on.
func (d *Duplicates) Add(k Key, o Owner) {
	t := d.open.newest()
	t.added = append(t.added, addedKey{k, o, d.now()})
	d.pending[k] = struct{}{}
}

func (d *Duplicates) add(k Key, o Owner, expires time.Duration, wall int64) {
	d.lru.Remove(k)
	own := d.owners[o]
	if own == nil {
		own = &owned{}
	}
	if d.lru.Len() == d.size && o != 0 && 2*own.count >= d.size {
		d.forgetOldest(o, own)
		d.stats.Evicted++
	}
	d.owners[o] = own // forgetting its last key may have removed it
	own.count++
	own.keys = append(own.keys, k)
	if d.lru.Add(k, duplicate{expires, o, wall}) {
		d.stats.Evicted++
	}
	if len(own.keys) > 2*own.count+64 {
		d.compact(o, own)
	}
}

// forgetOldest removes the owner's key that came first.
func (d *Duplicates) forgetOldest(o Owner, own *owned) {
	for len(own.keys) > 0 {
		k := own.keys[0]
		own.keys = own.keys[1:]
		if e, ok := d.lru.Peek(k); ok && e.owner == o {
			d.lru.Remove(k)
			return
		}
	}
}

// compact drops keys that are gone.
func (d *Duplicates) compact(o Owner, own *owned) {
	keys := make([]Key, 0, own.count)
	for _, k := range own.keys {
		if e, ok := d.lru.Peek(k); ok && e.owner == o {
			keys = append(keys, k)
		}
	}
	own.keys = keys
}

// gone is called for every key that leaves the LRU.
func (d *Duplicates) gone(k Key, e duplicate) {
	own := d.owners[e.owner]
	if own.count--; own.count == 0 {
		delete(d.owners, e.owner)
	}
	if d.stored && len(d.forgotten) < maxForgotten { // else the store drops them when they expire
		d.forgotten = append(d.forgotten, newStoredKey(k, e.wall))
	}
}

// Stats returns the counters.
func (d *Duplicates) Stats() DuplicateStats {
	s := d.stats
	s.Size = d.lru.Len()
	return s
}

// Resize changes the size and the time to live from now on. When the size shrinks
// the oldest keys are forgotten.
func (d *Duplicates) Resize(size int, ttl time.Duration) {
	d.ttl, d.size = ttl, size
	d.stats.Evicted += uint64(d.lru.Resize(size))
}

// DuplicatesSpace is the name of the space of Duplicates.
const DuplicatesSpace = "duplicates"

// storedKey is the key of an entry: the time of expiry, so that entries are written
// and deleted at the ends of the space, and the Key.
type storedKey [8 + len(Key{})]byte

func newStoredKey(k Key, wall int64) (s storedKey) {
	binary.BigEndian.PutUint64(s[:], uint64(wall))
	copy(s[8:], k[:])
	return s
}

// DuplicateEntry returns the entry of a key that expires at that time.
func DuplicateEntry(k Key, expires time.Time) Change {
	s := newStoredKey(k, expires.UnixNano())
	return Change{Space: DuplicatesSpace, Key: s[:], Expires: expires}
}

// Space returns DuplicatesSpace.
func (d *Duplicates) Space() string { return DuplicatesSpace }

// Restore remembers the key of an entry, of nobody in particular, until it expires,
// but not for longer than the ttl.
func (d *Duplicates) Restore(key, _ []byte, expires time.Time) bool {
	if len(key) != len(storedKey{}) {
		return false
	}
	d.stored = true
	now := d.now()
	left := min(expires.Sub(now), d.ttl)
	d.add(Key(key[8:]), 0, now.Sub(d.start)+left, int64(binary.BigEndian.Uint64(key)))
	return true
}

// Begin begins a transaction.
func (d *Duplicates) Begin() { d.open.begin() }

// Changes appends the keys of the newest transaction, and deletes those that were
// forgotten. For these alone there is no change: they can wait.
func (d *Duplicates) Changes(dst []Change) []Change {
	d.stored = true
	t := d.open.newest()
	if len(t.added) == 0 {
		return dst
	}
	t.deleted, d.forgotten = d.forgotten, nil
	for i := range t.deleted {
		dst = append(dst, Change{Space: DuplicatesSpace, Key: t.deleted[i][:], Delete: true})
	}
	for _, a := range t.added {
		dst = append(dst, DuplicateEntry(a.key, a.at.Add(d.ttl)))
	}
	return dst
}

// Commit makes the oldest transaction final.
func (d *Duplicates) Commit() {
	for _, a := range d.open.oldest().added {
		delete(d.pending, a.key)
		d.add(a.key, a.owner, a.at.Sub(d.start)+d.ttl, a.at.Add(d.ttl).UnixNano())
	}
	d.open.removeOldest()
}

// Rollback undoes the newest transaction.
func (d *Duplicates) Rollback() {
	t := d.open.newest()
	for _, a := range t.added {
		delete(d.pending, a.key)
	}
	d.forgotten = append(t.deleted, d.forgotten...)
	d.open.removeNewest()
}
