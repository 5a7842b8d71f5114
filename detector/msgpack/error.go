package msgpack

import "strconv"

// Fault is what is wrong with a chunk at one place.
type Fault uint8

// The faults.
const (
	// Truncated: the value says that it is longer than the bytes that are left.
	Truncated Fault = iota + 1
	// BadCode: the byte 0xc1, which msgpack never uses.
	BadCode
	// TooLong: over MaxChunk.
	TooLong
)

var faultTexts = [...]string{
	Truncated: "the value is longer than what is left of the chunk",
	BadCode:   "0xc1 begins no msgpack value",
	TooLong:   "the chunk is over 2 GiB",
}

// Error says that a chunk cannot be read on from Offset, a byte offset into
// the slice that was given. What came before Offset is unaffected.
type Error struct {
	Offset int
	Fault  Fault
}

// Error returns "msgpack broken at byte N: what is wrong".
func (e *Error) Error() string {
	return "msgpack broken at byte " + strconv.Itoa(e.Offset) + ": " + faultTexts[e.Fault]
}
