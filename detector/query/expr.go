package query

// Expr is an expression, which has a value: one of [*Constant], [*Column] and
// [*Call]. A value is null, true or false, a number, a text, a time, an IP address, or a
// list of these. An expression does not change once it is built.
type Expr interface {
	// Span returns where the expression was written.
	Span() Span
	isExpr()
}

// Constant is a value that was written down.
type Constant struct {
	// Value is nil, or a bool, int64, float64, string, time.Time, netip.Addr,
	// time.Duration or [Months].
	Value any
	At    Span
}

// Months is a span of time of so many months.
type Months int

// Column is the value of a field.
type Column struct{ Field Field }

// Call is what a function or an operator makes of its arguments.
type Call struct {
	Func Func
	Args []Expr
	// Fold tells how the case of letters counts, for functions of texts and for
	// [FnIn].
	Fold Fold
	// Patterns are what the argument of [FnLike] is compared with: values of the kinds
	// Glob and Regexp. [FnDissect], [FnGrok] and [FnReplace] have one pattern, whose text
	// counts.
	Patterns []Value
	// Part is the name of the part of a text that [FnDissect] and [FnGrok] find.
	Part string
	At   Span
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

	// The functions of ES|QL that are not among those above. Most of them are null for
	// a list, and those whose names begin with FnMV take it as a whole.

	FnCase
	FnCoalesce
	FnOneOf    // as FnIn, but null if nothing equals and one of the list is null
	FnHas      // a value of the first argument equals the second
	FnContains // without patterns
	FnToLower
	FnToUpper
	FnFromBase64
	FnReplace
	FnSubstr     // from a position, counted from 1, so many characters
	FnCharLength // in characters
	FnLocate
	FnTrim
	FnSplit
	FnRound
	FnToBoolean
	FnToDate
	FnToDouble
	FnToIP
	FnToLong
	FnMVConcat
	FnMVCount
	FnMVDedupe
	FnMVFirst
	FnMVLast
	FnMVMax
	FnMVMin
	FnDateTrunc
	FnDateDiff
	FnNow // stands for a constant or a column, and is not evaluated
	FnKQL // the condition on a document that its constant is in KQL; likewise
	FnDissect
	FnGrok

	// Functions of many rows, which are not evaluated as the others are.

	FnCount
	FnCountDistinct
	FnValues
	FnMin
	FnMax
	FnSum
	FnAvg
)

// IsAggregate reports whether the function is one of many rows.
func (f Func) IsAggregate() bool { return f >= FnCount }
