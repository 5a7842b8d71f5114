package kql

import (
	"fmt"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Language is KQL, by the name that rules have for it.
var Language = query.Language{Name: "kuery", Parse: Parse, Format: Format}

const (
	// MaxLength is the maximum length of a query, in bytes.
	MaxLength = 256 << 10
	// MaxDepth is the maximum number of parentheses and braces open at once.
	MaxDepth = 64
)

// Parse reads a query. The empty query is true for every document.
//
// The error, if any, is always a [*query.Error] and reports the first mistake:
// text that is not in the language, not UTF-8, longer than [MaxLength] or nested
// deeper than [MaxDepth].
//
// A half of a surrogate pair (`\ud83d`) without the other becomes U+FFFD.
//
// Source: Kibana kbn-es-query grammar.
func Parse(text string) (query.Node, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	p := parser{query: text}
	node, err := p.start()
	if err != nil {
		return nil, err
	}
	return node, nil
}

func checkText(text string) error {
	if len(text) > MaxLength {
		return &query.Error{
			Query:   text,
			Span:    span(MaxLength, len(text)),
			Message: fmt.Sprintf("the query has %d bytes, at most %d are allowed", len(text), MaxLength),
		}
	}
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
			return &query.Error{
				Query:   text,
				Span:    span(i, i+1),
				Message: fmt.Sprintf("byte 0x%02X is not valid UTF-8", text[i]),
			}
		}
	}
	return nil
}

// parser is a recursive-descent parser. The grammar uses ordered choice, but the
// first character after a literal decides which choice can succeed, so the parser
// never backtracks.
type parser struct {
	query string
	pos   int
	prev  token // the last one, apart from white space
	open  []token
}

// token is a piece of the query, for messages.
type token struct {
	kind tokenKind
	span query.Span
	bare bool // a value without a field
}

type tokenKind uint8

const (
	tokenNone tokenKind = iota
	tokenKeyword
	tokenParen // (, of conditions
	tokenList  // (, of values
	tokenBrace // {
	tokenClose // ) or }
	tokenColon
	tokenRangeOp
	tokenQuoted
	tokenUnquoted
)

// span returns a piece of the query.
func span(start, end int) query.Span { return query.Span{Start: start, End: end} }

// peek returns the byte at the current place, 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.query) {
		return p.query[p.pos]
	}
	return 0
}

func (p *parser) skipSpace() { p.pos = skipSpace(p.query, p.pos) }

// accept moves behind the token from start to end.
func (p *parser) accept(kind tokenKind, start, end int) {
	p.prev = token{kind: kind, span: span(start, end)}
	p.pos = end
}

func (p *parser) start() (query.Node, *query.Error) {
	p.skipSpace()
	if p.pos == len(p.query) {
		return &query.MatchAll{}, nil
	}
	node, err := p.or(nil)
	if err != nil {
		return nil, err
	}
	p.skipSpace()
	if p.pos < len(p.query) {
		return nil, p.unexpected()
	}
	return node, nil
}

// or parses operands joined by `or`: conditions if list is nil, else values of that
// field. The same holds for and, not and operand.
func (p *parser) or(list *query.Field) (query.Node, *query.Error) {
	start := p.pos
	node, err := p.and(list)
	if err != nil || !p.acceptJoin("or") {
		return node, err
	}
	nodes := []query.Node{node}
	for {
		if node, err = p.and(list); err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
		if !p.acceptJoin("or") {
			return &query.Or{Nodes: nodes, At: p.since(start)}, nil
		}
	}
}

func (p *parser) and(list *query.Field) (query.Node, *query.Error) {
	start := p.pos
	node, err := p.not(list)
	if err != nil || !p.acceptJoin("and") {
		return node, err
	}
	nodes := []query.Node{node}
	for {
		if node, err = p.not(list); err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
		if !p.acceptJoin("and") {
			return &query.And{Nodes: nodes, At: p.since(start)}, nil
		}
	}
}

func (p *parser) not(list *query.Field) (query.Node, *query.Error) {
	start := p.pos
	next, negated := notAt(p.query, p.pos)
	if !negated {
		return p.operand(list)
	}
	p.accept(tokenKeyword, p.pos, p.pos+len("not"))
	p.pos = next
	node, err := p.operand(list)
	if err != nil {
		return nil, err
	}
	return &query.Not{Node: node, At: p.since(start)}, nil
}

func (p *parser) operand(list *query.Field) (query.Node, *query.Error) {
	if list != nil {
		return p.values(list)
	}
	return p.condition()
}

// acceptJoin moves behind `and` or `or` and the white space around it.
func (p *parser) acceptJoin(word string) bool {
	at, next, ok := joinAt(p.query, p.pos, word)
	if ok {
		p.accept(tokenKeyword, at, at+len(word))
		p.pos = next
	}
	return ok
}

