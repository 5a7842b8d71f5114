package eql

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

// hint explains common mistakes, most of them made by writing another language.
func hint(p *syntax.Parser) string {
	t := p.Token
	switch {
	case p.IsOperator("="):
		return "equality is written =="
	case p.IsOperator("!"):
		return `negation is written "not"`
	case p.IsOperator("[") && t.Span.Start == p.Behind:
		return "members of arrays cannot be chosen: a condition holds if it does for one of them"
	case p.IsOperator("|"):
		return `or is written "or"`
	case t.Kind != syntax.Name:
	case keywords[strings.ToLower(t.Text)] && !keywords[t.Text]:
		return "keywords are written in lower case"
	case t.Text == "of":
		return `"descendant of" and its like are not supported by Elasticsearch`
	case p.AfterDigit():
		return "a name that begins with a digit needs back quotes"
	}
	return ""
}

// nameExpected returns the error for the current token, where a name could have been.
func (p *parser) nameExpected(expected string) *query.Error {
	if t := p.Token; t.Kind == syntax.Name && keywords[t.Text] && t.Text != "of" {
		expected += "; a name that is a keyword needs back quotes"
	}
	return p.Unexpected(expected)
}

func (p *parser) operandExpected() *query.Error {
	return p.nameExpected(`a field, a value, a function, "not" or "("`)
}
