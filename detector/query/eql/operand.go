package eql

import (
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// withPredicate reads an operand, and a list or patterns behind it.
func (p *parser) withPredicate() (query.Expr, *query.Error) {
	operand, err := p.primary()
	if err != nil {
		return nil, err
	}
	switch t := p.token; {
	case p.isOperator(":"):
		return p.patterns(operand, t)
	case t.kind != name:
	case t.text == "like", t.text == "regex":
		return p.patterns(operand, t)
	case t.text == "in":
		return p.list(operand)
	case t.text == "not" && !t.tilde:
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.token.kind != name || p.token.text != "in" {
			return nil, p.refuse(t.span, `behind a value "not" belongs to "in" only; write "not" before the whole condition, as in not a : "x"`)
		}
		list, err := p.list(operand)
		if err != nil {
			return nil, err
		}
		return call(query.FnNot, list), nil
	}
	return operand, nil
}

// foldIf returns how letters compare if case does not count, or does.
func foldIf(ignored bool) query.Fold {
	if ignored {
		return query.LowerFold
	}
	return query.NoFold
}

// list reads "in (a, b)".
func (p *parser) list(operand query.Expr) (query.Expr, *query.Error) {
	fold := p.token.tilde
	if err := p.advance(); err != nil {
		return nil, err
	}
	args, end, err := p.arguments("a value")
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return nil, p.refuse(span(end-1, end), "a list needs at least one value")
	}
	at := span(operand.Span().Start, end)
	return &query.Call{Func: query.FnIn, Args: append([]query.Expr{operand}, args...), Fold: foldIf(fold), At: at}, nil
}

// arguments reads values in parentheses, and returns the offset behind these.
func (p *parser) arguments(first string) (args []query.Expr, end int, err *query.Error) {
	if !p.isOperator("(") {
		return nil, 0, p.unexpected(`"("`)
	}
	if err := p.enter(); err != nil {
		return nil, 0, err
	}
	defer p.leave()
	opened := p.token.span
	if err := p.advance(); err != nil {
		return nil, 0, err
	}
	for !p.isOperator(")") || len(args) > 0 {
		arg, err := p.or()
		if err != nil {
			return nil, 0, err
		}
		args = append(args, arg)
		if more, err := p.accept(","); err != nil {
			return nil, 0, err
		} else if !more {
			break
		}
	}
	end = p.token.span.End
	return args, end, p.closing(opened)
}

// closing reads the parenthesis that closes one.
func (p *parser) closing(opened query.Span) *query.Error {
	if p.token.kind == nothing {
		return p.refuse(opened, `"(" is never closed, expected ")" before the end of the query`)
	}
	return p.expect(")")
}

