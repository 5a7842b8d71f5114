package history

import "slices"

// The kinds of what is known of an actor.
const (
	kindAction  = iota // provider and action
	kindAccount        // these in an account in which it is not the first
	kindAddress
	kindAS
	kindCountry
	kindClient
	kindRegion
	kindKey
	numKinds
)

// kindNames are how context.new names the kinds.
var kindNames = [numKinds]string{
	kindAction: "action", kindAddress: "address", kindAS: "as", kindCountry: "country", kindClient: "client", kindRegion: "region", kindKey: "access_key",
}

// value is something that an actor had in a success, in a place of its block.
const (
	valueKey    = 0 // a digest of the kind and the value; 0: the place is free
	valueFirst  = 1
	valueLast   = 2
	valueCount  = 3 // and from bit 28 on the kind
	valueGroup  = 4 // the number of its group and one, or 0
	valueStride = 5

	countBits = 28
	maxCount  = 1<<countBits - 1
)

// blockSizes are how many places blocks have. An eighth stays free.
var blockSizes = [...]int{6, 12, 18, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512}

// maxOfKind is how many values of a kind an actor has: who calls chooses most of them, so
// that a new one replaces old ones. Actions are those that AWS has.
const maxOfKind = 64

// block returns the block of an actor, and how many places are taken.
func (h *History) block(a int) (begin, size, used int) {
	begin = int(h.actors.w[a+actorBlock])
	if begin == 0 {
		return 0, 0, 0
	}
	w := h.actors.w[a+actorSize]
	return begin, blockSizes[w&(1<<sizeBits-1)], int(w >> usedShift & (1<<usedBits - 1))
}

// home returns the place where a value belongs in a block; if it is taken, the next free
// one.
func home(key uint32, size int) int { return int(uint64(key) * uint64(size) >> 32) }

// findValue returns the offset of a value of an actor, or -1.
func (h *History) findValue(a int, key uint32) int {
	begin, size, _ := h.block(a)
	if size == 0 {
		return -1
	}
	w := h.values.w[begin : begin+size*valueStride]
	for i := home(key, size) * valueStride; ; {
		switch w[i] {
		case key:
			return begin + i
		case 0:
			return -1
		}
		if i += valueStride; i == len(w) {
			i = 0
		}
	}
}

// valueDigest returns the digest of a value of a kind, of which the digest is given.
func valueDigest(kind int, digest uint64) uint32 {
	digest ^= uint64(kind) * 0x9e3779b97f4a7c15
	digest ^= digest >> 32
	return max(uint32(digest*0xbf58476d1ce4e5b9>>32), 1)
}

// addValue notes that an actor had a value in a success at that time, for the first
// time. It returns the offset of the value, -1 if there is not enough room.
func (h *History) addValue(a, kind int, key, at uint32) int {
	if !h.makeRoom(a, kind) {
		return -1
	}
	v := h.place(a, key)
	h.set(&h.values, v+valueFirst, at)
	h.set(&h.values, v+valueLast, at)
	h.set(&h.values, v+valueCount, uint32(kind)<<countBits|1)
	h.set(&h.values, v+valueGroup, 0)
	return v
}

// countValue counts a success with a value.
func (h *History) countValue(v int, at uint32) {
	w := h.values.w[v : v+valueStride]
	if n := w[valueCount]; n&maxCount < maxCount {
		h.set(&h.values, v+valueCount, n+1)
	}
	switch {
	case at > w[valueLast]:
		h.set(&h.values, v+valueLast, at)
	case at < w[valueFirst]:
		h.set(&h.values, v+valueFirst, at)
	}
}

// touchValue notes a success with a value, at a time that is not near the last one.
func (h *History) touchValue(v, kind int, at uint32) {
	last := h.values.w[v+valueLast]
	if at < h.values.w[v+valueFirst] {
		h.set(&h.values, v+valueFirst, at)
	}
	if at <= last {
		return
	}
	h.set(&h.values, v+valueLast, at)
	if g := int(h.values.w[v+valueGroup]) - 1; g >= 0 && at/day != last/day {
		h.count(g*groupStride, last/day, -1)
		h.count(g*groupStride, at/day, 1)
	}
}

// place takes a place for a value, of which there is a free one.
func (h *History) place(a int, key uint32) int {
	begin, size, used := h.block(a)
	i := home(key, size)
	for h.values.w[begin+i*valueStride] != 0 {
		if i++; i == size {
			i = 0
		}
	}
	h.setSize(a, h.sizeOf(a), used+1)
	h.set(&h.values, begin+i*valueStride, key)
	return begin + i*valueStride
}

// makeRoom makes room for one more value of a kind.
func (h *History) makeRoom(a, kind int) bool {
	_, size, used := h.block(a)
	if kind > kindAccount && used >= maxOfKind {
		n := 0
		h.eachValue(a, func(v int) {
			if h.kindOf(v) == kind {
				n++
			}
		})
		if n >= maxOfKind {
			h.dropOldest(a, kind, n/2)
			_, size, used = h.block(a)
		}
	}
	if (used+1)*8 <= size*7 {
		return true
	}
	if h.growBlock(a) {
		return true
	}
	if size == 0 {
		return false
	}
	h.dropOldest(a, -1, max(used/4, 1))
	return true
}

