package detector

import (
	"fmt"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Result is what Scan did with one chunk.
type Result struct {
	Records int // in the chunk, without values that are not records
	Skipped int // of them: not read, because the prefilter ruled out a match
	Events  int // in the records
	Odd     int // values that are not records
	Alerts  int // put in the outbox, without summaries
	// Unreadable has the offsets in the chunk of the bodies of records that look
	// like CloudTrail and could not be read, or not completely: the first
	// maxUnreadable of them. Records that were skipped are not among them; see
	// Config.ReadAll.
	Unreadable []int
	// Unrecognized are the records that have names of CloudTrail's events in a form
	// that is not opened: the first maxUnreadable of them.
	Unrecognized []Unrecognized
}

// maxUnreadable is the maximum length of Result.Unreadable, and of
// Result.Unrecognized.
const maxUnreadable = 1 << 16

// Unrecognized is a record that has the names that CloudTrail's events have, in a form
// that is not opened.
type Unrecognized struct {
	Body int    // its offset in the chunk
	Key  string // the member that the names are in: printable, of bounded length
}

// ScanError is an error in a host's chunk: it is broken at some byte. What came
// before was evaluated.
type ScanError struct {
	Tag     string
	Records int // evaluated before the byte
	Err     *msgpack.Error
}

// Error names the tag, the byte and how many records were evaluated.
func (e *ScanError) Error() string {
	return fmt.Sprintf("chunk of tag %q: %s; records evaluated before it: %d, none after it", e.Tag, e.Err, e.Records)
}

func (e *ScanError) Unwrap() error { return e.Err }

// StoreError means that the changes of a chunk could not be written to disk.
type StoreError struct {
	Tag string
	Err error
}

// Error names the tag and the reason.
func (e *StoreError) Error() string {
	return fmt.Sprintf("chunk of tag %q: its alerts cannot be stored: %v", e.Tag, e.Err)
}

func (e *StoreError) Unwrap() error { return e.Err }
