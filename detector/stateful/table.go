package stateful

import (
	"encoding/binary"
	"math/bits"
)

// term is a combination of values that a rule has seen. It has no pointers, and no
// padding: there may be millions.
type term struct {
	key      Key
	lastHigh uint32
	lastLow  uint32
	slot     uint32 // the number of its entry in the store; 0: there is no term here
	touched  uint32 // seconds since 1970
	owner    uint32
}

// last is the newest time of an event with the combination, in milliseconds since 1970.
func (t *term) last() int64 { return int64(t.lastHigh)<<32 | int64(t.lastLow) }

func (t *term) setLast(at int64) { t.lastHigh, t.lastLow = uint32(uint64(at)>>32), uint32(at) }

// table is a hash table of terms: open addressing, in which a term stands at the place
// that its key asks for or at the next free one. Keys are digests, so that their bits need no
// hashing.
type table struct {
	places []term
	count  int
}

const (
	minPlaces = 16
	// At most five of six places are in use, and a table grows by two fifths: so a term
	// takes at most 36 · 6/5 · 7/5 = 60 bytes.
	loadOf, loadMax = 5, 6
	growOf, growBy  = 7, 5
)

func (t *table) home(k *Key) int {
	high, _ := bits.Mul64(binary.LittleEndian.Uint64(k[:]), uint64(len(t.places)))
	return int(high)
}

// find returns the place of the key, or the free one where it would stand. The table has
// places.
func (t *table) find(k *Key) (place int, ok bool) {
	i := t.home(k)
	for t.places[i].slot != 0 {
		if t.places[i].key == *k {
			return i, true
		}
		if i++; i == len(t.places) {
			i = 0
		}
	}
	return i, false
}

// get returns the term with that key, nil if there is none. It is valid until the table
// changes.
func (t *table) get(k *Key) *term {
	if t.count == 0 {
		return nil
	}
	if i, ok := t.find(k); ok {
		return &t.places[i]
	}
	return nil
}

// put adds a term, or takes its place if the table has its key. Of a table that is to
// have at most limit terms, the places suffice for these.
func (t *table) put(e term, limit int) {
	if (t.count+1)*loadMax > len(t.places)*loadOf {
		t.grow(limit)
	}
	i, ok := t.find(&e.key)
	if !ok {
		t.count++
	}
	t.places[i] = e
}

func (t *table) grow(limit int) {
	size := max(minPlaces, len(t.places)*growOf/growBy)
	if most := limit*loadMax/loadOf + 2; size > most && most > len(t.places) {
		size = max(most, minPlaces)
	}
	old := t.places
	t.places = make([]term, size)
	for i := range old {
		if old[i].slot != 0 {
			at, _ := t.find(&old[i].key)
			t.places[at] = old[i]
		}
	}
}

// remove removes the term with that key. Those behind it move up.
func (t *table) remove(k *Key) {
	if t.count == 0 {
		return
	}
	free, ok := t.find(k)
	if !ok {
		return
	}
	t.count--
	for i := free; ; {
		if i++; i == len(t.places) {
			i = 0
		}
		if t.places[i].slot == 0 {
			break
		}
		home := t.home(&t.places[i].key)
		if free < i && free < home && home <= i || free > i && (free < home || home <= i) {
			continue // it stands between its home and here
		}
		t.places[free] = t.places[i]
		free = i
	}
	t.places[free] = term{}
}

// each calls do for every term, which must not change the table.
func (t *table) each(do func(*term)) {
	for i := range t.places {
		if t.places[i].slot != 0 {
			do(&t.places[i])
		}
	}
}

// bytes returns how much memory the table takes.
func (t *table) bytes() int { return len(t.places) * termSize }

// termSize is the size of a term in memory, in bytes.
const termSize = 36
