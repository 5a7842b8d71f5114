package history

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// History.sides are three rings of what is rare, each with rows of a fixed size: keys
// that were issued, with who got them; SSH keys that were pushed to instances; calls that
// change something for a whole account. The word at the number of a ring is how many rows it
// ever had.
const (
	issuedRing = iota
	pushedRing
	wideRing
	numRings
)

var rings = [numRings]struct{ begin, rows, stride int }{
	issuedRing: {numRings, 1 << 11, 48},         // key 2, time, length, text 44
	pushedRing: {numRings + 48<<11, 1 << 11, 6}, // key 2, instance 2, the first time, the last one
	wideRing:   {numRings + 54<<11, 1 << 6, 4},  // account 2, time, name
}

const sidesWords = numRings + 54<<11 + 4<<6

func newSides() words { return words{numSides, make([]uint32, sidesWords)} }

// addSide returns the offset of the next row of a ring.
func (h *History) addSide(ring int) int {
	n := h.sides.w[ring]
	h.set(&h.sides, ring, n+1)
	return rings[ring].begin + int(n%uint32(rings[ring].rows))*rings[ring].stride
}

// eachSide calls do for the rows of a ring, the newest first, until it returns false.
func (h *History) eachSide(ring int, do func(row int) bool) {
	n, r := h.sides.w[ring], &rings[ring]
	for i := range min(n, uint32(r.rows)) {
		if !do(r.begin + int((n-1-i)%uint32(r.rows))*r.stride) {
			return
		}
	}
}

// extra is what few events have: a key that was issued, or keys that were pushed. Texts
// alias nothing.
type extra struct {
	issued uint64 // a digest of the ID of the key
	caller []byte // who got it, encrypted
	pushed []push
}

type push struct{ key, instance uint64 }

// maxCaller is how many bytes of the name of a caller are kept.
const maxCaller = 44 * 4

// crypt encrypts the name of who got a key, or decrypts it: the key's ID is needed for
// that, which is not in the state.
func (s *secret) crypt(name, key []byte) {
	var stream [32]byte
	for i := range name {
		if i%len(stream) == 0 {
			b := s.append(make([]byte, 0, 128))
			b = binary.BigEndian.AppendUint32(b, uint32(i))
			stream = sha256.Sum256(append(b, key...))
		}
		name[i] ^= stream[i%len(stream)]
	}
}

func (h *History) addExtra(o *Observation, x *extra) {
	if x.issued != 0 {
		row := h.addSide(issuedRing)
		if h.index = h.indexed(); len(h.index.issued) > 2*rings[issuedRing].rows { // most are overwritten
			h.index = nil
		} else {
			h.index.issued[x.issued] = row
		}
		h.set64(&h.sides, row, x.issued)
		h.set(&h.sides, row+2, o.At)
		h.set(&h.sides, row+3, uint32(len(x.caller)))
		for i := 0; i < len(x.caller); i += 4 {
			var b [4]byte
			copy(b[:], x.caller[i:])
			h.set(&h.sides, row+4+i/4, binary.LittleEndian.Uint32(b[:]))
		}
	}
	for _, p := range x.pushed {
		if row, ok := h.indexed().pairs[p]; ok && h.isPush(row, p) {
			h.set(&h.sides, row+4, min(h.sides.w[row+4], o.At))
			h.set(&h.sides, row+5, max(h.sides.w[row+5], o.At))
			h.written.sides[pushedRing] = min(h.written.sides[pushedRing], h.numberOf(row))
			continue
		}
		row := h.addSide(pushedRing)
		h.set64(&h.sides, row, p.key)
		h.set64(&h.sides, row+2, p.instance)
		h.set(&h.sides, row+4, o.At)
		h.set(&h.sides, row+5, o.At)
		h.index.addPush(p, row)
	}
}

// isPush reports whether a row of pushedRing has that push.
func (h *History) isPush(row int, p push) bool {
	return h.sides.get64(row) == p.key && h.sides.get64(row+2) == p.instance
}

