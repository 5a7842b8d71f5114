package expr

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Type is what is known of a value before it is there.
type Type uint8

// The types.
const (
	TypeAny Type = iota
	TypeNull
	TypeBool
	TypeNumber
	TypeText
	TypeIP
	TypeDate
	TypeSpan
)

// String returns the type with an article.
func (t Type) String() string {
	return [...]string{"a value", "null", "a boolean", "a number", "a text", "an IP address", "a date", "a span of time"}[t]
}

// Problem is something in an expression that cannot be.
type Problem struct {
	At      query.Span
	Message string
	Cause   error // of a problem with a column, or nil
}

func problem(at query.Span, format string, args ...any) *Problem {
	return &Problem{At: at, Message: fmt.Sprintf(format, args...)}
}

// signature is what a function takes and gives.
type signature struct {
	name     string
	min, max int // arguments; max -1: any number
	takes    []Type
	gives    Type
	folds    bool // there is a form of it that ignores case
}

// signatures are those of the functions that a query calls by their names.
var signatures = map[query.Func]signature{
	query.FnAdd:            {"add", 2, 2, []Type{TypeNumber}, TypeNumber, false},
	query.FnSubtract:       {"subtract", 2, 2, []Type{TypeNumber}, TypeNumber, false},
	query.FnMultiply:       {"multiply", 2, 2, []Type{TypeNumber}, TypeNumber, false},
	query.FnDivide:         {"divide", 2, 2, []Type{TypeNumber}, TypeNumber, false},
	query.FnModulo:         {"modulo", 2, 2, []Type{TypeNumber}, TypeNumber, false},
	query.FnBetween:        {"between", 3, 4, []Type{TypeText, TypeText, TypeText, TypeBool}, TypeText, true},
	query.FnCIDRMatch:      {"cidrMatch", 2, -1, []Type{TypeIP, TypeText}, TypeBool, false},
	query.FnConcat:         {"concat", 1, -1, []Type{TypeAny}, TypeText, false},
	query.FnEndsWith:       {"endsWith", 2, 2, []Type{TypeText}, TypeBool, true},
	query.FnIndexOf:        {"indexOf", 2, 3, []Type{TypeText, TypeText, TypeNumber}, TypeNumber, true},
	query.FnLength:         {"length", 1, 1, []Type{TypeText}, TypeNumber, false},
	query.FnToNumber:       {"number", 1, 2, []Type{TypeText, TypeNumber}, TypeNumber, false},
	query.FnStartsWith:     {"startsWith", 2, 2, []Type{TypeText}, TypeBool, true},
	query.FnToString:       {"string", 1, 1, []Type{TypeAny}, TypeText, false},
	query.FnStringContains: {"stringContains", 2, 2, []Type{TypeText}, TypeBool, true},
	query.FnSubstring:      {"substring", 2, 3, []Type{TypeText, TypeNumber}, TypeText, false},
}

// Functions returns the functions by the names that queries call them by.
func Functions() map[string]query.Func {
	named := map[string]query.Func{}
	for f, s := range signatures {
		named[s.name] = f
	}
	return named
}

// Folds reports whether there is a form of a function that ignores case.
func Folds(f query.Func) bool { return signatures[f].folds }

// Check returns the type of an expression, whose fields have the types that column
// returns, or what in it cannot be.
func Check(e query.Expr, column func(query.Field) (Type, *Problem)) (Type, *Problem) {
	switch e := e.(type) {
	case *query.Constant:
		return typeOf(e.Value), nil
	case *query.Column:
		return column(e.Field)
	}
	call := e.(*query.Call)
	types := make([]Type, len(call.Args))
	for i, arg := range call.Args {
		var p *Problem
		if types[i], p = Check(arg, column); p != nil {
			return TypeAny, p
		}
	}
	s, named := signatures[call.Func]
	if !named {
		return checkOperator(call, types)
	}
	if n := len(types); n < s.min || s.max >= 0 && n > s.max {
		return TypeAny, problem(call.At, "%s takes %s, and there %s", s.name, s.count(), isAre(n))
	}
	for i, t := range types {
		if p := expect(call.Args[i], t, s.takes[min(i, len(s.takes)-1)], s.name); p != nil {
			return TypeAny, p
		}
	}
	if call.Func == query.FnCIDRMatch {
		return s.gives, checkBlocks(call.Args[1:])
	}
	return s.gives, nil
}

func isAre(n int) string {
	if n == 1 {
		return "is 1"
	}
	return fmt.Sprintf("are %d", n)
}

func (s *signature) count() string {
	switch {
	case s.max < 0:
		return fmt.Sprintf("at least %d argument%s", s.min, plural(s.min))
	case s.min == s.max:
		return fmt.Sprintf("%d argument%s", s.min, plural(s.min))
	}
	return fmt.Sprintf("%d or %d arguments", s.min, s.max)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// expect reports an argument of a type that is not allowed.
func expect(arg query.Expr, got, want Type, by string) *Problem {
	if want == TypeAny || got == want || got == TypeAny || got == TypeNull {
		return nil
	}
	if field, ok := arg.(*query.Column); ok {
		return problem(field.Field.At, "%s needs %s, and %s is %s", by, want, field.Field.Name, got)
	}
	return problem(arg.Span(), "%s needs %s, and this is %s", by, want, got)
}

// checkBlocks reports a block of addresses that is none.
func checkBlocks(args []query.Expr) *Problem {
	for _, arg := range args {
		c, ok := arg.(*query.Constant)
		if !ok {
			return problem(arg.Span(), "a block of addresses must be a constant, such as \"10.0.0.0/8\"")
		}
		if text, ok := c.Value.(string); ok {
			if _, ok := event.ParseBlock(text); !ok {
				return problem(c.At, "%q is not a block of addresses: allowed are 10.0.0.0/8, 2001:db8::/32 and single addresses", text)
			}
		}
	}
	return nil
}

func checkOperator(call *query.Call, types []Type) (Type, *Problem) {
	all := func(want, gives Type, by string) (Type, *Problem) {
		for i, arg := range call.Args {
			if p := expect(arg, types[i], want, by); p != nil {
				return TypeAny, p
			}
		}
		return gives, nil
	}
	switch call.Func {
	case query.FnAnd:
		return all(TypeBool, TypeBool, `"and"`)
	case query.FnOr:
		return all(TypeBool, TypeBool, `"or"`)
	case query.FnNot:
		return all(TypeBool, TypeBool, `"not"`)
	case query.FnMinus:
		return all(TypeNumber, TypeNumber, `"-"`)
	case query.FnLike:
		return all(TypeText, TypeBool, "a pattern")
	case query.FnIn:
		return all(types[0], TypeBool, "the list")
	}
	return TypeBool, nil // comparisons, FnIsNull, FnNotNull
}

func typeOf(constant any) Type {
	switch constant.(type) {
	case bool:
		return TypeBool
	case int64, float64:
		return TypeNumber
	case string:
		return TypeText
	case time.Time:
		return TypeDate
	case netip.Addr:
		return TypeIP
	case time.Duration, query.Months:
		return TypeSpan
	}
	return TypeNull
}
