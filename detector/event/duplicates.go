package event

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// HasDuplicates reports whether some map in the event has a key twice. Every
// occurrence counts as a value of its field, so that no reader of the event is
// fooled; but an event that AWS wrote has none.
func (e *Event) HasDuplicates() bool {
	s := &e.scratch
	s.prints, s.alike = s.prints[:0], false
	s.printMembers(e.document.Encoded(), 0, e.document.Len(), maxDepth)
	return s.alike && hasDuplicates(e.document, maxDepth)
}

// printMembers notes in s.alike whether two keys of the map whose n pairs are at
// buf[pos:], or of one in it, may be the same, and returns the offset behind it.
func (s *scratch) printMembers(buf []byte, pos, n, depth int) (end int) {
	mark := len(s.prints)
	var met [4]uint64 // a bit for each print, which others may share
	for range n {
		var key []byte
		if key, pos, _ = msgpack.ReadKey(buf, pos); key != nil {
			p := printOf(key)
			word, bit := &met[p>>62], uint64(1)<<(p>>56&63)
			if n <= fewKeys && *word&bit != 0 && slices.Contains(s.prints[mark:], p) {
				s.alike = true
			}
			*word |= bit
			s.prints = append(s.prints, p)
		}
		if end := msgpack.SkipPlain(buf, pos); end != 0 {
			pos = end
		} else if end = msgpack.SkipStr8(buf, pos); end != 0 {
			pos = end
		} else {
			pos = s.printIn(buf, pos, depth-1)
		}
	}
	if keys := s.prints[mark:]; n > fewKeys {
		slices.Sort(keys)
		s.alike = s.alike || len(slices.Compact(keys)) < len(keys)
	}
	s.prints = s.prints[:mark]
	return pos
}

// printIn is printMembers for what is at buf[off:], be it a map or not.
func (s *scratch) printIn(buf []byte, off, depth int) (end int) {
	v, pos, _ := msgpack.ReadHeader(buf, off)
	switch kind := v.Kind(); {
	case kind != msgpack.Map && kind != msgpack.Array:
		return pos
	case depth == 0:
		return skip(buf, off)
	case kind == msgpack.Map:
		return s.printMembers(buf, pos, v.Len(), depth)
	}
	for range v.Len() {
		pos = s.printIn(buf, pos, depth-1)
	}
	return pos
}

// printOf returns a number that is the same for the same keys, and hardly ever for
// others. Its upper bits are as different as the whole.
func printOf(key []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15
	n := len(key)
	var p uint64
	switch {
	case n >= 8:
		p = (binary.LittleEndian.Uint64(key)*odd ^ binary.LittleEndian.Uint64(key[n-8:])) + uint64(n)
	case n >= 4:
		p = uint64(binary.LittleEndian.Uint32(key))<<32 | uint64(binary.LittleEndian.Uint32(key[n-4:]))&^7 | uint64(n)
	case n > 0:
		p = uint64(key[0])<<24 | uint64(key[n/2])<<16 | uint64(key[n-1])<<8 | uint64(n)
	}
	return p * odd
}

func hasDuplicates(v msgpack.Value, depth int) bool {
	if depth == 0 {
		return false
	}
	switch v.Kind() {
	case msgpack.Array:
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return false
			}
			if hasDuplicates(element, depth-1) {
				return true
			}
		}
	case msgpack.Map:
		var room [fewKeys][]byte
		keys := room[:0]
		for pairs := v.Members(); ; {
			key, value, ok := pairs.Next()
			if !ok {
				break
			}
			if key.IsText() {
				keys = append(keys, key.Bytes())
			}
			if hasDuplicates(value, depth-1) {
				return true
			}
		}
		return anyTwice(keys)
	}
	return false
}

// fewKeys is how many keys are compared one with the other; more are sorted.
const fewKeys = 48

func anyTwice(keys [][]byte) bool {
	if len(keys) > fewKeys {
		slices.SortFunc(keys, bytes.Compare)
		for i := 1; i < len(keys); i++ {
			if bytes.Equal(keys[i-1], keys[i]) {
				return true
			}
		}
		return false
	}
	for i, key := range keys {
		for _, earlier := range keys[:i] {
			if len(key) == len(earlier) && bytes.Equal(key, earlier) {
				return true
			}
		}
	}
	return false
}
