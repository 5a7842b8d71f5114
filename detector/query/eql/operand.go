package eql

import (
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// withPredicate reads an operand, and a list or patterns behind it.
func (p *parser) withPredicate() (query.Expr, *query.Error) {
	operand, err := p.primary()
	if err != nil {
		return nil, err
	}
	switch t := p.Token; {
	case p.IsOperator(":"):
		return p.patterns(operand, t)
	case t.Kind != syntax.Name:
	case t.Text == "like", t.Text == "regex":
		return p.patterns(operand, t)
	case t.Text == "in":
		return p.list(operand)
	case t.Text == "not" && !t.Tilde:
		if err := p.Advance(); err != nil {
			return nil, err
		}
		if p.Token.Kind != syntax.Name || p.Token.Text != "in" {
			return nil, p.Refuse(t.Span, `behind a value "not" belongs to "in" only; write "not" before the whole condition, as in not a : "x"`)
		}
		list, err := p.list(operand)
		if err != nil {
			return nil, err
		}
		return syntax.Call(query.FnNot, list), nil
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
	fold := p.Token.Tilde
	if err := p.Advance(); err != nil {
		return nil, err
	}
	args, end, err := p.Arguments(p.or)
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return nil, p.Refuse(syntax.Span(end-1, end), "a list needs at least one value")
	}
	at := syntax.Span(operand.Span().Start, end)
	return &query.Call{Func: query.FnIn, Args: append([]query.Expr{operand}, args...), Fold: foldIf(fold), At: at}, nil
}

// patterns reads a pattern, or several in parentheses. Only strings can be patterns.
func (p *parser) patterns(operand query.Expr, op syntax.Token) (query.Expr, *query.Error) {
	if _, ok := operand.(*query.Constant); ok {
		return nil, p.Refuse(operand.Span(), "before %q there must be a field or a function", op.Text)
	}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	like := &query.Call{Func: query.FnLike, Args: []query.Expr{operand}, At: operand.Span()}
	_, plain := operand.(*query.Column)
	var err *query.Error
	like.At.End, err = p.Strings(func() *query.Error {
		v, err := p.pattern(op, plain)
		like.Patterns = append(like.Patterns, v)
		return err
	})
	return like, err
}

// pattern returns what an operator compares with, of the current token.
func (p *parser) pattern(op syntax.Token, plain bool) (query.Value, *query.Error) {
	v := query.Value{Kind: query.Glob, Text: p.Token.Text, Fold: foldIf(op.Tilde || op.Text == ":"), At: p.Token.Span}
	if op.Text != "regex" {
		v.Pattern = glob(p.Token.Text)
		return v, nil
	}
	v.Kind = query.Regexp
	var err *query.Error
	v.Text, err = p.regexp(v, plain)
	return v, err
}

// primary reads a constant, a function, a field or a condition in parentheses.
func (p *parser) primary() (query.Expr, *query.Error) {
	switch t := p.Token; {
	case t.Kind == syntax.String:
		return &query.Constant{Value: t.Text, At: t.Span}, p.Advance()
	case t.Kind == syntax.Integer, t.Kind == syntax.Decimal:
		return p.number(t, "", t.Span.Start)
	case t.Kind == syntax.Quoted:
		return p.field(t.Span.Start)
	case p.IsOperator("?"):
		if err := p.Advance(); err != nil {
			return nil, err
		}
		if p.Token.Kind != syntax.Name && p.Token.Kind != syntax.Quoted || p.Token.Kind == syntax.Name && keywords[p.Token.Text] {
			return nil, p.Unexpected("the name of a field behind the question mark")
		}
		return p.field(t.Span.Start)
	case p.IsOperator("("):
		return p.Parenthesized(p.or)
	case t.Kind == syntax.Name:
		return p.named(t)
	}
	return nil, p.operandExpected()
}

// named reads what begins with a name: a keyword, a function or a field.
func (p *parser) named(t syntax.Token) (query.Expr, *query.Error) {
	switch {
	case t.Tilde:
	case t.Text == "true", t.Text == "false":
		return &query.Constant{Value: t.Text == "true", At: t.Span}, p.Advance()
	case t.Text == "null":
		return &query.Constant{At: t.Span}, p.Advance()
	case keywords[t.Text]:
		return nil, p.operandExpected()
	}
	if p.At(p.Pos) != '(' { // the usual case, without a look at blanks
		behind := p.Lexer
		if next, err := behind.Next(); err != nil || next.Kind != syntax.Operator || next.Text != "(" {
			if t.Tilde {
				return nil, p.Refuse(t.Span, `"~" belongs directly behind in, like, regex or the name of a function`)
			}
			return p.field(t.Span.Start)
		}
	}
	return p.function(t)
}

// function reads a call of a function, whose name is t.
func (p *parser) function(t syntax.Token) (query.Expr, *query.Error) {
	f, ok := functions[strings.ToLower(t.Text)]
	switch {
	case !ok && keywords[strings.ToLower(t.Text)]:
		return nil, p.operandExpected()
	case !ok:
		return nil, p.Refuse(t.Span, "unknown function %s%s", t.Text, spelling.Suggest(t.Text, functionNames))
	case t.Tilde && !expr.Folds(f):
		return nil, p.Refuse(t.Span, "%s has no form that ignores case", strings.TrimSuffix(t.Text, "~"))
	}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	args, end, err := p.Arguments(p.or)
	if err != nil {
		return nil, err
	}
	return &query.Call{Func: f, Args: args, Fold: foldIf(t.Tilde), At: syntax.Span(t.Span.Start, end)}, nil
}

// field reads the name of a field in a condition.
func (p *parser) field(start int) (query.Expr, *query.Error) {
	field, err := p.fieldName(start)
	if err == nil && p.IsOperator("[") {
		err = p.Unexpected("an operator")
	}
	return field, err
}

// fieldName reads the name of a field: names joined by dots.
func (p *parser) fieldName(start int) (*query.Column, *query.Error) {
	var parts []string
	for {
		t := p.Token
		switch {
		case t.Kind == syntax.Quoted:
		case t.Kind != syntax.Name:
			return nil, p.Unexpected("a name behind the dot")
		case keywords[t.Text] || t.Tilde:
			return nil, p.Refuse(t.Span, "%q in the name of a field needs back quotes, as in `%s`", p.Shown(t.Span), t.Text)
		}
		parts = append(parts, t.Text)
		end := t.Span.End
		if err := p.Advance(); err != nil {
			return nil, err
		}
		if !p.IsOperator(".") {
			return &query.Column{Field: query.Field{Name: strings.Join(parts, "."), Exact: true, At: syntax.Span(start, end)}}, nil
		}
		if err := p.Advance(); err != nil {
			return nil, err
		}
	}
}

// number returns a number: a whole one, if it is written as one and has 64 bits.
func (p *parser) number(t syntax.Token, sign string, start int) (query.Expr, *query.Error) {
	c := &query.Constant{At: syntax.Span(start, t.Span.End)}
	text := sign + t.Text
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && t.Kind == syntax.Integer {
		c.Value = n
		return c, p.Advance()
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, p.Refuse(t.Span, "the number is out of the range of double precision")
	}
	c.Value = f
	return c, p.Advance()
}
