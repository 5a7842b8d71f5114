package jsontext

import "strconv"

// Reason is why a text is not JSON, or not JSON that we accept.
type Reason uint8

// The reasons.
const (
	// Truncated means that the text ends before the value does.
	Truncated Reason = iota + 1
	// NoValue means that no value begins at the offset.
	NoValue
	// BadNumber is a number with a leading zero or with a missing digit.
	BadNumber
	// BadEscape is an escape that JSON does not define.
	BadEscape
	// NoKey means that a member of an object does not begin with a string.
	NoKey
	// NoColon means that no colon follows the key.
	NoColon
	// NoComma means that neither a comma nor the closing bracket follows a member.
	NoComma
	// TooDeep means nested deeper than MaxDepth.
	TooDeep
	// TooLong means that the value is longer than msgpack.MaxChunk bytes.
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

// SyntaxError reports that the text cannot be read from Offset on, a byte offset in
// the slice that was given.
type SyntaxError struct {
	Offset int
	Reason Reason
}

// Error returns "JSON broken at byte N: why".
func (e *SyntaxError) Error() string {
	return "JSON broken at byte " + strconv.Itoa(e.Offset) + ": " + e.Reason.String()
}