// patterns reads a pattern, or several in parentheses. Only strings can be patterns.
func (p *parser) patterns(operand query.Expr, op token) (query.Expr, *query.Error) {
	if _, ok := operand.(*query.Constant); ok {
		return nil, p.refuse(operand.Span(), "before %q there must be a field or a function", op.text)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	like := &query.Call{Func: query.FnLike, Args: []query.Expr{operand}, At: operand.Span()}
	_, plain := operand.(*query.Column)
	add := func() *query.Error {
		if p.token.kind != str {
			return p.unexpected("a string, or strings in parentheses")
		}
		v, err := p.pattern(op, plain)
		if err != nil {
			return err
		}
		like.Patterns = append(like.Patterns, v)
		like.At.End = p.token.span.End
		return p.advance()
	}
	if !p.isOperator("(") {
		return like, add()
	}
	opened := p.token.span
	if err := p.advance(); err != nil {
		return nil, err
	}
	for more := true; more; {
		err := add()
		if err == nil {
			more, err = p.accept(",")
		}
		if err != nil {
			return nil, err
		}
	}
	like.At.End = p.token.span.End
	return like, p.closing(opened)
}

// pattern returns what an operator compares with, of the current token.
func (p *parser) pattern(op token, plain bool) (query.Value, *query.Error) {
	v := query.Value{Kind: query.Glob, Text: p.token.text, Fold: foldIf(op.tilde || op.text == ":"), At: p.token.span}
	if op.text != "regex" {
		v.Pattern = glob(p.token.text)
		return v, nil
	}
	v.Kind = query.Regexp
	var err *query.Error
	v.Text, err = p.regexp(v, plain)
	return v, err
}

// primary reads a constant, a function, a field or a condition in parentheses.
func (p *parser) primary() (query.Expr, *query.Error) {
	switch t := p.token; {
	case t.kind == str:
		return &query.Constant{Value: t.text, At: t.span}, p.advance()
	case t.kind == integer, t.kind == decimal:
		return p.number(t, "", t.span.Start)
	case t.kind == quoted:
		return p.field(t.span.Start)
	case p.isOperator("?"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.token.kind != name && p.token.kind != quoted || p.token.kind == name && keywords[p.token.text] {
			return nil, p.unexpected("the name of a field behind the question mark")
		}
		return p.field(t.span.Start)
	case p.isOperator("("):
		return p.parenthesized()
	case t.kind == name:
		return p.named(t)
	}
	return nil, p.operandExpected()
}

func (p *parser) operandExpected() *query.Error {
	p.operand = true
	return p.unexpected(`a field, a value, a function, "not" or "("`)
}

func (p *parser) parenthesized() (query.Expr, *query.Error) {
	opened := p.token.span
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if err := p.advance(); err != nil {
		return nil, err
	}
	inner, err := p.or()
	if err != nil {
		return nil, err
	}
	return inner, p.closing(opened)
}

// named reads what begins with a name: a keyword, a function or a field.
func (p *parser) named(t token) (query.Expr, *query.Error) {
	switch {
	case t.tilde:
	case t.text == "true", t.text == "false":
		return &query.Constant{Value: t.text == "true", At: t.span}, p.advance()
	case t.text == "null":
		return &query.Constant{At: t.span}, p.advance()
	case keywords[t.text]:
		return nil, p.operandExpected()
	}
	if p.at(p.pos) != '(' { // the usual case, without a look at blanks
		behind := p.lexer
		if next, err := behind.next(); err != nil || next.kind != operator || next.text != "(" {
			if t.tilde {
				return nil, p.refuse(t.span, `"~" belongs directly behind in, like, regex or the name of a function`)
			}
			return p.field(t.span.Start)
		}
	}
	return p.function(t)
}

// function reads a call of a function, whose name is t.
func (p *parser) function(t token) (query.Expr, *query.Error) {
	f, ok := functions[strings.ToLower(t.text)]
	switch {
	case !ok && keywords[strings.ToLower(t.text)]:
		return nil, p.operandExpected()
	case !ok:
		return nil, p.refuse(t.span, "unknown function %s%s", t.text, spelling.Suggest(t.text, functionNames))
	case t.tilde && !expr.Folds(f):
		return nil, p.refuse(t.span, "%s has no form that ignores case", strings.TrimSuffix(t.text, "~"))
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	args, end, err := p.arguments("an argument")
	if err != nil {
		return nil, err
	}
	return &query.Call{Func: f, Args: args, Fold: foldIf(t.tilde), At: span(t.span.Start, end)}, nil
}

// field reads the name of a field in a condition.
func (p *parser) field(start int) (query.Expr, *query.Error) {
	field, err := p.fieldName(start)
	if err == nil && p.isOperator("[") {
		err = p.unexpected("an operator")
	}
	return field, err
}

// fieldName reads the name of a field: names joined by dots.
func (p *parser) fieldName(start int) (*query.Column, *query.Error) {
	var parts []string
	for {
		t := p.token
		switch {
		case t.kind == quoted:
		case t.kind != name:
			return nil, p.unexpected("a name behind the dot")
		case keywords[t.text] || t.tilde:
			return nil, p.refuse(t.span, "%q in the name of a field needs back quotes, as in `%s`", p.shown(t.span), t.text)
		}
		parts = append(parts, t.text)
		end := t.span.End
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !p.isOperator(".") {
			return &query.Column{Field: query.Field{Name: strings.Join(parts, "."), Exact: true, At: span(start, end)}}, nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

// number returns a number: a whole one, if it is written as one and has 64 bits.
func (p *parser) number(t token, sign string, start int) (query.Expr, *query.Error) {
	c := &query.Constant{At: span(start, t.span.End)}
	text := sign + t.text
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && t.kind == integer {
		c.Value = n
		return c, p.advance()
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, p.refuse(t.span, "the number is out of the range of double precision")
	}
	c.Value = f
	return c, p.advance()
}
