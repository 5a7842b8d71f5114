package jsontext

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// The search for the end of a string checks eight bytes at a time, as one
// little-endian word. A mark is a word whose lowest set bit is in the first
// matching byte; the bits above it are undefined.

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// markSpecial marks the first quote or backslash.
func markSpecial(word uint64) uint64 {
	quote := word ^ '"'*lows
	backslash := word ^ '\\'*lows
	return ((quote-lows)&^quote | (backslash-lows)&^backslash) & highs
}

// firstMark returns the index of the first marked byte; mark is not 0.
func firstMark(mark uint64) int { return bits.TrailingZeros64(mark) / 8 }

const (
	// nearby is how many bytes are searched word by word before bytes.IndexByte,
	// which is faster only over longer distances, takes over.
	nearby = 64
	// stride limits each call of bytes.IndexByte: there are two for each stretch,
	// and one of them may find nothing where the other is close.
	stride = 1024
)

// nextSpecial returns the offset of the first quote or backslash from i on, or
// len(text).
func nextSpecial(text []byte, i int) int {
	for near := i + nearby; i+8 <= len(text) && i < near; i += 8 {
		if mark := markSpecial(binary.LittleEndian.Uint64(text[i:])); mark != 0 {
			return i + firstMark(mark)
		}
	}
	for i < len(text) {
		part := text[i:min(len(text), i+stride)]
		found := false
		for _, c := range [...]byte{'"', '\\'} {
			if k := bytes.IndexByte(part, c); k >= 0 {
				part, found = part[:k], true
			}
		}
		i += len(part)
		if found {
			return i
		}
	}
	return i
}

// markUnprintable marks the first byte that must be escaped in a JSON string (a
// quote, a backslash, a control character) or checked (a byte of a non-ASCII
// character, which may be invalid).
func markUnprintable(word uint64) uint64 {
	quote := word ^ '"'*lows
	backslash := word ^ '\\'*lows
	control := word - ' '*lows
	return ((quote-lows)&^quote | (backslash-lows)&^backslash | control | word) & highs
}

// nextUnprintable returns the offset of the first byte from i on that
// markUnprintable marks, or len(s).
func nextUnprintable(s []byte, i int) int {
	for ; i+8 <= len(s); i += 8 {
		if mark := markUnprintable(binary.LittleEndian.Uint64(s[i:])); mark != 0 {
			return i + firstMark(mark)
		}
	}
	for i < len(s) && ' ' <= s[i] && s[i] < 0x80 && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}
