package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is a mistake in a query: text that is not in the language, or a condition
// that the type of its field does not allow. It may also be something in the query
// that is not evaluated here.
type Error struct {
	// Query is the whole text.
	Query string
	// Span is the place of the mistake. It is empty where something is missing.
	Span Span
	// Message says in one line what is wrong and what is allowed.
	Message string
	// Unsupported means that the query may be right, but uses a part of the
	// language that is not evaluated here.
	Unsupported bool
}

// Error returns three lines: "line:column: message", the line of the query, and a
// caret below the place. Characters that do not print are shown as U+FFFD. A long
// line is shown in part.
func (e *Error) Error() string {
	line, column := e.Position()
	var b strings.Builder
	fmt.Fprintf(&b, "%d:%d: %s\n", line, column, strings.Map(printable, e.Message))
	e.writeExcerpt(&b)
	return b.String()
}

// Position returns the line and the column at which Span starts.
func (e *Error) Position() (line, column int) { return e.Span.Position(e.Query) }

// Position returns the line and the column of the text at which the span starts.
// Both count from 1, columns in characters.
func (s Span) Position(text string) (line, column int) {
	before := text[:s.Start]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[lineStart:])
}

const (
	excerptWidth = 100 // maximum number of characters of a line that are shown
	excerptAfter = 30  // number of them behind the place, if the line is that long
)

// writeExcerpt writes the line of the query and the line with the caret.
func (e *Error) writeExcerpt(b *strings.Builder) {
	head, tail := e.Query[:e.Span.Start], e.Query[e.Span.Start:]
	head = head[strings.LastIndexByte(head, '\n')+1:]
	if n := strings.IndexByte(tail, '\n'); n >= 0 {
		tail = strings.TrimSuffix(tail[:n], "\r")
	}
	// The line may be long, so only what can be shown of it is decoded.
	const maxBytes = (excerptWidth + 1) * utf8.UTFMax
	before := []rune(head[max(0, len(head)-maxBytes):])
	after := []rune(tail[:min(len(tail), maxBytes)])
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

// printable returns r, or U+FFFD if r could disturb a terminal or a log.
func printable(r rune) rune {
	if r == '\t' || unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) {
		return r
	}
	return utf8.RuneError
}

// writeBlankFor writes white space as wide as r, to keep the caret below its place.
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
