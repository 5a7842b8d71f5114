package syntax

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

const (
	// MaxLength is the maximum length of a query, in bytes.
	MaxLength = 256 << 10
	// MaxDepth is the maximum number of parentheses, functions and signs that are in
	// each other.
	MaxDepth = 64
	// MaxChain is the maximum number of arithmetic operators in a row.
	MaxChain = 256
)

// Parser is the part of a recursive-descent parser with one token of lookahead that is
// the same for all dialects.
type Parser struct {
	Lexer
	Token  Token
	Behind int // the end of the token before
	depth  int
}

// Begin makes the first token of a query the current one.
func (p *Parser) Begin(text string, d *Dialect) *query.Error {
	if err := check(text); err != nil {
		return err
	}
	p.Lexer = Lexer{Query: text, Dialect: d}
	return p.Advance()
}

// check refuses a query that is too long, or not UTF-8.
func check(text string) *query.Error {
	if len(text) > MaxLength {
		return Refuse(text, Span(MaxLength, len(text)), "the query has %d bytes, at most %d are allowed", len(text), MaxLength)
	}
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
			return Refuse(text, Span(i, i+1), "byte 0x%02X is not valid UTF-8", text[i])
		}
	}
	return nil
}

// Advance goes to the next token.
func (p *Parser) Advance() *query.Error {
	p.Behind = p.Token.Span.End
	var err *query.Error
	p.Token, err = p.Next()
	return err
}

// IsOperator reports whether the current token is that operator.
func (p *Parser) IsOperator(text string) bool {
	return p.Token.Kind == Operator && p.Token.Text == text
}

// IsKeyword reports whether the current token is that keyword.
func (p *Parser) IsKeyword(word string) bool {
	if p.Token.Kind != Name || p.Token.Tilde {
		return false
	}
	return p.Token.Text == word || p.Dialect.AnyCase && strings.EqualFold(p.Token.Text, word)
}

// Accept moves behind an operator, and reports whether it was there.
func (p *Parser) Accept(text string) (bool, *query.Error) {
	if !p.IsOperator(text) {
		return false, nil
	}
	return true, p.Advance()
}

// Expect moves behind an operator, which must be there.
func (p *Parser) Expect(text string) *query.Error {
	if !p.IsOperator(text) {
		return p.Unexpected(fmt.Sprintf("%q", text))
	}
	return p.Advance()
}

// Enter counts what is in each other, until Leave.
func (p *Parser) Enter() *query.Error {
	if p.depth++; p.depth > MaxDepth {
		return p.Refuse(p.Token.Span, "more than %d parentheses, functions and signs are in each other", MaxDepth)
	}
	return nil
}

// Leave ends what Enter has begun.
func (p *Parser) Leave() { p.depth-- }

// Refuse returns the error for a place in a query.
func Refuse(text string, at query.Span, format string, args ...any) *query.Error {
	return &query.Error{Query: text, Span: at, Message: fmt.Sprintf(format, args...)}
}

// Unsupported returns the error for a part of a language that is not evaluated here.
func Unsupported(text string, at query.Span, format string, args ...any) *query.Error {
	err := Refuse(text, at, format, args...)
	err.Unsupported = true
	return err
}

// Refuse returns the error for a place in the query.
func (l *Lexer) Refuse(at query.Span, format string, args ...any) *query.Error {
	return Refuse(l.Query, at, format, args...)
}

// Unsupported returns the error for a part of the language that is not evaluated here.
func (l *Lexer) Unsupported(at query.Span, format string, args ...any) *query.Error {
	return Unsupported(l.Query, at, format, args...)
}

// Unexpected returns the error for the current token.
func (p *Parser) Unexpected(expected string) *query.Error {
	hint := p.Dialect.Hint(p)
	if hint != "" {
		hint = "; " + hint
	}
	at, found := p.Token.Span, "the end of the query"
	if p.Token.Kind == End {
		at = Span(p.Behind, p.Behind) // where more could have been written
	} else {
		found = fmt.Sprintf("%q", p.Shown(at))
	}
	return p.Refuse(at, "found %s, expected %s%s", found, expected, hint)
}

const shownLength = 24 // characters of the query shown within a message

// Shown returns a part of the query as a message has it: long ones without their middle.
func (p *Parser) Shown(at query.Span) string {
	text := p.Query[at.Start:at.End]
	if utf8.RuneCountInString(text) <= shownLength {
		return text
	}
	runes := []rune(text)
	return string(runes[:shownLength/2]) + "…" + string(runes[len(runes)-shownLength/2:])
}

// AfterDigit reports whether the current token is directly behind a digit: a name that
// begins with one needs back quotes.
func (p *Parser) AfterDigit() bool {
	at := p.Token.Span.Start
	return at > 0 && at == p.Behind && IsDigit(p.Query[at-1])
}