// numberOf returns the number of a row of pushedRing.
func (h *History) numberOf(row int) uint32 {
	s := &rings[pushedRing]
	next := h.sides.w[pushedRing]
	i := uint32((row - s.begin) / s.stride)
	return next - 1 - (next-1-i)%uint32(s.rows)
}

// sideIndex finds the rows of sides by their digests. A row that it finds may have been
// overwritten.
type sideIndex struct {
	issued map[uint64]int   // by the key the newest row
	pairs  map[push]int     // the row of a key and an instance
	pushed map[uint64][]int // by the key all rows, none twice
}

// addPush adds a row of pushedRing.
func (x *sideIndex) addPush(p push, row int) {
	x.pairs[p] = row
	if !slices.Contains(x.pushed[p.key], row) {
		x.pushed[p.key] = append(x.pushed[p.key], row)
	}
	if len(x.pairs) > 2*rings[pushedRing].rows { // most are overwritten
		*x = sideIndex{}
	}
}

// indexed returns the index, which it makes if it is not there.
func (h *History) indexed() *sideIndex {
	if h.index != nil && h.index.pairs != nil {
		return h.index
	}
	x := &sideIndex{map[uint64]int{}, map[push]int{}, map[uint64][]int{}}
	h.index = x
	h.eachSide(issuedRing, func(row int) bool {
		if digest := h.sides.get64(row); digest != 0 {
			if _, ok := x.issued[digest]; !ok {
				x.issued[digest] = row
			}
		}
		return true
	})
	h.eachSide(pushedRing, func(row int) bool {
		if p := (push{h.sides.get64(row), h.sides.get64(row + 2)}); p.key != 0 {
			x.addPush(p, row)
		}
		return true
	})
	return x
}

// maxSession is how long a temporary key is valid at most, in seconds.
const maxSession = 12 * 3600

// issuedTo returns who got a temporary key, "" if that is not known.
func (h *History) issuedTo(digest uint64, key []byte, at uint32) string {
	row, ok := h.indexed().issued[digest]
	if !ok || h.sides.get64(row) != digest {
		return ""
	}
	if from := h.sides.w[row+2]; at < from || at-from > maxSession {
		return ""
	}
	b := make([]byte, min(int(h.sides.w[row+3]), maxCaller))
	for i := range b {
		b[i] = byte(h.sides.w[row+4+i/4] >> (8 * (i % 4)))
	}
	h.secret.crypt(b, key)
	return string(b)
}

// keyWindow is in how many seconds instances count for key.instances.
const keyWindow = 24 * 3600

// instances returns how many instances got one of the keys in the window before the time,
// with those of this push.
func (h *History) instances(pushes []push, at uint32) int {
	var seen []uint64
	for _, p := range pushes {
		if !slices.Contains(seen, p.instance) {
			seen = append(seen, p.instance)
		}
	}
	index := h.indexed()
	for i, p := range pushes {
		if slices.ContainsFunc(pushes[:i], func(before push) bool { return before.key == p.key }) {
			continue
		}
		for _, row := range index.pushed[p.key] {
			first, last := h.sides.w[row+4], h.sides.w[row+5]
			if instance := h.sides.get64(row + 2); h.sides.get64(row) == p.key && first <= at && uint64(last)+keyWindow >= uint64(at) && !slices.Contains(seen, instance) {
				seen = append(seen, instance)
			}
		}
	}
	return len(seen)
}

func (h *History) addWide(o *Observation, name uint32) {
	row := h.addSide(wideRing)
	h.set64(&h.sides, row, o.Account)
	h.set(&h.sides, row+2, o.At)
	h.set(&h.sides, row+3, name)
}

// wideIn returns the names of what was changed for an account from a time to another.
func (h *History) wideIn(account uint64, from, to uint32) (list []string) {
	h.eachSide(wideRing, func(row int) bool {
		if at := h.sides.w[row+2]; h.sides.get64(row) == account && from <= at && at <= to {
			list = append(list, h.names.text(h.sides.w[row+3]))
		}
		return true
	})
	return list
}
