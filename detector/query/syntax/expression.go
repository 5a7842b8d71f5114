package syntax

import "github.com/fluent-detect/fluent-detect/detector/query"

// Read reads a part of a query.
type Read func() (query.Expr, *query.Error)

// Call returns a call that extends from the first to the last of its arguments.
func Call(f query.Func, args ...query.Expr) *query.Call {
	at := args[0].Span()
	at.End = args[len(args)-1].Span().End
	return &query.Call{Func: f, Args: args, At: at}
}

// Chain reads operands that are joined by a keyword.
func (p *Parser) Chain(keyword string, f query.Func, operand Read) (query.Expr, *query.Error) {
	first, err := operand()
	if err != nil || !p.IsKeyword(keyword) {
		return first, err
	}
	all := []query.Expr{first}
	for p.IsKeyword(keyword) {
		if err := p.Advance(); err != nil {
			return nil, err
		}
		next, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	return Call(f, all...), nil
}

// Not reads an operand, and "not" before it as often as it is there.
func (p *Parser) Not(operand Read) (query.Expr, *query.Error) {
	if !p.IsKeyword("not") {
		return operand()
	}
	start := p.Token.Span.Start
	if err := p.Enter(); err != nil {
		return nil, err
	}
	defer p.Leave()
	if err := p.Advance(); err != nil {
		return nil, err
	}
	inner, err := p.Not(operand)
	if err != nil {
		return nil, err
	}
	return &query.Call{Func: query.FnNot, Args: []query.Expr{inner}, At: Span(start, inner.Span().End)}, nil
}

// comparisons are the operators that compare two values.
var comparisons = map[string]query.Func{
	"==": query.FnEqual, "!=": query.FnNotEqual, "<": query.FnLess, "<=": query.FnLessOrEqual, ">": query.FnGreater, ">=": query.FnGreaterOrEqual,
}

// Comparison returns the comparison that the current token is, if it is one.
func (p *Parser) Comparison() (f query.Func, ok bool) {
	if p.Token.Kind != Operator {
		return f, false
	}
	f, ok = comparisons[p.Token.Text]
	return f, ok
}

var (
	sums     = map[string]query.Func{"+": query.FnAdd, "-": query.FnSubtract}
	products = map[string]query.Func{"*": query.FnMultiply, "/": query.FnDivide, "%": query.FnModulo}
)

// Sum reads operands that are joined by arithmetic operators.
func (p *Parser) Sum(operand Read) (query.Expr, *query.Error) {
	return p.arithmetic(sums, func() (query.Expr, *query.Error) { return p.arithmetic(products, operand) })
}

// arithmetic reads operands that are joined by operators of one rank, from left to
// right.
func (p *Parser) arithmetic(operators map[string]query.Func, operand Read) (query.Expr, *query.Error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for n := 0; p.Token.Kind == Operator; n++ {
		f, ok := operators[p.Token.Text]
		if !ok {
			break
		}
		if n == MaxChain {
			return nil, p.Refuse(p.Token.Span, "more than %d arithmetic operators in a row", MaxChain)
		}
		if err := p.Advance(); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = Call(f, left, right)
	}
	return left, nil
}

// Arguments reads values in parentheses, and returns the offset behind these.
func (p *Parser) Arguments(value Read) (args []query.Expr, end int, err *query.Error) {
	if !p.IsOperator("(") {
		return nil, 0, p.Unexpected(`"("`)
	}
	if err := p.Enter(); err != nil {
		return nil, 0, err
	}
	defer p.Leave()
	opened := p.Token.Span
	if err := p.Advance(); err != nil {
		return nil, 0, err
	}
	for !p.IsOperator(")") || len(args) > 0 {
		arg, err := value()
		if err != nil {
			return nil, 0, err
		}
		args = append(args, arg)
		if more, err := p.Accept(","); err != nil {
			return nil, 0, err
		} else if !more {
			break
		}
	}
	end = p.Token.Span.End
	return args, end, p.closing(opened)
}

// closing reads the parenthesis that closes one.
func (p *Parser) closing(opened query.Span) *query.Error {
	if p.Token.Kind == End {
		return p.Refuse(opened, `"(" is never closed, expected ")" before the end of the query`)
	}
	return p.Expect(")")
}

// Parenthesized reads a value in parentheses.
func (p *Parser) Parenthesized(value Read) (query.Expr, *query.Error) {
	opened := p.Token.Span
	if err := p.Enter(); err != nil {
		return nil, err
	}
	defer p.Leave()
	if err := p.Advance(); err != nil {
		return nil, err
	}
	inner, err := value()
	if err != nil {
		return nil, err
	}
	return inner, p.closing(opened)
}

// Strings reads a string, or several in parentheses: add is called when one is the
// current token. It returns the offset behind them.
func (p *Parser) Strings(add func() *query.Error) (end int, err *query.Error) {
	one := func() *query.Error {
		if p.Token.Kind != String {
			return p.Unexpected("a string, or strings in parentheses")
		}
		if err := add(); err != nil {
			return err
		}
		return p.Advance()
	}
	if !p.IsOperator("(") {
		end = p.Token.Span.End
		return end, one()
	}
	opened := p.Token.Span
	if err := p.Advance(); err != nil {
		return 0, err
	}
	for more := true; more; {
		err := one()
		if err == nil {
			more, err = p.Accept(",")
		}
		if err != nil {
			return 0, err
		}
	}
	end = p.Token.Span.End
	return end, p.closing(opened)
}
