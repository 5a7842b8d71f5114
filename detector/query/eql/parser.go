package eql

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
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
	MaxLength = 256 << 10
	// MaxDepth is the maximum number of parentheses, functions and signs that are in
	// each other.
	MaxDepth = 64
	// MaxChain is the maximum number of arithmetic operators in a row.
	MaxChain = 256
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
		advice = append(advice, refuse(text, pipe, "each event is judged by itself, so that this pipe has no effect here"))
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
	category *token // nil for any
	head     query.Span
	where    query.Expr
}

// parser is a recursive-descent parser with one token of lookahead.
type parser struct {
	lexer
	token       token
	behind      int // the end of the token before
	depth       int
	operand     bool // an operand is expected
	afterNumber bool // a number stands directly before the token
}

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
	if err := checkText(text); err != nil {
		return nil, err
	}
	p := parser{lexer: lexer{query: text}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	q, expected := &parsed{}, `an operator, "and", "or" or the end of the query`
	var err *query.Error
	if p.isKeyword("sequence") {
		q.sequence, err = p.sequence()
		expected = `"[", "until" or the end of the query`
	} else {
		q.event, err = p.event()
	}
	if err != nil {
		return nil, err
	}
	for p.isOperator("|") {
		if err := p.pipe(q); err != nil {
			return nil, err
		}
	}
	if p.token.kind != nothing {
		return nil, p.unexpected(expected)
	}
	return q, nil
}

func checkText(text string) *query.Error {
	if len(text) > MaxLength {
		return refuse(text, span(MaxLength, len(text)), "the query has %d bytes, at most %d are allowed", len(text), MaxLength)
	}
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
			return refuse(text, span(i, i+1), "byte 0x%02X is not valid UTF-8", text[i])
		}
	}
	return nil
}

// advance goes to the next token.
func (p *parser) advance() *query.Error {
	last := p.token
	p.behind = p.token.span.End
	var err *query.Error
	p.token, err = p.lexer.next()
	p.afterNumber = last.kind == integer && p.token.span.Start == last.span.End
	return err
}

func (p *parser) isOperator(text string) bool {
	return p.token.kind == operator && p.token.text == text
}

func (p *parser) isKeyword(text string) bool {
	return p.token.kind == name && p.token.text == text && !p.token.tilde
}

// accept moves behind an operator, and reports whether it was there.
func (p *parser) accept(text string) (bool, *query.Error) {
	if !p.isOperator(text) {
		return false, nil
	}
	return true, p.advance()
}

func (p *parser) expect(text string) *query.Error {
	if !p.isOperator(text) {
		return p.unexpected(fmt.Sprintf("%q", text))
	}
	return p.advance()
}

