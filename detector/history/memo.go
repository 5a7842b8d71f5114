package history

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// callers maps digests of the bytes that identify a caller to the caller, for all readers:
// most events have the same caller as an earlier one. A caller whom other bytes identify too
// is not in it. It needs no lock: the words of an entry are read and written one by one, and
// the first word tells whether they belong together.
type callers struct{ words []uint64 }

const (
	callerCheck   = 0 // the digest of the bytes, and all others
	callerActor   = 1
	callerKey     = 2
	callerAccount = 3 // see accountDigest
	callerStride  = 4
	callerPair    = 2 * callerStride // what is looked at: a line of the cache

	// anonymous is the bit of an account's digest that is not the account's: nobody vouches
	// for the caller.
	anonymous = 1
)

// newCallers returns one for the callers of so many actors, of whom some have several
// sessions at a time.
func newCallers(actors int) callers {
	size := 1 << bits.Len(uint(max(2*actors, 1<<10)-1))
	return callers{make([]uint64, size*callerStride)}
}

func (c callers) pair(digest uint64) int {
	return int(digest) & (len(c.words)/callerPair - 1) * callerPair
}

// prefetch prefetches what find is going to read.
func (c callers) prefetch(digest uint64) {
	prefetch((*uint32)(unsafe.Pointer(&c.words[c.pair(digest)])))
}

// joined returns the first word of an entry, from which a reader sees whether the others belong
// to it.
func joined(digest, actor, key, account uint64) uint64 {
	return digest ^ bits.RotateLeft64(actor, 1) ^ bits.RotateLeft64(key, 2) ^ bits.RotateLeft64(account, 3)
}

// find returns who the caller is.
func (c callers) find(digest uint64) (actor, key, account uint64, ok bool) {
	w := c.words[c.pair(digest):][:callerPair:callerPair]
	for i := 0; i < callerPair; i += callerStride {
		actor, key, account = atomic.LoadUint64(&w[i+callerActor]), atomic.LoadUint64(&w[i+callerKey]), atomic.LoadUint64(&w[i+callerAccount])
		if atomic.LoadUint64(&w[i+callerCheck]) == joined(digest, actor, key, account) {
			return actor, key, account, true
		}
	}
	return 0, 0, 0, false
}

// add adds a caller, in the place of the older one of two.
func (c callers) add(digest, actor, key, account uint64) {
	w := c.words[c.pair(digest):][:callerPair:callerPair]
	for i := range callerStride {
		atomic.StoreUint64(&w[callerStride+i], atomic.LoadUint64(&w[i]))
	}
	for i, word := range [callerStride]uint64{joined(digest, actor, key, account), actor, key, account} {
		atomic.StoreUint64(&w[i], word)
	}
}

// memo has the digests of texts that were seen before: most events have one of few.
type memo struct{ entries [256]memoEntry }

type memoEntry struct {
	text   []byte
	digest uint64
	known  bool // the digest is that of the text
}

// maxMemo is how long a text may be, in bytes.
const maxMemo = 1 << 10

// find returns the entry of a text, which has to be filled if it is not known. It returns
// nil for a text that is too long.
func (m *memo) find(text []byte) *memoEntry {
	n := len(text)
	if n > maxMemo {
		return nil
	}
	x := uint64(n)
	if n >= 8 {
		x ^= binary.LittleEndian.Uint64(text)
		for i := 1; i <= 3; i++ {
			x = (x ^ binary.LittleEndian.Uint64(text[(n-8)*i/3:])) * 0x9e3779b97f4a7c15
			x ^= x >> 29
		}
	}
	e := &m.entries[x>>56]
	if !bytes.Equal(e.text, text) {
		e.text, e.known = append(e.text[:0], text...), false
	}
	return e
}
