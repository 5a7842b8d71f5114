package esql

import (
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// hint explains common mistakes, most of them made by writing another language.
func hint(p *syntax.Parser) string {
	switch {
	case p.IsOperator("="):
		return "equality is written =="
	case p.IsOperator("!"):
		return `negation is written "not"`
	case p.IsOperator("-") && p.Behind == p.Token.Span.Start:
		return "a name with a dash needs back quotes"
	case p.IsOperator("?"):
		return "parameters have no values here"
	case p.IsOperator("["):
		return "a list is written in parentheses"
	case p.Token.Kind == syntax.Name && p.AfterDigit():
		return "a name that begins with a digit needs back quotes"
	}
	return ""
}

// unknownColumn returns the error for a name that is not a column, with the known one
// that was probably meant.
func unknownColumn(text string, at query.Span, name, why string, known []string) *query.Error {
	return syntax.Refuse(text, at, "unknown column %s%s%s", name, why, spelling.Suggest(name, known))
}
