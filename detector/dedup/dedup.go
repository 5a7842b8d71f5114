// Package dedup remembers which alerts were made, so that the same event
// delivered twice alerts once.
//
// It knows exact duplicates only: alerts with the same id. Suppression of
// alerts that merely resemble each other is another cache with other rules.
// A full cache forgets the oldest and so means "alert again", never "drop".
package dedup

import (
	"fmt"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Key identifies an alert: the SHA-256 that is its uuid.
type Key [32]byte

// Owner tells apart who caused an alert: a hash of the principal. Zero is nobody
// in particular.
type Owner uint64

// Cache is an LRU of keys with a time to live. It has no lock: the engine
// commits under its own.
//
// When it is full, an owner of half of it or more loses keys of its own first:
// whoever floods the cache makes it forget the flood, not what others did.
type Cache struct {
	lru    *simplelru.LRU[Key, entry]
	owners map[Owner]*owned
	size   int
	ttl    time.Duration
	start  time.Time
	now    func() time.Time
	stats  Stats
}

type entry struct {
	expires time.Duration // counted from start
	owner   Owner
}

// owned are the keys of one owner.
type owned struct {
	count int
	keys  []Key // in the order in which they came; some are gone already
}

// Stats counts what the cache did since it was made.
type Stats struct {
	Size    int    // keys held
	Evicted uint64 // forgotten because the cache was full, before their time was up
	Expired uint64 // forgotten because their time was up, when they were asked for
}

// New returns a cache of at most size keys, each for ttl from the first time
// it was added. Time is the arrival here, on the monotonic clock: no
// timestamp in an event can make a key expire. It fails when size or ttl is
// not positive.
func New(size int, ttl time.Duration) (*Cache, error) { return newAt(size, ttl, time.Now) }

func newAt(size int, ttl time.Duration, now func() time.Time) (*Cache, error) {
	if size <= 0 || ttl <= 0 {
		return nil, fmt.Errorf("dedup: size %d and ttl %s must both be above 0", size, ttl)
	}
	c := &Cache{owners: map[Owner]*owned{}, size: size, ttl: ttl, start: now(), now: now}
	var err error
	c.lru, err = simplelru.NewLRU(size, c.gone)
	return c, err
}

// Seen reports whether the key was added within the last ttl. It counts as a use
// of the key for the LRU, but does not prolong its time.
func (c *Cache) Seen(k Key) bool {
	e, ok := c.lru.Get(k)
	if !ok {
		return false
	}
	if c.now().Sub(c.start) >= e.expires {
		c.lru.Remove(k)
		c.stats.Expired++
		return false
	}
	return true
}

// Add remembers the key from now on.
func (c *Cache) Add(k Key, o Owner) { c.add(k, o, c.ttl) }

// AddFor remembers a key of nobody in particular for that long, but not for
// longer than others.
func (c *Cache) AddFor(k Key, left time.Duration) { c.add(k, 0, min(left, c.ttl)) }

func (c *Cache) add(k Key, o Owner, left time.Duration) {
	c.lru.Remove(k)
	own := c.owners[o]
	if own == nil {
		own = &owned{}
	}
	if c.lru.Len() == c.size && o != 0 && 2*own.count >= c.size {
		c.forgetOldest(o, own)
		c.stats.Evicted++
	}
	c.owners[o] = own // forgetting its last may have taken it out
	own.count++
	own.keys = append(own.keys, k)
	if c.lru.Add(k, entry{c.now().Sub(c.start) + left, o}) {
		c.stats.Evicted++
	}
	if len(own.keys) > 2*own.count+64 {
		c.compact(o, own)
	}
}

// forgetOldest removes the owner's key that came first.
func (c *Cache) forgetOldest(o Owner, own *owned) {
	for len(own.keys) > 0 {
		k := own.keys[0]
		own.keys = own.keys[1:]
		if e, ok := c.lru.Peek(k); ok && e.owner == o {
			c.lru.Remove(k)
			return
		}
	}
}

// compact lets go of keys that are gone.
func (c *Cache) compact(o Owner, own *owned) {
	keys := make([]Key, 0, own.count)
	for _, k := range own.keys {
		if e, ok := c.lru.Peek(k); ok && e.owner == o {
			keys = append(keys, k)
		}
	}
	own.keys = keys
}

// gone is called for every key that leaves the LRU.
func (c *Cache) gone(_ Key, e entry) {
	own := c.owners[e.owner]
	if own.count--; own.count == 0 {
		delete(c.owners, e.owner)
	}
}

// Stats returns the counters.
func (c *Cache) Stats() Stats {
	s := c.stats
	s.Size = c.lru.Len()
	return s
}

// Resize changes the size and the time to live from now on. When the size
// shrinks the oldest keys are forgotten.
func (c *Cache) Resize(size int, ttl time.Duration) {
	c.ttl, c.size = ttl, size
	c.stats.Evicted += uint64(c.lru.Resize(size))
}
