package jsontext

import "strconv"

// Reason is why a text is not JSON, or not JSON that we take.
type Reason uint8

// The reasons.
const (
	// Truncated: the text ends before the value does.
	Truncated Reason = iota + 1
	// NoValue: what stands there begins no value.
	NoValue
	// BadNumber: a number with a leading zero, or with no digit where one must be.
	BadNumber
	// BadEscape: a backslash followed by what JSON does not know.
	BadEscape
	// NoKey: a member of an object does not begin with a string.
	NoKey
	// NoColon: no colon behind the key.
	NoColon
	// NoComma: neither a comma nor the closing bracket behind a member.
	NoComma
	// TooDeep: over MaxDepth.
	TooDeep
	// TooLong: the value does not end before msgpack.MaxChunk bytes.
	TooLong
)

var reasonTexts = [...]string{
	Truncated: "the text ends inside the value",
	NoValue:   "no value begins here",
	BadNumber: "not a number",
	BadEscape: "unknown escape in a string",
	NoKey:     "a member's name must be a string",
	NoColon:   "a colon must follow the name",
	NoComma:   "a comma or the closing bracket must follow",
	TooDeep:   "nested too deeply",
	TooLong:   "the value is over 2 GiB",
}

// String returns the reason in words.
func (r Reason) String() string {
	if int(r) < len(reasonTexts) {
		return reasonTexts[r]
	}
	return ""
}

// SyntaxError says that the text cannot be read on from Offset, a byte offset
// into the slice that was given.
type SyntaxError struct {
	Offset int
	Reason Reason
}

// Error returns "JSON broken at byte N: why".
func (e *SyntaxError) Error() string {
	return "JSON broken at byte " + strconv.Itoa(e.Offset) + ": " + e.Reason.String()
}
