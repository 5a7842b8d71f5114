package eql

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

func refuse(text string, at query.Span, format string, args ...any) *query.Error {
	return &query.Error{Query: text, Span: at, Message: fmt.Sprintf(format, args...)}
}

// unsupported returns the error for a part of the language that is not evaluated here.
func (p *parser) unsupported(at query.Span, format string, args ...any) *query.Error {
	err := refuse(p.query, at, format, args...)
	err.Unsupported = true
	return err
}

func (p *parser) refuse(at query.Span, format string, args ...any) *query.Error {
	return refuse(p.query, at, format, args...)
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
	case t.kind == operator && t.text == "[" && t.span.Start == p.behind:
		return "members of arrays cannot be chosen: a condition holds if it does for one of them"
	case t.kind == operator && t.text == "|":
		return `or is written "or"`
	case t.kind == name && keywords[strings.ToLower(t.text)] && !keywords[t.text]:
		return "keywords are written in lower case"
	case t.kind == name && t.text == "of":
		return `"descendant of" and its like are not supported by Elasticsearch`
	case t.kind == name && keywords[t.text] && p.operand:
		return "a name that is a keyword needs back quotes"
	case t.kind == name && p.afterNumber:
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
	case strings.HasPrefix(rest, "~"):
		return "; it belongs directly behind in, like, regex or a function"
	case strings.HasPrefix(rest, "#"):
		return "; comments begin with //"
	}
	return "; a name with it needs back quotes, a text quotes"
}
