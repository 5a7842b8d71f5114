package esql

import (
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

// dialect is what of the syntax is that of ES|QL.
var dialect = &syntax.Dialect{
	Operators: []string{"==", "!=", "<=", ">=", "::", "=~", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".", ":", "|", "?", "!"},
	Name: func(l *syntax.Lexer) syntax.Token {
		start := l.Pos
		for l.Pos++; isName(l.At(l.Pos)); {
			l.Pos++
		}
		return syntax.Token{Kind: syntax.Name, Span: syntax.Span(start, l.Pos), Text: l.Query[start:l.Pos]}
	},
	Escape: func(l *syntax.Lexer, i int) (r rune, n int, err *query.Error) {
		meant, ok := escapes[l.At(i+1)]
		if !ok {
			return 0, 0, l.UnknownEscape(i, `\t \n \r \" \\`)
		}
		return meant, 2, nil
	},
	NestedComments: true,
	AnyCase:        true,
	Hint:           hint,
}

func isName(c byte) bool { return syntax.IsLetter(c) || syntax.IsDigit(c) || c == '_' }

// escapes are the characters that may stand behind a backslash, with what they mean.
var escapes = map[byte]rune{'t': '\t', 'n': '\n', 'r': '\r', '"': '"', '\\': '\\'}
