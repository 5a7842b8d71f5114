package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
)

// maxFaults is the maximum number of positions that are listed.
const maxFaults = 20

// maxSkipped is the maximum number of skipped files that are listed.
const maxSkipped = 5

// faults collects what could not be read.
type faults struct {
	app   *app
	list  []string // the first ones, with their positions
	count uint64
}

func (f *faults) any() bool { return f.count > 0 }

func (f *faults) addf(format string, args ...any) {
	f.count++
	if len(f.list) < maxFaults {
		f.list = append(f.list, fmt.Sprintf(format, args...))
	}
}

// add adds the problems of a chunk, the records in it that look like CloudTrail and
// cannot be read, by the offsets of their bodies, and those that are unrecognized.
func (f *faults) add(c *pipeline.Chunk, unreadable []int, unrecognized []detector.Unrecognized) {
	if c.Err != nil {
		f.addf("%s: %v", c.File, c.Err)
		return
	}
	for _, p := range c.Problems {
		f.addf("%s:%d: %s (byte %d)", c.File, p.Line, p.Reason, p.Offset)
	}
	for _, body := range unreadable {
		if r, ok := c.RecordAt(body); ok {
			f.addf("%s:%d: looks like CloudTrail and cannot be read: broken, cut short or nested too deeply (byte %d)", c.File, r.Line, r.Offset)
		}
	}
	for _, u := range unrecognized {
		if r, ok := c.RecordAt(u.Body); ok {
			f.addf("%s:%d: unrecognised: has names of events in a form that is not read, in %q (byte %d)", c.File, r.Line, u.Key, r.Offset)
		}
	}
}

// write writes the list.
func (f *faults) write(w io.Writer) {
	if !f.any() {
		return
	}
	fmt.Fprintf(w, "%s\n", f.app.err.Bad(fmt.Sprintf("Not read, %s:", terminal.Plural(f.count, "place"))))
	for _, p := range f.list {
		fmt.Fprintf(w, "  %s\n", p)
	}
	if more := f.count - uint64(len(f.list)); more > 0 {
		fmt.Fprintf(w, "  and %s more\n", terminal.Count(more))
	}
}

// writeSkipped lists files in directories that were not read, because their names have
// other endings.
func (a *app) writeSkipped(w io.Writer, files []string) {
	if len(files) == 0 {
		return
	}
	list := strings.Join(files[:min(len(files), maxSkipped)], ", ")
	if more := len(files) - maxSkipped; more > 0 {
		list += fmt.Sprintf(" and %s more", terminal.Count(uint64(more)))
	}
	fmt.Fprintf(w, "%s %s\n", a.err.Faint(fmt.Sprintf("Skipped %s, whose names do not end in %s:", terminal.Plural(len(files), "file"), ingest.Endings)), list)
}
