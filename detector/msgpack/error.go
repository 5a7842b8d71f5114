package msgpack

import "strconv"

// Fault is what is wrong with a chunk at some offset.
type Fault uint8

// The faults.
const (
	// Truncated means that the value is longer than the rest of the chunk.
	Truncated Fault = iota + 1
	// BadCode is the byte 0xc1, which msgpack never uses.
	BadCode
	// TooLong means longer than MaxChunk.
	TooLong
)

var faultTexts = [...]string{
	Truncated: "the value is longer than what is left of the chunk",
	BadCode:   "0xc1 begins no msgpack value",
	TooLong:   "the chunk is over 2 GiB",
}

// Error reports that a chunk cannot be read from Offset on, a byte offset in the
// slice that was given. What precedes Offset is unaffected.
type Error struct {
	Offset int
	Fault  Fault
}

// Error returns "msgpack broken at byte N: what is wrong".
func (e *Error) Error() string {
	return "msgpack broken at byte " + strconv.Itoa(e.Offset) + ": " + faultTexts[e.Fault]
}
