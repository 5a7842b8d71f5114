package ingest

import (
	"fmt"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
)

// Problem is a part of the input that could not be read.
type Problem struct {
	Line   int   // from 1
	Offset int64 // in bytes, of the decompressed input, from 0
	Reason Reason
}

// Reason is what is wrong with a part of the input.
type Reason uint8

// The reasons.
const (
	// TooLong is a line, or an element of a list, of over MaxItem bytes. It was
	// skipped.
	TooLong Reason = iota
	// Invalid is a list that is not JSON from here on. The elements before were
	// read; the rest is read line by line.
	Invalid
	// Truncated is a list in which the input ends. The elements before were read.
	Truncated
	// TooDeep is an array or object nested deeper than jsontext.MaxDepth. It was
	// skipped; what is around it was read.
	TooDeep
)

// String returns the reason in words, and what was skipped.
func (r Reason) String() string {
	switch r {
	case TooLong:
		return fmt.Sprintf("longer than %d MiB, skipped", MaxItem>>20)
	case Invalid:
		return "a list is invalid from here on, its rest was read line by line"
	case Truncated:
		return "the input ends inside a list"
	case TooDeep:
		return fmt.Sprintf("nested deeper than %d levels, skipped", jsontext.MaxDepth)
	}
	return "cannot be read"
}

// String returns the position and the reason.
func (p Problem) String() string {
	return fmt.Sprintf("line %d, byte %d: %s", p.Line, p.Offset, p.Reason)
}