// since returns the span from start to the end of what was read last.
func (p *parser) since(start int) query.Span { return span(start, p.prev.span.End) }

// condition parses a group, a nested query, a range, a field with its values, or a
// value without a field.
func (p *parser) condition() (query.Node, *query.Error) {
	if p.peek() == '(' {
		return p.group(tokenParen, nil)
	}
	left, err := p.literal()
	if err != nil {
		return nil, err
	}
	if left == nil {
		return nil, p.missing(conditionExpected)
	}
	start, end := left.span.Start, p.pos
	p.skipSpace()
	switch p.peek() {
	case ':':
		field := left.field()
		p.accept(tokenColon, p.pos, p.pos+1)
		p.skipSpace()
		switch p.peek() {
		case '{':
			node, err := p.group(tokenBrace, nil)
			if err != nil {
				return nil, err
			}
			return &query.Nested{Path: field, Node: node, At: p.since(start)}, nil
		case '(':
			return p.group(tokenList, &field)
		}
		right, err := p.literal()
		if err != nil {
			return nil, err
		}
		if right == nil {
			return nil, p.missing(fieldValueExpected)
		}
		return is(field, right.value(), p.since(start)), nil
	case '<', '>':
		op := p.acceptRangeOp()
		p.skipSpace()
		right, err := p.literal()
		if err != nil {
			return nil, err
		}
		if right == nil {
			return nil, p.missing(rangeValueExpected)
		}
		return order(left, op, right, p.since(start)), nil
	}
	p.pos = end // a keyword needs the white space before it
	p.prev.bare = true
	return is(query.Field{Any: true, At: span(start, start)}, left.value(), left.span), nil
}

// values parses one value of the field, or a list in parentheses.
func (p *parser) values(field *query.Field) (query.Node, *query.Error) {
	if p.peek() == '(' {
		return p.group(tokenList, field)
	}
	lit, err := p.literal()
	if err != nil {
		return nil, err
	}
	if lit == nil {
		return nil, p.missing(listValueExpected)
	}
	return is(*field, lit.value(), lit.span), nil
}

// group parses a chain in parentheses or braces.
func (p *parser) group(kind tokenKind, list *query.Field) (query.Node, *query.Error) {
	if len(p.open) == MaxDepth {
		return nil, p.tooDeep()
	}
	p.accept(kind, p.pos, p.pos+1)
	p.open = append(p.open, p.prev)
	p.skipSpace()
	node, err := p.or(list)
	if err != nil {
		return nil, err
	}
	p.skipSpace()
	closing := byte(')')
	if kind == tokenBrace {
		closing = '}'
	}
	if p.peek() != closing {
		return nil, p.unexpected()
	}
	p.accept(tokenClose, p.pos, p.pos+1)
	p.open = p.open[:len(p.open)-1]
	return node, nil
}

// acceptRangeOp reads an operator, whose first character is known to be next.
func (p *parser) acceptRangeOp() query.Op {
	op := query.Lt
	if p.peek() == '>' {
		op = query.Gt
	}
	end := p.pos + 1
	if end < len(p.query) && p.query[end] == '=' {
		op++ // Gt to Gte, Lt to Lte
		end++
	}
	p.accept(tokenRangeOp, p.pos, end)
	return op
}

// is returns the node of a field with a value. A star as the value asks whether the
// field exists.
func is(field query.Field, value query.Value, at query.Span) query.Node {
	switch {
	case !value.Pattern.IsStar():
		return &query.Compare{Field: field, Op: query.Is, Value: value, At: at}
	case field.Pattern.IsStar():
		return &query.MatchAll{At: at}
	}
	return &query.Exists{Field: field, At: at}
}

// order returns the node of a comparison by order. It always has a field: the word
// null in its place is the name of one. With null as the value the range has no
// end, so that every value is in it.
func order(left *literal, op query.Op, right *literal, at query.Span) query.Node {
	field, value := left.field(), right.value()
	if field.Any {
		field = query.Field{Name: left.text, At: left.span}
	}
	if value.Kind == query.Null {
		return &query.Exists{Field: field, At: at}
	}
	return &query.Compare{Field: field, Op: op, Value: value, At: at}
}

// field returns the field that the literal names. The word null stands for none.
func (l *literal) field() query.Field {
	if !l.quoted && l.runs == nil && l.text == "null" {
		return query.Field{Any: true, At: l.span}
	}
	return query.Field{Name: l.text, Pattern: l.runs, At: l.span}
}

func (l *literal) value() query.Value {
	v := query.Value{Text: l.text, Phrase: l.quoted, Pattern: l.runs, At: l.span}
	switch {
	case l.quoted:
	case l.runs != nil:
		v.Kind = query.Wildcard
	case l.text == "true", l.text == "false":
		v.Kind = query.Bool
	case l.text == "null":
		v.Kind = query.Null
	}
	return v
}
