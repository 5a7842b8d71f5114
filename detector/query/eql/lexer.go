package eql

import (
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// token is a piece of a query.
type token struct {
	kind  kind
	span  query.Span
	text  string // of a name and a string what it stands for, else as it is written
	tilde bool   // a name with ~ directly behind it
}

type kind uint8

const (
	nothing  kind = iota // the end of the query
	name                 // or a keyword
	quoted               // a name in back quotes
	str                  // a string
	integer              // without a sign
	decimal              // with a point or an exponent
	operator             // and other punctuation
)

// operators are the operators and the other punctuation, longer ones first.
var operators = []string{"==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".", ":", "|", "?", "=", "!"}

// lexer splits a query into tokens.
type lexer struct {
	query string
	pos   int
}

func span(start, end int) query.Span { return query.Span{Start: start, End: end} }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// at returns the byte at i, 0 at the end.
func (l *lexer) at(i int) byte {
	if i < len(l.query) {
		return l.query[i]
	}
	return 0
}

// next returns the next token, and moves behind it.
func (l *lexer) next() (token, *query.Error) {
	if err := l.skipBlank(); err != nil {
		return token{}, err
	}
	start := l.pos
	c := l.at(start)
	switch {
	case start == len(l.query):
		return token{kind: nothing, span: span(start, start)}, nil
	case isLetter(c) || c == '_' || c == '@':
		return l.name(), nil
	case isDigit(c) || c == '.' && isDigit(l.at(start+1)):
		return l.number(), nil
	case c == '`':
		return l.backQuoted()
	case c == '"':
		return l.str()
	case c == '\'':
		return token{}, l.refuse(span(start, start+1), `single quotes are not allowed; write "…"`)
	case c == '?' && (l.at(start+1) == '"' || l.at(start+1) == '\''):
		return token{}, l.refuse(span(start, start+2), `strings of the form ?"…" are not allowed any more; write """…"""`)
	}
	for _, op := range operators {
		if strings.HasPrefix(l.query[start:], op) {
			l.pos += len(op)
			return token{kind: operator, span: span(start, l.pos), text: op}, nil
		}
	}
	_, n := utf8.DecodeRuneInString(l.query[start:])
	return token{}, l.refuse(span(start, start+n), "%q is not allowed here%s", l.query[start:start+n], characterHint(l.query[start:]))
}

func (l *lexer) refuse(at query.Span, format string, args ...any) *query.Error {
	return refuse(l.query, at, format, args...)
}

// skipBlank moves behind white space and comments.
func (l *lexer) skipBlank() *query.Error {
	for l.pos < len(l.query) {
		switch rest := l.query[l.pos:]; {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "//"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			l.pos += n
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return l.refuse(span(l.pos, l.pos+2), "the comment is never closed, expected */ before the end of the query")
			}
			l.pos += 2 + n + 2
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) name() token {
	start := l.pos
	for c := l.at(l.pos); isLetter(c) || isDigit(c) || c == '_' || c == '@' && l.pos == start; c = l.at(l.pos) {
		l.pos++
	}
	t := token{kind: name, span: span(start, l.pos), text: l.query[start:l.pos]}
	if l.at(l.pos) == '~' {
		l.pos++
		t.tilde = true
		t.span.End = l.pos
	}
	return t
}

func (l *lexer) number() token {
	start := l.pos
	digits := func() {
		for isDigit(l.at(l.pos)) {
			l.pos++
		}
	}
	t := token{kind: integer}
	digits()
	if l.at(l.pos) == '.' {
		t.kind = decimal
		l.pos++
		digits()
	}
	if c := l.at(l.pos); c|0x20 == 'e' {
		exponent := l.pos + 1
		if sign := l.at(exponent); sign == '+' || sign == '-' {
			exponent++
		}
		if isDigit(l.at(exponent)) {
			t.kind = decimal
			l.pos = exponent
			digits()
		}
	}
	t.span, t.text = span(start, l.pos), l.query[start:l.pos]
	return t
}

// backQuoted reads a name in back quotes. A back quote in it is written twice.
func (l *lexer) backQuoted() (token, *query.Error) {
	start := l.pos
	var text strings.Builder
	for i := start + 1; i < len(l.query); i++ {
		if l.query[i] != '`' {
			text.WriteByte(l.query[i])
			continue
		}
		if l.at(i+1) == '`' {
			text.WriteByte('`')
			i++
			continue
		}
		if text.Len() == 0 {
			return token{}, l.refuse(span(start, i+1), "the name between the back quotes is empty")
		}
		l.pos = i + 1
		return token{kind: quoted, span: span(start, l.pos), text: text.String()}, nil
	}
	return token{}, l.refuse(span(start, start+1), "the back quote is never closed, expected another ` before the end of the query")
}
