package eql

import (
	"maps"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

// Language is EQL, by the name that rules have for it, for queries whose category is
// in event.category.
var Language = withCategory(categoryField)

const categoryField = "event.category"

func withCategory(field string) query.Language {
	return query.Language{
		Name:         "eql",
		Parse:        func(text string) (query.Node, error) { return parseFor(text, field) },
		WithCategory: withCategory,
		Advise:       advise,
	}
}

const (
	// MaxLength is the maximum length of a query, in bytes.
	MaxLength = syntax.MaxLength
	// MaxDepth is the maximum number of parentheses, functions and signs that are in
	// each other.
	MaxDepth = syntax.MaxDepth
	// MaxChain is the maximum number of arithmetic operators in a row.
	MaxChain = syntax.MaxChain
)

// Parse reads a query whose category is in event.category. The error, if any, is a
// [*query.Error] and reports the first mistake.
func Parse(text string) (query.Node, error) { return Language.Parse(text) }

func parseFor(text, field string) (query.Node, error) {
	q, err := parse(text)
	if err != nil {
		return nil, err
	}
	b := builder{query: text, category: field}
	if q.sequence != nil {
		sequence, err := b.sequence(q.sequence)
		if err != nil {
			return nil, err
		}
		return sequence, nil
	}
	node, err := b.event(q.event)
	if err != nil {
		return nil, err
	}
	return node, nil
}

// advise returns what has no effect: pipes.
func advise(text string) (advice []*query.Error) {
	q, err := parse(text)
	if err != nil {
		return nil
	}
	if q.sequence != nil {
		return nil
	}
	for _, pipe := range q.pipes {
		advice = append(advice, syntax.Refuse(text, pipe, "each event is judged by itself, so that this pipe has no effect here"))
	}
	return advice
}

// parsed is a parsed query: one about an event, or a sequence.
type parsed struct {
	event    *event
	sequence *sequence
	pipes    []query.Span
}

// event is a parsed condition on an event.
type event struct {
	category *syntax.Token // nil for any
	head     query.Span
	where    query.Expr
}

// parser is a recursive-descent parser.
type parser struct{ syntax.Parser }

// keywords cannot be names without back quotes.
var keywords = map[string]bool{
	"and": true, "any": true, "by": true, "false": true, "in": true, "join": true, "like": true, "maxspan": true, "not": true,
	"null": true, "of": true, "or": true, "regex": true, "sample": true, "sequence": true, "true": true, "until": true,
	"where": true, "with": true,
}

// functions are the functions by their names in lower case.
var functions = func() map[string]query.Func {
	lower := map[string]query.Func{}
	for name, f := range expr.Functions() {
		lower[strings.ToLower(name)] = f
	}
	return lower
}()

// functionNames are the names of the functions, as they are written.
var functionNames = slices.Sorted(maps.Keys(expr.Functions()))

func parse(text string) (*parsed, *query.Error) {
	var p parser
	if err := p.Begin(text, dialect); err != nil {
		return nil, err
	}
	q, expected := &parsed{}, `an operator, "and", "or" or the end of the query`
	var err *query.Error
	if p.IsKeyword("sequence") {
		q.sequence, err = p.sequence()
		expected = `"[", "until" or the end of the query`
	} else {
		q.event, err = p.event()
	}
	if err != nil {
		return nil, err
	}
	for p.IsOperator("|") {
		if err := p.pipe(q); err != nil {
			return nil, err
		}
	}
	if p.Token.Kind != syntax.End {
		return nil, p.Unexpected(expected)
	}
	return q, nil
}

// event reads "category where condition".
func (p *parser) event() (*event, *query.Error) {
	q := &event{head: p.Token.Span}
	switch t := p.Token; {
	case t.Kind == syntax.String:
		q.category = &t
	case t.Kind != syntax.Name || t.Tilde:
		return nil, p.Unexpected(`the category of the events, such as any, process or "my category"`)
	case t.Text == "sample", t.Text == "join":
		return nil, p.Unsupported(t.Span, "%q is not supported: a query is about one event, as in any where …, or a sequence", t.Text)
	case t.Text == "any":
	case keywords[t.Text]:
		return nil, p.Unexpected(`the category of the events, such as any, process or "my category"`)
	default:
		q.category = &t
	}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	if !p.IsKeyword("where") {
		return nil, p.Unexpected(`"where"`)
	}
	q.head.End = p.Token.Span.End
	if err := p.Advance(); err != nil {
		return nil, err
	}
	var err *query.Error
	q.where, err = p.or()
	return q, err
}

// pipe reads "| head 5" or "| tail 5".
func (p *parser) pipe(q *parsed) *query.Error {
	at := p.Token.Span
	if err := p.Advance(); err != nil {
		return err
	}
	if t := p.Token; t.Kind != syntax.Name || t.Text != "head" && t.Text != "tail" {
		if t.Kind != syntax.Name {
			return p.Unexpected(`a pipe, "head" or "tail"`)
		}
		return p.Refuse(t.Span, `unknown pipe %q: Elasticsearch has "head" and "tail"`, p.Shown(t.Span))
	}
	if err := p.Advance(); err != nil {
		return err
	}
	if p.Token.Kind != syntax.Integer {
		return p.Unexpected("a number of events")
	}
	at.End = p.Token.Span.End
	if q.sequence != nil {
		return p.Unsupported(at, "pipes behind a sequence are not supported: each match counts")
	}
	q.pipes = append(q.pipes, at)
	return p.Advance()
}

func (p *parser) or() (query.Expr, *query.Error) { return p.Chain("or", query.FnOr, p.and) }

func (p *parser) and() (query.Expr, *query.Error) { return p.Chain("and", query.FnAnd, p.not) }

func (p *parser) not() (query.Expr, *query.Error) { return p.Not(p.comparison) }

func (p *parser) comparison() (query.Expr, *query.Error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	f, ok := p.Comparison()
	if !ok {
		return left, nil
	}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	right, err := p.sum()
	if err != nil {
		return nil, err
	}
	if _, ok := p.Comparison(); ok {
		return nil, p.Refuse(p.Token.Span, `a comparison cannot be compared: write (a == b) == c, or join comparisons with "and"`)
	}
	return syntax.Call(f, left, right), nil
}

func (p *parser) sum() (query.Expr, *query.Error) { return p.Sum(p.signed) }

func (p *parser) signed() (query.Expr, *query.Error) {
	if !p.IsOperator("-") && !p.IsOperator("+") {
		return p.withPredicate()
	}
	sign := p.Token
	if err := p.Enter(); err != nil {
		return nil, err
	}
	defer p.Leave()
	if err := p.Advance(); err != nil {
		return nil, err
	}
	if p.Token.Kind == syntax.Integer || p.Token.Kind == syntax.Decimal { // so that -9223372036854775808 is a number
		return p.number(p.Token, sign.Text, sign.Span.Start)
	}
	operand, err := p.signed()
	if err != nil {
		return nil, err
	}
	if sign.Text == "+" {
		zero := &query.Constant{Value: int64(0), At: syntax.Span(sign.Span.Start, sign.Span.Start)}
		return syntax.Call(query.FnAdd, zero, operand), nil
	}
	return &query.Call{Func: query.FnMinus, Args: []query.Expr{operand}, At: syntax.Span(sign.Span.Start, operand.Span().End)}, nil
}
