package eql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

const rawQuotes = `"""`

// str reads a string, with escapes or raw.
func (l *lexer) str() (token, *query.Error) {
	if strings.HasPrefix(l.query[l.pos:], rawQuotes) {
		return l.raw()
	}
	start := l.pos
	var text strings.Builder
	for i := start + 1; i < len(l.query); {
		switch c := l.query[i]; c {
		case '"':
			l.pos = i + 1
			return token{kind: str, span: span(start, l.pos), text: text.String()}, nil
		case '\n', '\r':
			return token{}, l.refuse(span(start, start+1), `the quote is not closed on its line; write \n for a line feed`)
		case '\\':
			r, n, err := l.escape(i)
			if err != nil {
				return token{}, err
			}
			text.WriteRune(r)
			i += n
		default:
			text.WriteByte(c)
			i++
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

const escapes = `\b \t \n \f \r \" \' \\ \u{XX}`

// escape reads the escape at i and returns its length.
func (l *lexer) escape(i int) (r rune, n int, err *query.Error) {
	switch c := l.at(i + 1); c {
	case 'b':
		return '\b', 2, nil
	case 't':
		return '\t', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'f':
		return '\f', 2, nil
	case 'r':
		return '\r', 2, nil
	case '"', '\'', '\\':
		return rune(c), 2, nil
	case 'u':
		if digits, _, ok := strings.Cut(l.query[i+2:], "}"); ok && len(digits) >= 3 && len(digits) <= 9 && digits[0] == '{' {
			n, err := strconv.ParseUint(digits[1:], 16, 32)
			if err == nil && n <= utf8.MaxRune && utf8.ValidRune(rune(n)) && isHexadecimal(digits[1:]) {
				return rune(n), 2 + len(digits) + 1, nil
			}
		}
		return 0, 0, l.refuse(span(i, i+2), `\u needs the number of a character, two to eight hexadecimal digits in braces, as in \u{2605}`)
	}
	_, size := utf8.DecodeRuneInString(l.query[i+1:])
	return 0, 0, l.refuse(span(i, i+1+size), `unknown escape, expected one of %s; write \\ for a backslash, or the text between """`, escapes)
}

func isHexadecimal(text string) bool { return strings.Trim(text, "0123456789abcdefABCDEF") == "" }
