package eql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

// dialect is what of the syntax is that of EQL. Names cannot have @ in them but at their
// beginning, and the operators and functions that ignore case have ~ directly behind them.
var dialect = &syntax.Dialect{
	Operators: []string{"==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".", ":", "|", "?", "=", "!"},
	Name: func(l *syntax.Lexer) syntax.Token {
		start := l.Pos
		for c := l.At(l.Pos); syntax.IsLetter(c) || syntax.IsDigit(c) || c == '_' || c == '@' && l.Pos == start; c = l.At(l.Pos) {
			l.Pos++
		}
		t := syntax.Token{Kind: syntax.Name, Span: syntax.Span(start, l.Pos), Text: l.Query[start:l.Pos]}
		if l.At(l.Pos) == '~' {
			l.Pos++
			t.Tilde = true
			t.Span.End = l.Pos
		}
		return t
	},
	Escape: escape,
	Refuse: func(l *syntax.Lexer) *query.Error {
		if next := l.At(l.Pos + 1); l.At(l.Pos) == '?' && (next == '"' || next == '\'') {
			return l.Refuse(syntax.Span(l.Pos, l.Pos+2), `strings of the form ?"…" are not allowed any more; write """…"""`)
		}
		return nil
	},
	Explain: func(rest string) string {
		if strings.HasPrefix(rest, "~") {
			return "; it belongs directly behind in, like, regex or a function"
		}
		return ""
	},
	Hint: hint,
}

const escapes = `\b \t \n \f \r \" \' \\ \u{XX}`

// escape reads the escape at i and returns its length.
func escape(l *syntax.Lexer, i int) (r rune, n int, err *query.Error) {
	switch c := l.At(i + 1); c {
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
		if digits, _, ok := strings.Cut(l.Query[i+2:], "}"); ok && len(digits) >= 3 && len(digits) <= 9 && digits[0] == '{' {
			n, err := strconv.ParseUint(digits[1:], 16, 32)
			if err == nil && n <= utf8.MaxRune && utf8.ValidRune(rune(n)) && isHexadecimal(digits[1:]) {
				return rune(n), 2 + len(digits) + 1, nil
			}
		}
		return 0, 0, l.Refuse(syntax.Span(i, i+2), `\u needs the number of a character, two to eight hexadecimal digits in braces, as in \u{2605}`)
	}
	return 0, 0, l.UnknownEscape(i, escapes)
}

func isHexadecimal(text string) bool { return strings.Trim(text, "0123456789abcdefABCDEF") == "" }
