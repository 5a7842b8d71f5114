// Package document reads TOML, JSON and YAML into trees whose values know their
// positions in the file, and checks the values as it converts them.
package document

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Document is the text of a file.
type Document struct {
	path  string
	text  []byte
	lines []int // where each line starts, from the second on; made on first use

	// The result of the last search: on a long line, the next search continues
	// from there.
	last struct{ start, at, column int }
}

// New returns a document. The path is for messages.
func New(path string, text []byte) *Document {
	return &Document{path: path, text: bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))} // the mark that some editors put before UTF-8
}

// position returns the line and the column, in characters, of the byte at an
// offset.
func (d *Document) position(at int) (line, column int) {
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

// Position returns the line and the column of a value.
func (d *Document) Position(v *Value) (line, column int) { return d.position(v.at) }

// KeyPosition returns the line and the column of the key of a value in a table.
func (d *Document) KeyPosition(v *Value) (line, column int) { return d.position(v.key) }

// lineStart returns the offset of the first byte of a line, or the end of the
// text. Lines count from 1.
func (d *Document) lineStart(line int) int {
	d.position(0)
	switch {
	case line <= 1:
		return 0
	case line-2 < len(d.lines):
		return d.lines[line-2]
	}
	return len(d.text)
}

// errorf returns an error at an offset.
func (d *Document) errorf(at int, key, format string, args ...any) *rule.Error {
	e := &rule.Error{Path: d.path, Key: key, Message: fmt.Sprintf(format, args...)}
	e.Line, e.Column = d.position(at)
	return e
}
