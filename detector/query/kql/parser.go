package kql

import (
	"fmt"
	"unicode/utf8"
)

const (
	// MaxLength is the longest query [Parse] reads, in bytes.
	MaxLength = 256 << 10
	// MaxDepth is how many parentheses and braces may be open at once.
	MaxDepth = 64
)

// Parse reads a query. The empty query gives a [*MatchAll].
//
// The error, if any, is always an [*Error] and tells of the first mistake: text
// that is not in the language, not UTF-8, longer than [MaxLength] or nested
// deeper than [MaxDepth].
//
// A half of a surrogate pair (`\ud83d`) without the other becomes U+FFFD.
//
// Source: Kibana kbn-es-query grammar.
func Parse(query string) (Node, error) {
	if err := checkText(query); err != nil {
		return nil, err
	}
	p := parser{query: query}
	node, err := p.start()
	if err != nil {
		return nil, err
	}
	return node, nil
}

func checkText(query string) error {
	if len(query) > MaxLength {
		return &Error{
			Query:   query,
			Span:    Span{MaxLength, len(query)},
			Message: fmt.Sprintf("the query has %d bytes, at most %d are allowed", len(query), MaxLength),
		}
	}
	for i, r := range query {
		if r != utf8.RuneError {
			continue
		}
		if _, n := utf8.DecodeRuneInString(query[i:]); n == 1 {
			return &Error{
				Query:   query,
				Span:    Span{i, i + 1},
				Message: fmt.Sprintf("byte 0x%02X is not valid UTF-8", query[i]),
			}
		}
	}
	return nil
}

// parser descends through the grammar. The grammar is one of ordered choice, but
// the first character after a literal decides which choice can still succeed, so
// nothing is ever read twice.
type parser struct {
	query string
	pos   int
	prev  token // what was read last, white space aside
	open  []token
}

// token is a piece of the query as messages speak of it.
type token struct {
	kind tokenKind
	span Span
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

// peek is the byte at the current place, 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.query) {
		return p.query[p.pos]
	}
	return 0
}

func (p *parser) skipSpace() { p.pos = skipSpace(p.query, p.pos) }

// accept moves behind the token from start to end.
func (p *parser) accept(kind tokenKind, start, end int) {
	p.prev = token{kind: kind, span: Span{start, end}}
	p.pos = end
}

func (p *parser) start() (Node, *Error) {
	p.skipSpace()
	if p.pos == len(p.query) {
		return &MatchAll{}, nil
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

// or reads a chain of `or`. Chains join conditions when list is nil, else the
// values of that field. So do and, not and operand.
func (p *parser) or(list *Field) (Node, *Error) {
	start := p.pos
	node, err := p.and(list)
	if err != nil || !p.acceptJoin("or") {
		return node, err
	}
	nodes := []Node{node}
	for {
		if node, err = p.and(list); err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
		if !p.acceptJoin("or") {
			return &Or{nodes, p.since(start)}, nil
		}
	}
}

func (p *parser) and(list *Field) (Node, *Error) {
	start := p.pos
	node, err := p.not(list)
	if err != nil || !p.acceptJoin("and") {
		return node, err
	}
	nodes := []Node{node}
	for {
		if node, err = p.not(list); err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
		if !p.acceptJoin("and") {
			return &And{nodes, p.since(start)}, nil
		}
	}
}

func (p *parser) not(list *Field) (Node, *Error) {
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
	return &Not{node, p.since(start)}, nil
}

func (p *parser) operand(list *Field) (Node, *Error) {
	if list != nil {
		return p.values(list)
	}
	return p.condition()
}

// acceptJoin reads `and` or `or` with the white space around it.
func (p *parser) acceptJoin(word string) bool {
	at, next, ok := joinAt(p.query, p.pos, word)
	if ok {
		p.accept(tokenKeyword, at, at+len(word))
		p.pos = next
	}
	return ok
}

// since is the span from start to the end of what was read last.
func (p *parser) since(start int) Span { return Span{start, p.prev.span.End} }

// condition reads a group, a nested query, a range, a field with its values, or
// a bare value.
func (p *parser) condition() (Node, *Error) {
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
			return &Nested{field, node, p.since(start)}, nil
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
		return &Range{left.field(), op, right.value(), p.since(start)}, nil
	}
	p.pos = end // a keyword needs the white space before it
	p.prev.bare = true
	return is(Field{None: true, Span: Span{start, start}}, left.value(), left.span), nil
}

// values reads one value of the field, or a list in parentheses.
func (p *parser) values(field *Field) (Node, *Error) {
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

// group reads a chain between parentheses or braces.
func (p *parser) group(kind tokenKind, list *Field) (Node, *Error) {
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

// acceptRangeOp reads an operator of which the first character is known to be
// there.
func (p *parser) acceptRangeOp() RangeOp {
	op := Lt
	if p.peek() == '>' {
		op = Gt
	}
	end := p.pos + 1
	if end < len(p.query) && p.query[end] == '=' {
		op++ // Gt to Gte, Lt to Lte
		end++
	}
	p.accept(tokenRangeOp, p.pos, end)
	return op
}

// is gives what a field with a value stands for, which is not always an [Is].
func is(field Field, value Value, span Span) Node {
	if value.Kind != Wildcard || !loneStar(value.Pattern) {
		return &Is{field, value, span}
	}
	switch {
	case field.None:
		return &MatchAll{Bare: true, span: span}
	case loneStar(field.Pattern):
		return &MatchAll{span: span}
	}
	return &Exists{field, span}
}

func loneStar(pattern []string) bool {
	return len(pattern) == 2 && pattern[0] == "" && pattern[1] == ""
}

func (l *literal) field() Field {
	if !l.quoted && l.runs == nil && l.text == "null" {
		return Field{None: true, Span: l.span}
	}
	return Field{Name: l.text, Pattern: l.runs, Span: l.span}
}

func (l *literal) value() Value {
	v := Value{Text: l.text, Quoted: l.quoted, Pattern: l.runs, Span: l.span}
	switch {
	case l.quoted:
	case l.runs != nil:
		v.Kind = Wildcard
	case l.text == "true", l.text == "false":
		v.Kind = Bool
	case l.text == "null":
		v.Kind = Null
	}
	return v
}
