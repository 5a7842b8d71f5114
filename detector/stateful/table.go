package stateful

import (
	"encoding/binary"
	"math/bits"
)

// table has the entries of a rule by their keys. Entries are in numbered slots, which an index
// finds by the keys: there may be millions of entries, and an entry takes no more than its
// own size, some more room that the next ones have, and some bytes of the index. The slot of
// an entry that was removed is used again. Keys are digests, so that their bits need no
// hashing.
type table[T any] struct {
	// index is a hash table with open addressing: each place has a slot + 1, and above it
	// some bits of the key that is there; 0: it is free.
	index []uint32
	slots []item[T] // those that were ever used
	used  []uint32  // a bit for each slot, of a block of slots each
	free  []uint32  // slots that may be free
	count int
}

type item[T any] struct {
	key   Key
	value T
}

const (
	// blockSize is the number of slots of a block.
	blockSize = 32
	slotBits  = 20
	// maxSlots is the maximum number of entries of a table.
	maxSlots  = 1<<slotBits - 1
	minPlaces = 16
)

// homeOf returns where in the index a key is looked for first, and what is noted there of it.
func (t *table[T]) homeOf(k *Key) (place int, tag uint32) {
	high, _ := bits.Mul64(binary.LittleEndian.Uint64(k[:]), uint64(len(t.index)))
	return int(high), binary.LittleEndian.Uint32(k[8:]) << slotBits
}

// find returns the slot of a key.
func (t *table[T]) find(k *Key) (slot uint32, ok bool) {
	if t.count == 0 {
		return 0, false
	}
	for i, tag := t.homeOf(k); ; i = t.after(i) {
		x := t.index[i]
		if x == 0 {
			return 0, false
		}
		if x&^maxSlots == tag {
			if slot = x&maxSlots - 1; t.slots[slot].key == *k {
				return slot, true
			}
		}
	}
}

// after returns the place after a place.
func (t *table[T]) after(place int) int {
	if place++; place < len(t.index) {
		return place
	}
	return 0
}

// at returns the entry in a slot that is in use. It is valid until an entry is added.
func (t *table[T]) at(slot uint32) *item[T] { return &t.slots[slot] }

// holds reports whether there is an entry in the slot.
func (t *table[T]) holds(slot uint32) bool {
	return int(slot) < len(t.slots) && t.used[slot/blockSize]>>(slot%blockSize)&1 != 0
}

// take returns a free slot, which put has to use. A table with maxSlots entries has none.
func (t *table[T]) take() (slot uint32) {
	for n := len(t.free); n > 0; n = len(t.free) {
		slot, t.free = t.free[n-1], t.free[:n-1]
		if !t.holds(slot) { // a slot may be among them twice, or be in use again
			return slot
		}
	}
	return uint32(len(t.slots))
}

// put adds an entry in a free slot, which may be one that was not taken. The table does not
// have its key.
func (t *table[T]) put(slot uint32, e item[T]) {
	if n := int(slot) + 1; n > len(t.slots) {
		if n > cap(t.slots) {
			t.slots = append(make([]item[T], 0, max(n, cap(t.slots)*5/4+4)), t.slots...)
		}
		t.slots = t.slots[:n]
	}
	b := slot / blockSize
	for int(b) >= len(t.used) {
		t.used = append(t.used, 0)
	}
	if (t.count+1)*4 > len(t.index)*3 {
		t.grow()
	}
	t.slots[slot] = e
	t.used[b] |= 1 << (slot % blockSize)
	t.count++
	t.point(&e.key, slot)
}

// point notes in the index where a key is.
func (t *table[T]) point(k *Key, slot uint32) {
	i, tag := t.homeOf(k)
	for t.index[i] != 0 {
		i = t.after(i)
	}
	t.index[i] = tag | (slot + 1)
}

func (t *table[T]) grow() {
	t.index = make([]uint32, max(minPlaces, len(t.index)*3/2))
	t.each(func(slot uint32, e *item[T]) { t.point(&e.key, slot) })
}

// remove removes the entry in a slot that is in use.
func (t *table[T]) remove(slot uint32) {
	free, _ := t.homeOf(&t.slots[slot].key)
	for t.index[free]&maxSlots != slot+1 {
		free = t.after(free)
	}
	for i := t.after(free); t.index[i] != 0; i = t.after(i) { // those behind it move up
		home, _ := t.homeOf(&t.slots[t.index[i]&maxSlots-1].key)
		if free < i && free < home && home <= i || free > i && (free < home || home <= i) {
			continue // it is between its home and here
		}
		t.index[free] = t.index[i]
		free = i
	}
	t.index[free] = 0
	t.slots[slot] = item[T]{}
	t.used[slot/blockSize] &^= 1 << (slot % blockSize)
	t.count--
	t.free = append(t.free, slot)
	if len(t.free) > 2*len(t.slots) { // most of them more than once
		t.findFree()
	}
}

// findFree finds the free slots.
func (t *table[T]) findFree() {
	t.free = t.free[:0]
	for slot := uint32(len(t.slots)); slot > 0; slot-- { // so that the first ones are used first
		if !t.holds(slot - 1) {
			t.free = append(t.free, slot-1)
		}
	}
}

// each calls do for every entry, in the order of the slots. It must not add or remove
// entries.
func (t *table[T]) each(do func(slot uint32, e *item[T])) {
	for b, used := range t.used {
		for ; used != 0; used &= used - 1 {
			slot := uint32(b*blockSize + bits.TrailingZeros32(used))
			do(slot, &t.slots[slot])
		}
	}
}

// bytes returns how much memory the table takes, without what values point to, with
// entries of that size.
func (t *table[T]) bytes(entrySize int) int {
	return 4*(cap(t.index)+cap(t.used)+cap(t.free)) + cap(t.slots)*entrySize
}