// event reads "category where condition".
func (p *parser) event() (*event, *query.Error) {
	q := &event{head: p.token.span}
	switch t := p.token; {
	case t.kind == str:
		q.category = &t
	case t.kind != name || t.tilde:
		return nil, p.unexpected(`the category of the events, such as any, process or "my category"`)
	case t.text == "sample", t.text == "join":
		return nil, p.unsupported(t.span, "%q is not supported: a query is about one event, as in any where …, or a sequence", t.text)
	case t.text == "any":
	case keywords[t.text]:
		return nil, p.unexpected(`the category of the events, such as any, process or "my category"`)
	default:
		q.category = &t
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.isKeyword("where") {
		return nil, p.unexpected(`"where"`)
	}
	q.head.End = p.token.span.End
	if err := p.advance(); err != nil {
		return nil, err
	}
	var err *query.Error
	q.where, err = p.or()
	return q, err
}

// pipe reads "| head 5" or "| tail 5".
func (p *parser) pipe(q *parsed) *query.Error {
	at := p.token.span
	if err := p.advance(); err != nil {
		return err
	}
	if t := p.token; t.kind != name || t.text != "head" && t.text != "tail" {
		if t.kind != name {
			return p.unexpected(`a pipe, "head" or "tail"`)
		}
		return p.refuse(t.span, `unknown pipe %q: Elasticsearch has "head" and "tail"`, p.shown(t.span))
	}
	if err := p.advance(); err != nil {
		return err
	}
	if p.token.kind != integer {
		return p.unexpected("a number of events")
	}
	at.End = p.token.span.End
	if q.sequence != nil {
		return p.unsupported(at, "pipes behind a sequence are not supported: each match counts")
	}
	q.pipes = append(q.pipes, at)
	return p.advance()
}

// enter counts what is in each other.
func (p *parser) enter() *query.Error {
	if p.depth++; p.depth > MaxDepth {
		return p.refuse(p.token.span, "more than %d parentheses, functions and signs are in each other", MaxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// call returns a call that extends from the first to the last of its arguments.
func call(f query.Func, args ...query.Expr) *query.Call {
	at := args[0].Span()
	at.End = args[len(args)-1].Span().End
	return &query.Call{Func: f, Args: args, At: at}
}

func (p *parser) or() (query.Expr, *query.Error) { return p.chain("or", query.FnOr, p.and) }

func (p *parser) and() (query.Expr, *query.Error) { return p.chain("and", query.FnAnd, p.not) }

// chain reads operands that are joined by a keyword.
func (p *parser) chain(keyword string, f query.Func, operand func() (query.Expr, *query.Error)) (query.Expr, *query.Error) {
	first, err := operand()
	if err != nil || !p.isKeyword(keyword) {
		return first, err
	}
	all := []query.Expr{first}
	for p.isKeyword(keyword) {
		if err := p.advance(); err != nil {
			return nil, err
		}
		next, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	return call(f, all...), nil
}

func (p *parser) not() (query.Expr, *query.Error) {
	if !p.isKeyword("not") {
		return p.comparison()
	}
	start := p.token.span.Start
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if err := p.advance(); err != nil {
		return nil, err
	}
	operand, err := p.not()
	if err != nil {
		return nil, err
	}
	return &query.Call{Func: query.FnNot, Args: []query.Expr{operand}, At: span(start, operand.Span().End)}, nil
}

// comparisons are the operators that compare two values.
var comparisons = map[string]query.Func{
	"==": query.FnEqual, "!=": query.FnNotEqual, "<": query.FnLess, "<=": query.FnLessOrEqual, ">": query.FnGreater, ">=": query.FnGreaterOrEqual,
}

func (p *parser) comparison() (query.Expr, *query.Error) {
	left, err := p.sum()
	if err != nil || p.token.kind != operator {
		return left, err
	}
	op := p.token
	f, ok := comparisons[op.text]
	if !ok {
		return left, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.token.kind == operator {
		if _, ok := comparisons[p.token.text]; ok {
			return nil, p.refuse(p.token.span, `a comparison cannot be compared: write (a == b) == c, or join comparisons with "and"`)
		}
	}
	return call(f, left, right), nil
}

var (
	sums     = map[string]query.Func{"+": query.FnAdd, "-": query.FnSubtract}
	products = map[string]query.Func{"*": query.FnMultiply, "/": query.FnDivide, "%": query.FnModulo}
)

func (p *parser) sum() (query.Expr, *query.Error) { return p.arithmetic(sums, p.product) }

func (p *parser) product() (query.Expr, *query.Error) { return p.arithmetic(products, p.signed) }

// arithmetic reads operands that are joined by operators of one rank, from left to
// right.
func (p *parser) arithmetic(operators map[string]query.Func, operand func() (query.Expr, *query.Error)) (query.Expr, *query.Error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for n := 0; p.token.kind == operator; n++ {
		f, ok := operators[p.token.text]
		if !ok {
			break
		}
		if n == MaxChain {
			return nil, p.refuse(p.token.span, "more than %d arithmetic operators in a row", MaxChain)
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = call(f, left, right)
	}
	return left, nil
}

func (p *parser) signed() (query.Expr, *query.Error) {
	if !p.isOperator("-") && !p.isOperator("+") {
		return p.withPredicate()
	}
	sign := p.token
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == integer || p.token.kind == decimal { // so that -9223372036854775808 is a number
		return p.number(p.token, sign.text, sign.span.Start)
	}
	operand, err := p.signed()
	if err != nil {
		return nil, err
	}
	if sign.text == "+" {
		zero := &query.Constant{Value: int64(0), At: span(sign.span.Start, sign.span.Start)}
		return call(query.FnAdd, zero, operand), nil
	}
	return &query.Call{Func: query.FnMinus, Args: []query.Expr{operand}, At: span(sign.span.Start, operand.Span().End)}, nil
}
