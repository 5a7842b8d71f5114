package kql

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

var (
	conditionExpected  = []string{"a field", "a value", `"("`, `"not"`}
	listValueExpected  = []string{"a value", `"("`, `"not"`}
	fieldValueExpected = []string{"a value", `"("`, `"{"`}
	rangeValueExpected = []string{"a value"}
)

// refuse returns an error with a message and, if it is not empty, a hint.
func (p *parser) refuse(at query.Span, hint, format string, args ...any) *query.Error {
	message := fmt.Sprintf(format, args...)
	if hint != "" {
		message += "; " + hint
	}
	return &query.Error{Query: p.query, Span: at, Message: message}
}

// missing returns the error for a condition or a value that does not start at the
// current place.
func (p *parser) missing(expected []string) *query.Error {
	if p.prev.kind == tokenKeyword && p.isWord(p.prev.span, "not") {
		expected = expected[:len(expected)-1] // "not" comes last
	}
	return p.refuse(p.here(), p.missingHint(), "found %s, expected %s %s", p.found(), oneOf(expected), p.afterPrev())
}

// unexpected returns the error for text that follows a complete condition or value.
func (p *parser) unexpected() *query.Error {
	expected := []string{`"and"`, `"or"`}
	if len(p.open) == 0 {
		expected = append(expected, "the end of the query")
	} else {
		opened := p.open[len(p.open)-1]
		closing := `")"`
		if opened.kind == tokenBrace {
			closing = `"}"`
		}
		if p.pos == len(p.query) {
			return p.refuse(opened.span, "", "%q is never closed, expected %s before the end of the query", p.text(opened.span), closing)
		}
		expected = append(expected, closing)
	}
	return p.refuse(p.here(), p.unexpectedHint(), "found %s%s, expected %s %s", p.found(), p.keywordFlaw(), oneOf(expected), p.afterPrev())
}

// unclosedQuote returns the error for the quote at the current place.
func (p *parser) unclosedQuote() *query.Error {
	return p.refuse(span(p.pos, p.pos+1), p.unclosedQuoteHint(), `the quote is never closed, expected another " before the end of the query`)
}

const escapes = `\t \r \n \uXXXX \\ \( \) \: \< \> \" \* \{ \} \and \or \Not`

// badEscape returns the error for the backslash at i, outside quotes.
func (p *parser) badEscape(i int) *query.Error {
	r, n := utf8.DecodeRuneInString(p.query[i+1:])
	found := `unknown escape \` + string(r)
	switch {
	case n == 0:
		found = "the query ends after a backslash"
	case spaceAt(p.query, i+1) > 0:
		n = 0
		found = "found a backslash before white space"
	case r == 'u':
		found = `found \u without four hexadecimal digits`
	}
	return p.refuse(span(i, i+1+n), `write \\ for a backslash, or quote the text`, "%s, expected one of %s", found, escapes)
}

// tooDeep returns the error for a parenthesis or brace at the current place.
func (p *parser) tooDeep() *query.Error {
	return p.refuse(span(p.pos, p.pos+1), "", "%d parentheses and braces are open, no more are allowed", len(p.open))
}

// here returns the span of the word at the current place. At the end of the query it
// is the place where more could have been written.
func (p *parser) here() query.Span {
	if p.pos == len(p.query) {
		return span(p.prev.span.End, p.prev.span.End)
	}
	return span(p.pos, p.wordEnd(p.pos))
}

// found describes the text at the current place.
func (p *parser) found() string {
	if p.pos == len(p.query) {
		return "the end of the query"
	}
	if p.peek() == '"' {
		return "a quote"
	}
	return `"` + p.shown(span(p.pos, p.wordEnd(p.pos))) + `"`
}

// keywordFlaw returns why the "and" or "or" at the current place is not a keyword,
// or "" if there is neither.
func (p *parser) keywordFlaw() string {
	end := p.wordEnd(p.pos)
	here := span(p.pos, end)
	switch {
	case p.prev.kind == tokenUnquoted || !p.isWord(here, "and") && !p.isWord(here, "or"):
		return ""
	case skipSpace(p.query, end) == len(p.query):
		return " with nothing after it"
	}
	return " without white space on both sides"
}

// wordEnd returns the end of the special character or of the word at i.
func (p *parser) wordEnd(i int) int {
	for end := i; end < len(p.query); end++ {
		if strings.IndexByte(unquotedSpecials, p.query[end]) >= 0 || spaceAt(p.query, end) > 0 {
			return max(end, i+1)
		}
	}
	return len(p.query)
}

// afterPrev describes what was read last.
func (p *parser) afterPrev() string {
	switch p.prev.kind {
	case tokenNone:
		return "at the start of the query"
	case tokenQuoted:
		return "after the quoted text " + p.shown(p.prev.span)
	case tokenUnquoted:
		return `after the text "` + p.shown(p.prev.span) + `"`
	}
	return `after "` + p.shown(p.prev.span) + `"`
}

const shownLength = 24 // characters of the query shown within a message

// shown returns a piece of the query as a message shows it. Long pieces lose their
// middle.
func (p *parser) shown(s query.Span) string {
	runes := []rune(p.text(s))
	if len(runes) > shownLength {
		const half = shownLength / 2
		tail := runes[len(runes)-half:]
		runes = append(append(runes[:half:half], '…'), tail...)
	}
	for i, r := range runes {
		if spaceAt(string(r), 0) > 0 {
			runes[i] = ' '
		}
	}
	return string(runes)
}

func (p *parser) text(s query.Span) string { return p.query[s.Start:s.End] }

// isWord reports whether the word stands at s, in any letter case.
func (p *parser) isWord(s query.Span, word string) bool {
	return s.End-s.Start == len(word) && wordAt(p.query, s.Start, word)
}

// oneOf writes a list as "a, b or c".
func oneOf(list []string) string {
	last := len(list) - 1
	if last < 1 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}
