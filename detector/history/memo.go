package history

import (
	"bytes"
	"encoding/binary"
)

// memo has the digests of texts that were seen before: most events have one of few.
type memo struct{ entries [256]memoEntry }

type memoEntry struct {
	text []byte
	digests
}

// digests are what follows from a text.
type digests struct {
	a, b, c uint64
	is      bool
}

// maxMemo is how long a text may be, in bytes.
const maxMemo = 2 << 10

// find returns the entry of a text, and whether it has it; if not it has to be filled.
// It returns nil for a text that is too long.
func (m *memo) find(text []byte) (e *memoEntry, ok bool) {
	n := len(text)
	if n < 8 || n > maxMemo {
		return nil, false
	}
	x := binary.LittleEndian.Uint64(text) ^ uint64(n)
	for i := 1; i <= 8; i++ {
		x = (x ^ binary.LittleEndian.Uint64(text[(n-8)*i/8:])) * 0x9e3779b97f4a7c15
		x ^= x >> 29
	}
	e = &m.entries[x>>56]
	if bytes.Equal(e.text, text) {
		return e, true
	}
	e.text = append(e.text[:0], text...)
	return e, false
}
