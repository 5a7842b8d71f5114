package rule

import (
	"strings"
	"unicode/utf8"
)

// Query is the text of a query and where it stands in its file.
type Query struct {
	Text     string
	Language string   // "kuery", "eql" or "sigma"
	Anchors  []Anchor // by offset, the first at 0; none if the query is not from a file

	// Summary is what people are shown instead of the text, if it is not empty.
	Summary string

	// CategoryField is the field that has the category of events, for languages in
	// which a query begins with one; empty: that of the language.
	CategoryField string
}

// Anchor is the position in the file of the byte at an offset of a query. The
// bytes up to the next anchor follow it on the same line.
type Anchor struct{ Offset, Line, Column int }

// Position returns the position in the file of the character at a position in
// the query, whatever quotes and escapes the file uses. Lines and columns count
// from 1, columns in characters. A position outside of the query stands for the
// nearest one in it. If the query is not from a file, the result is the same
// position.
func (q *Query) Position(line, column int) (fileLine, fileColumn int) {
	if len(q.Anchors) == 0 {
		return line, column
	}
	at := offset(q.Text, line, column)
	a := q.Anchors[0]
	for _, next := range q.Anchors[1:] {
		if next.Offset > at {
			break
		}
		a = next
	}
	return a.Line, a.Column + utf8.RuneCountInString(q.Text[a.Offset:at])
}

// offset returns the offset of a line and column of a text, or the nearest one.
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

// Shown returns what people are shown of the query.
func (q *Query) Shown() string {
	if q.Summary != "" {
		return q.Summary
	}
	return q.Text
}
