package kql

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is a query that is not in the language.
type Error struct {
	// Query is the whole query.
	Query string
	// Span is the place of the mistake. It is empty where something is missing.
	Span Span
	// Message says in one line what was found and what was expected.
	Message string
	// Expected lists what could have stood there instead; empty when nothing could.
	Expected []string
	// Hint is advice about a well-known slip, or empty.
	Hint string
}

// Error gives three lines: "line:column: message; hint", the line of the query,
// and a caret under the place. Characters that do not print are shown as U+FFFD,
// and a long line only in part.
func (e *Error) Error() string {
	line, column := e.Position()
	var b strings.Builder
	fmt.Fprintf(&b, "%d:%d: %s", line, column, e.Message)
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	b.WriteByte('\n')
	e.writeExcerpt(&b)
	return b.String()
}

// Position is where Span starts: the line, and the column in characters, both
// counted from 1.
func (e *Error) Position() (line, column int) { return position(e.Query, e.Span.Start) }

func position(query string, at int) (line, column int) {
	before := query[:at]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[lineStart:])
}

const (
	excerptWidth = 100 // characters of a line that are shown at most
	excerptAfter = 30  // how many of them follow the place, if there are as many
)

// writeExcerpt writes the line of the query and the line with the caret.
func (e *Error) writeExcerpt(b *strings.Builder) {
	head, tail := e.Query[:e.Span.Start], e.Query[e.Span.Start:]
	head = head[strings.LastIndexByte(head, '\n')+1:]
	if n := strings.IndexByte(tail, '\n'); n >= 0 {
		tail = strings.TrimSuffix(tail[:n], "\r")
	}
	// The line may be long, so only what can be shown of it is decoded.
	const most = (excerptWidth + 1) * utf8.UTFMax
	before := []rune(head[max(0, len(head)-most):])
	after := []rune(tail[:min(len(tail), most)])
	cutBefore := max(0, len(before)+min(len(after), excerptAfter)-excerptWidth)
	before = before[cutBefore:]
	cutAfter := max(0, len(before)+len(after)-excerptWidth)
	after = after[:len(after)-cutAfter]

	var below strings.Builder
	if cutBefore > 0 {
		b.WriteRune('…')
		below.WriteByte(' ')
	}
	for _, r := range before {
		b.WriteRune(printable(r))
		writeBlankFor(&below, r)
	}
	for _, r := range after {
		b.WriteRune(printable(r))
	}
	if cutAfter > 0 {
		b.WriteRune('…')
	}
	b.WriteByte('\n')
	b.WriteString(below.String())
	b.WriteByte('^')
}

// printable is r, or U+FFFD where a terminal or a log would take r amiss.
func printable(r rune) rune {
	if r == '\t' || unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) {
		return r
	}
	return utf8.RuneError
}

// writeBlankFor writes white space as wide as r, so that the caret stays below
// its place.
func writeBlankFor(b *strings.Builder, r rune) {
	switch {
	case r == '\t', unicode.Is(unicode.Zs, r):
		b.WriteRune(r)
	case unicode.In(r, unicode.Mn, unicode.Me):
		// combines with the character before
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		b.WriteRune('\u3000') // the blank of the wide scripts
	default:
		b.WriteByte(' ')
	}
}
