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

// Cache is an LRU of keys with a time to live. It has no lock: the engine
// commits under its own.
type Cache struct {
	lru   *simplelru.LRU[Key, time.Duration] // when the key expires, counted from start
	ttl   time.Duration
	start time.Time
	now   func() time.Time
	stats Stats
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
	c := &Cache{ttl: ttl, start: now(), now: now}
	lru, err := simplelru.NewLRU[Key, time.Duration](size, nil)
	if err != nil {
		return nil, err
	}
	c.lru = lru
	return c, nil
}

// Seen says whether the key was added within the last ttl. It counts as a use
// of the key for the LRU, but does not prolong its time.
func (c *Cache) Seen(k Key) bool {
	expires, ok := c.lru.Get(k)
	if !ok {
		return false
	}
	if c.now().Sub(c.start) >= expires {
		c.lru.Remove(k)
		c.stats.Expired++
		return false
	}
	return true
}

// Add remembers the key from now on.
func (c *Cache) Add(k Key) { c.AddFor(k, c.ttl) }

// AddFor remembers the key for that long, but not for longer than others.
func (c *Cache) AddFor(k Key, left time.Duration) {
	if c.lru.Add(k, c.now().Sub(c.start)+min(left, c.ttl)) {
		c.stats.Evicted++
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
	c.ttl = ttl
	c.stats.Evicted += uint64(c.lru.Resize(size))
}
