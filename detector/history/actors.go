package history

import "math/bits"

// actor is a row of History.actors.
const (
	actorKey     = 0  // 64 bits
	actorFirst   = 2  // the first success
	actorLast    = 3  // the last one
	actorEvents  = 4  // how many
	actorBlock   = 5  // where the values are, in History.values; 0: there are none
	actorSize    = 6  // which size the block has, whether the row is to be written, how many places are taken, the account
	actorSeen    = 7  // which values of successes are noted, see History.isNoted
	actorHours   = 8  // a bit for each hour of the week, in 6 words
	actorPartial = 14 // what the actor did before that time was perhaps forgotten; 0: nothing
	actorSeenToo = 15 // the one before
	actorStride  = 16
)

const (
	// established actors are forgotten last: those who have been active for that long, and
	// with so many successes. It takes an attacker as long to make one.
	establishedAfter  = 24 * 3600
	establishedEvents = 20
	// Parts of actorSize.
	sizeBits, usedBits = 7, 10
	changedBit         = 1 << sizeBits // it is in History.changed
	usedShift          = sizeBits + 1
	homeShift          = usedShift + usedBits

	// maxSearched is how many actors are looked at to find the one that is forgotten.
	maxSearched = 256
	minSearched = 16
)

// findActor returns the row of an actor, as the offset of its words, or -1.
func (h *History) findActor(key uint64) int {
	_, row := h.actorIndex.find(key, &h.actors, actorStride)
	if row < 0 {
		return -1
	}
	return row * actorStride
}

// openActor returns the row of an actor, a new one if there is none.
func (h *History) openActor(key uint64, account uint64, at uint32) int {
	place, row := h.actorIndex.find(key, &h.actors, actorStride)
	if row >= 0 {
		return row * actorStride
	}
	if int(h.meta.w[metaActors]) >= h.limit {
		h.forgetOne()
		place, _ = h.actorIndex.find(key, &h.actors, actorStride)
	}
	row = h.take(&h.actors, actorStride, h.limit, metaActorsUsed, metaActorsFree)
	h.set(&h.actorIndex.words, place, uint32(row)+1)
	h.set(&h.meta, metaActors, h.meta.w[metaActors]+1)
	a := row * actorStride
	for i := range actorStride {
		h.set(&h.actors, a+i, 0)
	}
	h.set64(&h.actors, a+actorKey, key)
	h.set(&h.actors, a+actorFirst, at)
	h.set(&h.actors, a+actorSize, homeOf(account))
	h.set(&h.actors, a+actorPartial, h.meta.w[metaForgotten])
	return a
}

// homeOf returns the digest of an account, where actorSize has it.
func homeOf(account uint64) uint32 { return uint32(account>>32) &^ (1<<homeShift - 1) }

// setSize sets the size of the block of an actor, and how many places are taken.
func (h *History) setSize(a, class, used int) {
	w := h.actors.w[a+actorSize]
	h.set(&h.actors, a+actorSize, w>>homeShift<<homeShift|w&changedBit|uint32(used)<<usedShift|uint32(class))
}

// sizeOf returns the size of the block of an actor, as the place in blockSizes.
func (h *History) sizeOf(a int) int { return int(h.actors.w[a+actorSize] & (1<<sizeBits - 1)) }

// take returns a row that is free, of most in all.
func (h *History) take(rows *words, stride, most, used, free int) int {
	if head := int(h.meta.w[free]); head > 0 {
		h.set(&h.meta, free, rows.w[(head-1)*stride+2])
		return head - 1
	}
	row := int(h.meta.w[used])
	if (row+1)*stride > len(rows.w) {
		rows.grow(stride, most*stride)
	}
	h.set(&h.meta, used, uint32(row)+1)
	return row
}

// give gives a row back. Its digest becomes 0, which no row has.
func (h *History) give(rows *words, row, stride, free int) {
	h.set64(rows, row*stride, 0)
	h.set(rows, row*stride+2, h.meta.w[free])
	h.set(&h.meta, free, uint32(row)+1)
}

// isEstablished reports whether an actor is forgotten after those who are not.
func (h *History) isEstablished(a int) bool {
	w := h.actors.w[a : a+actorStride]
	return w[actorEvents] >= establishedEvents && w[actorLast]-w[actorFirst] >= establishedAfter && w[actorLast] >= w[actorFirst]
}

// forgetOne forgets an actor, to make room: of those that come next one who is not
// established, has few successes, and was not seen for longest, in this order.
func (h *History) forgetOne() {
	rows := int(h.meta.w[metaActorsUsed])
	hand := int(h.meta.w[metaHand])
	best := -1
	for n := range min(rows, maxSearched) {
		if n >= minSearched && best >= 0 && !h.isEstablished(best) {
			break
		}
		a := (hand + n) % rows * actorStride
		if h.actors.get64(a) != 0 && (best < 0 || h.isForgottenBefore(a, best)) {
			best = a
		}
	}
	if best < 0 {
		return
	}
	h.set(&h.meta, metaHand, uint32((hand+minSearched)%rows))
	h.set(&h.meta, metaForgotten, max(h.meta.w[metaForgotten], h.actors.w[best+actorLast]))
	h.set(&h.meta, metaEvicted, h.meta.w[metaEvicted]+1)
	h.forget(best)
}

// isForgottenBefore reports whether actor a is forgotten before actor b.
func (h *History) isForgottenBefore(a, b int) bool {
	if x, y := h.isEstablished(a), h.isEstablished(b); x != y {
		return y
	}
	if x, y := bits.Len32(h.actors.w[a+actorEvents]), bits.Len32(h.actors.w[b+actorEvents]); x != y {
		return x < y
	}
	return h.actors.w[a+actorLast] < h.actors.w[b+actorLast]
}

// forget removes an actor and all that is known of it.
func (h *History) forget(a int) {
	key := h.actors.get64(a)
	h.removed = append(h.removed, key)
	place, row := h.actorIndex.find(key, &h.actors, actorStride)
	h.eachValue(a, func(v int) { h.leaveGroup(v) })
	h.freeBlock(a)
	h.remove(&h.actorIndex, place, &h.actors, actorStride)
	h.give(&h.actors, row, actorStride, metaActorsFree)
	h.set(&h.meta, metaActors, h.meta.w[metaActors]-1)
}