func (h *History) kindOf(v int) int { return int(h.values.w[v+valueCount] >> countBits) }

// eachValue calls do for the offset of each value of an actor. It must not move them.
func (h *History) eachValue(a int, do func(v int)) {
	begin, size, _ := h.block(a)
	for i := range size {
		if v := begin + i*valueStride; h.values.w[v] != 0 {
			do(v)
		}
	}
}

// dropOldest drops n values of a kind, or of any kind if it is -1: those that were not
// seen for longest. What came at the same time may be dropped too.
func (h *History) dropOldest(a, kind, n int) {
	h.times = h.times[:0]
	h.eachValue(a, func(v int) {
		if kind < 0 || h.kindOf(v) == kind {
			h.times = append(h.times, h.values.w[v+valueLast])
		}
	})
	slices.Sort(h.times)
	until := h.times[min(n, len(h.times)-1)]
	before := h.moved[:0]
	begin, size, _ := h.block(a)
	for i := range size {
		v := begin + i*valueStride
		if h.values.w[v] == 0 {
			continue
		}
		if n > 0 && (kind < 0 || h.kindOf(v) == kind) && h.values.w[v+valueLast] <= until {
			h.leaveGroup(v)
			n--
		} else {
			before = append(before, [valueStride]uint32(h.values.w[v:v+valueStride]))
		}
		h.set(&h.values, v, 0)
	}
	h.setSize(a, h.sizeOf(a), 0)
	h.putBack(a, before)
	h.set(&h.actors, a+actorSeen, 0)
	h.set(&h.actors, a+actorSeenToo, 0)
	h.set(&h.actors, a+actorPartial, max(h.actors.w[a+actorPartial], until))
}

// putBack puts values into the block of an actor, which has none.
func (h *History) putBack(a int, list [][valueStride]uint32) {
	h.moved = list
	for _, one := range list {
		v := h.place(a, one[valueKey])
		for i := 1; i < valueStride; i++ {
			h.set(&h.values, v+i, one[i])
		}
	}
}

// growBlock gives an actor a block of twice the size, and reports whether there is one.
func (h *History) growBlock(a int) bool {
	begin, size, _ := h.block(a)
	class := 0
	if size > 0 {
		class = h.sizeOf(a) + 1
	}
	if class == len(blockSizes) {
		return false
	}
	next := h.takeBlock(class)
	if next == 0 {
		return false
	}
	list := h.moved[:0]
	for i := range size {
		if v := begin + i*valueStride; h.values.w[v] != 0 {
			list = append(list, [valueStride]uint32(h.values.w[v:v+valueStride]))
		}
	}
	h.freeBlock(a)
	h.set(&h.actors, a+actorBlock, uint32(next))
	h.setSize(a, class, 0)
	h.putBack(a, list)
	return true
}

// takeBlock returns a block of that size with free places, 0 if there is no memory left.
func (h *History) takeBlock(class int) int {
	free := metaBlocks + class
	n := valueStride * blockSizes[class]
	begin := int(h.meta.w[free])
	if begin > 0 {
		h.set(&h.meta, free, h.values.w[begin+1])
		h.set(&h.meta, metaValuesFree, h.meta.w[metaValuesFree]-uint32(n))
	} else {
		begin = int(h.meta.w[metaValuesUsed])
		most := h.maxValues()
		if begin+n > most {
			return 0
		}
		if more := begin + n - len(h.values.w); more > 0 {
			h.values.grow(more, most)
		}
		h.set(&h.meta, metaValuesUsed, uint32(begin+n))
	}
	for i := begin; i < begin+n; i += valueStride {
		h.set(&h.values, i, 0)
	}
	return begin
}

// maxValues is how many words there are for values.
func (h *History) maxValues() int { return h.limit * valuesOfActor * valueStride }

// freeBlock gives the block of an actor back.
func (h *History) freeBlock(a int) {
	begin, size, _ := h.block(a)
	if size == 0 {
		return
	}
	free := metaBlocks + h.sizeOf(a)
	h.set(&h.values, begin+1, h.meta.w[free])
	h.set(&h.meta, free, uint32(begin))
	h.set(&h.meta, metaValuesFree, h.meta.w[metaValuesFree]+uint32(size*valueStride))
	h.set(&h.actors, a+actorBlock, 0)
	h.setSize(a, 0, 0)
}

// compact moves the blocks together if there is not much room left and much of it is in
// blocks that nobody has: those of actors that have grown are too small for others. No
// transaction is open.
func (h *History) compact() {
	used, most := int(h.meta.w[metaValuesUsed]), h.maxValues()
	if used < most-most/8 || int(h.meta.w[metaValuesFree]) < most/8 {
		return
	}
	moved := make([]uint32, 1, most)
	for a := 0; a < int(h.meta.w[metaActorsUsed])*actorStride; a += actorStride {
		begin, size, _ := h.block(a)
		if h.actors.get64(a) == 0 || size == 0 {
			continue
		}
		h.actors.w[a+actorBlock] = uint32(len(moved))
		moved = append(moved, h.values.w[begin:begin+size*valueStride]...)
	}
	h.values.w = moved
	h.meta.w[metaValuesUsed], h.meta.w[metaValuesFree] = uint32(len(moved)), 0
	clear(h.meta.w[metaBlocks:])
}
