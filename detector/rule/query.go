package rule

import (
	"strings"
	"unicode/utf8"
)

// anchor is a byte of a query and its place in the file. The bytes up to the
// next anchor follow on the same line.
type anchor struct{ at, line, column int }

// anchors ties a string to the file it was read from: at its start, after each
// of its newlines and after each escape.
func (d *document) anchors(v *value) []anchor {
	var out []anchor
	all := spans(v.raw, v.text)
	for i, s := range all {
		end := len(v.text)
		if i+1 < len(all) {
			end = all[i+1].decoded
		}
		for at := s.decoded; ; {
			line, column := d.position(v.at + s.raw + at - s.decoded)
			out = append(out, anchor{at: at, line: line, column: column})
			n := strings.IndexByte(v.text[at:end], '\n')
			if n < 0 {
				break
			}
			at += n + 1
		}
	}
	return out
}

// QueryPosition turns a place of the query, as a query error has it, into the
// place of the same character in the rule's file, whatever quotes and escapes
// the file uses. All four count from 1, columns in characters. A place outside
// of the query gives the nearest one in it. Without a file the place comes back
// as it is.
func (r *Rule) QueryPosition(line, column int) (fileLine, fileColumn int) {
	return r.Source.queryPosition(r.Query, line, column)
}

func (s *Source) queryPosition(query string, line, column int) (fileLine, fileColumn int) {
	if len(s.query) == 0 {
		return line, column
	}
	at := offset(query, line, column)
	a := s.query[0]
	for _, next := range s.query[1:] {
		if next.at > at {
			break
		}
		a = next
	}
	return a.line, a.column + utf8.RuneCountInString(query[a.at:at])
}

// offset is the byte at a line and a column of a text, the nearest one if there
// is none.
func offset(text string, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return len(text)
		}
		at += n + 1
	}
	for ; column > 1 && at < len(text) && text[at] != '\n'; column-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}
