// Package syntax has what the parsers of EQL and ES|QL have in common: tokens, the
// expressions that are made of operands and operators, and errors that say where
// something was found and what was expected. What differs is a [Dialect].
package syntax

import (
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Token is a piece of a query.
type Token struct {
	Kind  Kind
	Span  query.Span
	Text  string // of a name, a quoted name and a string what it stands for, else as it is written
	Tilde bool   // of a name: ~ is directly behind it, if the dialect has that
}

// Kind is the kind of a token.
type Kind uint8

// The kinds.
const (
	End      Kind = iota // of the query
	Name                 // or a keyword
	Quoted               // a name in back quotes
	String               //
	Integer              // without a sign
	Decimal              // with a point or an exponent
	Operator             // and other punctuation
)

// Dialect is what differs between languages.
type Dialect struct {
	// Operators are the operators and the other punctuation, longer ones first.
	Operators []string
	// Name reads a name, which begins at the position of the lexer.
	Name func(*Lexer) Token
	// Escape reads the escape at an offset within a string, and returns its length.
	Escape func(l *Lexer, at int) (r rune, n int, err *query.Error)
	// Refuse returns the error for what begins there, nil if it may be a token.
	Refuse func(*Lexer) *query.Error
	// Explain returns why a character may not begin a token, "" if nothing is known.
	Explain func(rest string) string
	// NestedComments means that comments may be in each other.
	NestedComments bool
	// AnyCase means that keywords may be written in any case.
	AnyCase bool
	// Hint explains what was found instead of what was expected, "" if nothing is known.
	Hint func(*Parser) string
}

// Lexer splits a query into tokens.
type Lexer struct {
	Query   string
	Pos     int // behind the newest token
	Dialect *Dialect
}

// Span returns the span between two offsets.
func Span(start, end int) query.Span { return query.Span{Start: start, End: end} }

// IsLetter reports whether a byte is an ASCII letter.
func IsLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// IsDigit reports whether a byte is an ASCII digit.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }

// At returns the byte at i, 0 at the end.
func (l *Lexer) At(i int) byte {
	if i < len(l.Query) {
		return l.Query[i]
	}
	return 0
}

// Next returns the next token, and moves behind it.
func (l *Lexer) Next() (Token, *query.Error) {
	if err := l.SkipBlank(); err != nil {
		return Token{}, err
	}
	start := l.Pos
	c := l.At(start)
	switch {
	case start == len(l.Query):
		return Token{Kind: End, Span: Span(start, start)}, nil
	case IsLetter(c) || c == '_' || c == '@':
		return l.Dialect.Name(l), nil
	case IsDigit(c) || c == '.' && IsDigit(l.At(start+1)):
		return l.number(), nil
	case c == '`':
		return l.backQuoted()
	case c == '"':
		return l.Str()
	case c == '\'':
		return Token{}, l.Refuse(Span(start, start+1), `single quotes are not allowed; write "…"`)
	}
	if l.Dialect.Refuse != nil {
		if err := l.Dialect.Refuse(l); err != nil {
			return Token{}, err
		}
	}
	for _, op := range l.Dialect.Operators {
		if strings.HasPrefix(l.Query[start:], op) {
			l.Pos += len(op)
			return Token{Kind: Operator, Span: Span(start, l.Pos), Text: op}, nil
		}
	}
	_, n := utf8.DecodeRuneInString(l.Query[start:])
	return Token{}, l.Refuse(Span(start, start+n), "%q is not allowed here%s", l.Query[start:start+n], l.explain(l.Query[start:]))
}

// explain explains a character that begins no token.
func (l *Lexer) explain(rest string) string {
	if l.Dialect.Explain != nil {
		if why := l.Dialect.Explain(rest); why != "" {
			return why
		}
	}
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

// SkipBlank moves behind white space and comments.
func (l *Lexer) SkipBlank() *query.Error {
	for l.Pos < len(l.Query) {
		switch rest := l.Query[l.Pos:]; {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			l.Pos++
		case strings.HasPrefix(rest, "//"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			l.Pos += n
		case strings.HasPrefix(rest, "/*"):
			n := comment(rest, l.Dialect.NestedComments)
			if n < 0 {
				return l.Refuse(Span(l.Pos, l.Pos+2), "the comment is never closed, expected */ before the end of the query")
			}
			l.Pos += n
		default:
			return nil
		}
	}
	return nil
}

// comment returns the length of the comment that a text begins with, or -1.
func comment(text string, nested bool) int {
	depth := 1
	for i := 2; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			if nested {
				depth++
				i++
			}
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

func (l *Lexer) number() Token {
	start := l.Pos
	digits := func() {
		for IsDigit(l.At(l.Pos)) {
			l.Pos++
		}
	}
	t := Token{Kind: Integer}
	digits()
	if l.At(l.Pos) == '.' {
		t.Kind = Decimal
		l.Pos++
		digits()
	}
	if c := l.At(l.Pos); c|0x20 == 'e' {
		exponent := l.Pos + 1
		if sign := l.At(exponent); sign == '+' || sign == '-' {
			exponent++
		}
		if IsDigit(l.At(exponent)) {
			t.Kind = Decimal
			l.Pos = exponent
			digits()
		}
	}
	t.Span, t.Text = Span(start, l.Pos), l.Query[start:l.Pos]
	return t
}

// backQuoted reads a name in back quotes. A back quote in it is written twice.
func (l *Lexer) backQuoted() (Token, *query.Error) {
	start := l.Pos
	var text strings.Builder
	for i := start + 1; i < len(l.Query); i++ {
		if l.Query[i] != '`' {
			text.WriteByte(l.Query[i])
			continue
		}
		if l.At(i+1) == '`' {
			text.WriteByte('`')
			i++
			continue
		}
		if text.Len() == 0 {
			return Token{}, l.Refuse(Span(start, i+1), "the name between the back quotes is empty")
		}
		l.Pos = i + 1
		return Token{Kind: Quoted, Span: Span(start, l.Pos), Text: text.String()}, nil
	}
	return Token{}, l.Refuse(Span(start, start+1), "the back quote is never closed, expected another ` before the end of the query")
}

const rawQuotes = `"""`

// Str reads a string, with escapes or raw.
func (l *Lexer) Str() (Token, *query.Error) {
	if strings.HasPrefix(l.Query[l.Pos:], rawQuotes) {
		return l.raw()
	}
	start := l.Pos
	var text strings.Builder
	for i := start + 1; i < len(l.Query); {
		switch c := l.Query[i]; c {
		case '"':
			l.Pos = i + 1
			return Token{Kind: String, Span: Span(start, l.Pos), Text: text.String()}, nil
		case '\n', '\r':
			return Token{}, l.Refuse(Span(start, start+1), `the quote is not closed on its line; write \n for a line feed`)
		case '\\':
			r, n, err := l.Dialect.Escape(l, i)
			if err != nil {
				return Token{}, err
			}
			text.WriteRune(r)
			i += n
		default:
			text.WriteByte(c)
			i++
		}
	}
	return Token{}, l.Refuse(Span(start, start+1), `the quote is never closed, expected another " before the end of the query`)
}

// raw reads a string between three quotes, in which a backslash is one. One or two
// quotes before the closing ones belong to the text.
func (l *Lexer) raw() (Token, *query.Error) {
	start := l.Pos
	line, _, _ := strings.Cut(l.Query[start+len(rawQuotes):], "\n")
	n := strings.Index(line, rawQuotes)
	if n < 0 || strings.IndexByte(line[:n], '\r') >= 0 {
		return Token{}, l.Refuse(Span(start, start+len(rawQuotes)), `the quotes are not closed on their line, expected another """`)
	}
	for range 2 {
		if strings.HasPrefix(line[n+len(rawQuotes):], `"`) {
			n++
		}
	}
	l.Pos = start + len(rawQuotes) + n + len(rawQuotes)
	return Token{Kind: String, Span: Span(start, l.Pos), Text: line[:n]}, nil
}

// UnknownEscape returns the error for the escape at an offset.
func (l *Lexer) UnknownEscape(at int, allowed string) *query.Error {
	_, size := utf8.DecodeRuneInString(l.Query[at+1:])
	return l.Refuse(Span(at, at+1+size), `unknown escape, expected one of %s; write \\ for a backslash, or the text between """`, allowed)
}
