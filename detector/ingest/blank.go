package ingest

import (
	"bytes"
	"encoding/binary"
)

// blankLines returns the size and the number of the blank lines that the text begins with.
func blankLines(text []byte) (size, lines int) {
	if len(text) == 0 || !isSpace[text[0]] {
		return 0, 0
	}
	size = bytes.LastIndexByte(text[:countBlank(text)], '\n') + 1
	return size, bytes.Count(text[:size], lineEnd)
}

// countBlank returns how many bytes the text begins with that are white space.
func countBlank(text []byte) int {
	i := 0
	for i+8 <= len(text) && isBlankWord(binary.LittleEndian.Uint64(text[i:])) {
		i += 8
	}
	for i < len(text) && isSpace[text[i]] {
		i++
	}
	return i
}

// isBlankWord reports whether all eight bytes are white space. differ sets the high bit of
// each byte in which two words differ.
func isBlankWord(word uint64) bool {
	const lows, highs = 0x0101010101010101, 0x8080808080808080
	differ := func(x uint64) uint64 { return (x&^highs + (highs - lows)) | x }
	return differ(word^' '*lows)&differ(word^'\n'*lows)&differ(word^'\r'*lows)&differ(word^'\t'*lows)&highs == 0
}
