package esql

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

func refuse(text string, at query.Span, format string, args ...any) *query.Error {
	return &query.Error{Query: text, Span: at, Message: fmt.Sprintf(format, args...)}
}

func (l *lexer) refuse(at query.Span, format string, args ...any) *query.Error {
	return refuse(l.query, at, format, args...)
}

// unsupported returns the error for a part of the language that is not evaluated here.
func (l *lexer) unsupported(at query.Span, format string, args ...any) *query.Error {
	err := refuse(l.query, at, format, args...)
	err.Unsupported = true
	return err
}

// unexpected returns the error for the current token.
func (p *parser) unexpected(expected string) *query.Error {
	hint := p.hint()
	if hint != "" {
		hint = "; " + hint
	}
	return p.refuse(p.here(), "found %s, expected %s%s", p.found(), expected, hint)
}

// here returns the place of the current token. At the end of the query it is the place
// where more could have been written.
func (p *parser) here() query.Span {
	if p.token.kind == nothing {
		return span(p.behind, p.behind)
	}
	return p.token.span
}

// found describes the current token.
func (p *parser) found() string {
	if p.token.kind == nothing {
		return "the end of the query"
	}
	return fmt.Sprintf("%q", p.shown(p.token.span))
}

const shownLength = 24 // characters of the query shown within a message

func (p *parser) shown(at query.Span) string {
	text := p.query[at.Start:at.End]
	if utf8.RuneCountInString(text) <= shownLength {
		return text
	}
	runes := []rune(text)
	return string(runes[:shownLength/2]) + "…" + string(runes[len(runes)-shownLength/2:])
}

// hint explains common mistakes, most of them made by writing another language.
func (p *parser) hint() string {
	t := p.token
	switch {
	case t.kind == operator && t.text == "=":
		return "equality is written =="
	case t.kind == operator && t.text == "!":
		return `negation is written "not"`
	case t.kind == operator && t.text == "-" && p.behind == t.span.Start:
		return "a name with a dash needs back quotes"
	case t.kind == operator && t.text == "?":
		return "parameters have no values here"
	case t.kind == operator && t.text == "[":
		return "a list is written in parentheses"
	case t.kind == name && p.query[:t.span.Start] != "" && isDigit(p.query[t.span.Start-1]):
		return "a name that begins with a digit needs back quotes"
	}
	return ""
}

// characterHint explains a character that begins no token.
func characterHint(rest string) string {
	switch {
	case strings.HasPrefix(rest, "&"):
		return `; and is written "and"`
	case strings.HasPrefix(rest, "“"), strings.HasPrefix(rest, "”"), strings.HasPrefix(rest, "„"):
		return `; only the plain " is a quote`
	case strings.HasPrefix(rest, "#"):
		return "; comments begin with //"
	}
	return "; a name with it needs back quotes, a text quotes"
}

// unknownColumn returns the error for a name that is not a column, with the known one
// that was probably meant.
func unknownColumn(text string, at query.Span, name, why string, known []string) *query.Error {
	return refuse(text, at, "unknown column %s%s%s", name, why, spelling.Suggest(name, known))
}
