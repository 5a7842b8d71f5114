package rule

import (
	"slices"
	"unicode/utf8"
)

// document is the text of a file, with its lines.
type document struct {
	path  string
	text  []byte
	lines []int // where each line starts, from the second on; made on first use

	// The place asked for last: on one long line, the next one is counted from
	// there.
	last struct{ start, at, column int }
}

// position is the line and the column, in characters, of the byte at an offset.
func (d *document) position(at int) (line, column int) {
	if d.lines == nil {
		d.lines = []int{}
		for i, c := range d.text {
			if c == '\n' {
				d.lines = append(d.lines, i+1)
			}
		}
	}
	at = max(0, min(at, len(d.text)))
	n, found := slices.BinarySearch(d.lines, at)
	if found {
		n++
	}
	start := 0
	if n > 0 {
		start = d.lines[n-1]
	}
	if d.last.start != start || d.last.at > at || d.last.column == 0 {
		d.last.start, d.last.at, d.last.column = start, start, 1
	}
	d.last.column += utf8.RuneCount(d.text[d.last.at:at])
	d.last.at = at
	return n + 1, d.last.column
}

// lineStart is the offset of a line's first byte. Lines count from 1; a line
// past the end starts at the end.
func (d *document) lineStart(line int) int {
	d.position(0)
	switch {
	case line <= 1:
		return 0
	case line-2 < len(d.lines):
		return d.lines[line-2]
	}
	return len(d.text)
}
