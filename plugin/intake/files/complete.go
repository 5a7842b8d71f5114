package files

import (
	"bufio"
	"io"
)

// section is a part of a text that can be read by itself.
type section struct {
	// end is the end of the last line or value that is complete.
	end int64
	// lines is the end of the last line, which may be within a value.
	lines int64
}

// maxSection is about how much of a text is read at once. A longer value is read as a
// whole.
const maxSection = 8 << 20

// complete finds out up to where the text in [from, size) is complete: up to the end of a
// line outside of a JSON value, or of a value whose line has not ended yet. A line end in a
// string means that the line is not JSON. It stops after about maxBytes.
func complete(r io.ReaderAt, from, size, maxBytes int64) (section, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(r, from, size-from), 64<<10)
	s := section{end: from, lines: from}
	const (
		outside = iota // of a value, at the beginning of a line or after a value
		inText         // in a line that is not JSON
		inValue
		inString
		inEscape
	)
	state, depth := outside, 0
	for at := from; ; {
		have, err := in.Peek(1)
		if len(have) == 0 {
			if err == io.EOF {
				err = nil
			}
			return s, err
		}
		have, _ = in.Peek(in.Buffered())
		for i, c := range have {
			if c == '\n' {
				s.lines = at + int64(i) + 1
			}
			switch state {
			case outside:
				switch c {
				case '{', '[':
					state, depth = inValue, 1
				case '\n':
					s.end = s.lines
				case ' ', '\t', '\r', ',':
				default:
					state = inText
				}
			case inText:
				if c == '\n' {
					state, s.end = outside, s.lines
				}
			case inValue:
				switch c {
				case '"':
					state = inString
				case '{', '[':
					depth++
				case '}', ']':
					if depth--; depth == 0 {
						state, s.end = outside, at+int64(i)+1
					}
				}
			case inString:
				switch c {
				case '"':
					state = inValue
				case '\\':
					state = inEscape
				case '\n':
					state, s.end = outside, s.lines
				}
			case inEscape:
				state = inString
				if c == '\n' {
					state, s.end = outside, s.lines
				}
			}
			if s.end-from >= maxBytes && s.end == at+int64(i)+1 {
				return s, nil
			}
		}
		at += int64(len(have))
		_, _ = in.Discard(len(have))
	}
}
