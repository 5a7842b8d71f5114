package command

import (
	"fmt"
	"io"

	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
)

// maxFaults is how many places are named.
const maxFaults = 20

// faults collects what could not be read.
type faults struct {
	app    *app
	places []string // the first of them
	count  uint64
}

func (f *faults) any() bool { return f.count > 0 }

func (f *faults) note(format string, args ...any) {
	f.count++
	if len(f.places) < maxFaults {
		f.places = append(f.places, fmt.Sprintf(format, args...))
	}
}

// add notes the problems of a chunk, and the records in it, by the offsets of their
// bodies, that look like CloudTrail and cannot be read.
func (f *faults) add(c *pipeline.Chunk, unreadable []int) {
	if c.Err != nil {
		f.note("%s: %v", c.File, c.Err)
		return
	}
	for _, p := range c.Problems {
		f.note("%s:%d: %s (byte %d)", c.File, p.Line, p.Reason, p.Offset)
	}
	for _, body := range unreadable {
		if r, ok := c.RecordAt(body); ok {
			f.note("%s:%d: looks like CloudTrail and cannot be read: broken, cut short or nested too deeply (byte %d)", c.File, r.Line, r.Offset)
		}
	}
}

// write writes the places.
func (f *faults) write(w io.Writer) {
	if !f.any() {
		return
	}
	fmt.Fprintf(w, "%s\n", f.app.err.Bad(fmt.Sprintf("Not read, %s:", terminal.Plural(f.count, "place"))))
	for _, p := range f.places {
		fmt.Fprintf(w, "  %s\n", p)
	}
	if more := f.count - uint64(len(f.places)); more > 0 {
		fmt.Fprintf(w, "  and %s more\n", terminal.Count(more))
	}
}
