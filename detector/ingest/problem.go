package ingest

import "fmt"

// Problem is a place of the input that could not be read as it should.
type Problem struct {
	Line   int   // from 1
	Offset int64 // in bytes, of the unpacked input, from 0
	Reason Reason
}

// Reason is what is the matter at a place.
type Reason uint8

// The reasons.
const (
	// TooLong: a line, or an element of a list, is over MaxItem bytes. It was
	// passed over.
	TooLong Reason = iota
	// Broken: a long list is no JSON from here on. The elements before were
	// given out; the rest was passed over.
	Broken
	// CutShort: the input ends inside of a long list. The elements before were
	// given out.
	CutShort
)

// String says what is the matter and what became of it.
func (r Reason) String() string {
	switch r {
	case TooLong:
		return fmt.Sprintf("longer than %d MiB, passed over", MaxItem>>20)
	case Broken:
		return "a list is broken here, the rest of it was passed over"
	case CutShort:
		return "the input ends inside of a list"
	}
	return "cannot be read"
}

// String returns the place and the reason.
func (p Problem) String() string {
	return fmt.Sprintf("line %d, byte %d: %s", p.Line, p.Offset, p.Reason)
}
