package esql

import (
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// token is a piece of a query.
type token struct {
	kind kind
	span query.Span
	text string // of a name, a quoted name and a string what it stands for, else as it is written
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
var operators = []string{"==", "!=", "<=", ">=", "::", "=~", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".", ":", "|", "?", "!"}

// lexer splits a query into tokens.
type lexer struct {
	query string
	pos   int
}

func span(start, end int) query.Span { return query.Span{Start: start, End: end} }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isName(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' }

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
		for l.pos++; isName(l.at(l.pos)); {
			l.pos++
		}
		return token{kind: name, span: span(start, l.pos), text: l.query[start:l.pos]}, nil
	case isDigit(c) || c == '.' && isDigit(l.at(start+1)):
		return l.number(), nil
	case c == '`':
		return l.backQuoted()
	case c == '"':
		return l.str()
	case c == '\'':
		return token{}, l.refuse(span(start, start+1), `single quotes are not allowed; write "…"`)
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
			n := closing(rest)
			if n < 0 {
				return l.refuse(span(l.pos, l.pos+2), "the comment is never closed, expected */ before the end of the query")
			}
			l.pos += n
		default:
			return nil
		}
	}
	return nil
}

// closing returns the length of the comment that a text begins with, which may have
// others in it, or -1.
func closing(text string) int {
	depth := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return -1
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

const rawQuotes = `"""`

// escapes are the characters that may stand behind a backslash, with what they mean.
var escapes = map[byte]byte{'t': '\t', 'n': '\n', 'r': '\r', '"': '"', '\\': '\\'}

// str reads a string, with escapes or raw.
func (l *lexer) str() (token, *query.Error) {
	if strings.HasPrefix(l.query[l.pos:], rawQuotes) {
		return l.raw()
	}
	start := l.pos
	var text strings.Builder
	for i := start + 1; i < len(l.query); i++ {
		switch c := l.query[i]; c {
		case '"':
			l.pos = i + 1
			return token{kind: str, span: span(start, l.pos), text: text.String()}, nil
		case '\n', '\r':
			return token{}, l.refuse(span(start, start+1), `the quote is not closed on its line; write \n for a line feed`)
		case '\\':
			i++
			meant, ok := escapes[l.at(i)]
			if !ok {
				_, size := utf8.DecodeRuneInString(l.query[i:])
				return token{}, l.refuse(span(i-1, i+size), `unknown escape, expected one of \t \n \r \" \\; write \\ for a backslash, or the text between """`)
			}
			text.WriteByte(meant)
		default:
			text.WriteByte(c)
		}
	}
	return token{}, l.refuse(span(start, start+1), `the quote is never closed, expected another " before the end of the query`)
}

// raw reads a string between three quotes, in which a backslash is one. One or two
// quotes before the closing ones belong to the text.
func (l *lexer) raw() (token, *query.Error) {
	start := l.pos
	line, _, _ := strings.Cut(l.query[start+len(rawQuotes):], "\n")
	n := strings.Index(line, rawQuotes)
	if n < 0 || strings.IndexByte(line[:n], '\r') >= 0 {
		return token{}, l.refuse(span(start, start+len(rawQuotes)), `the quotes are not closed on their line, expected another """`)
	}
	for range 2 {
		if strings.HasPrefix(line[n+len(rawQuotes):], `"`) {
			n++
		}
	}
	l.pos = start + len(rawQuotes) + n + len(rawQuotes)
	return token{kind: str, span: span(start, l.pos), text: line[:n]}, nil
}
