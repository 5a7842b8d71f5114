package query

// Expr is an expression, which has a value: one of [*Constant], [*Column] and
// [*Call]. A value is null, true or false, a number or a text. An expression does not
// change once it is built.
type Expr interface {
	// Span returns where the expression was written.
	Span() Span
	isExpr()
}

// Constant is a value that was written down.
type Constant struct {
	Value any // nil, bool, int64, float64 or string
	At    Span
}

// Column is the value of a field.
type Column struct{ Field Field }

// Call is what a function or an operator makes of its arguments.
type Call struct {
	Func Func
	Args []Expr
	// Fold means that the case of letters does not count, for functions of texts
	// and for [FnIn].
	Fold bool
	// Patterns are what the argument of [FnLike] is compared with: values of the kinds
	// Glob and Regexp.
	Patterns []Value
	At       Span
}

func (e *Constant) Span() Span { return e.At }
func (e *Column) Span() Span   { return e.Field.At }
func (e *Call) Span() Span     { return e.At }

func (*Constant) isExpr() {}
func (*Column) isExpr()   {}
func (*Call) isExpr()     {}

// Func is a function or an operator of a [Call].
type Func uint8

// The functions and operators. Package expr says what they do.
const (
	FnAnd Func = iota
	FnOr
	FnNot
	FnIsNull
	FnNotNull
	FnEqual
	FnNotEqual
	FnLess
	FnLessOrEqual
	FnGreater
	FnGreaterOrEqual
	FnIn   // one of the other arguments equals the first
	FnLike // one of the patterns fits

	FnAdd
	FnSubtract
	FnMultiply
	FnDivide
	FnModulo
	FnMinus // of one number

	FnBetween
	FnCIDRMatch
	FnConcat
	FnEndsWith
	FnIndexOf
	FnLength
	FnToNumber
	FnStartsWith
	FnToString
	FnStringContains
	FnSubstring
)
