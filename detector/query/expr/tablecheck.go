package expr

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// tableFunction is a function of ES|QL: what it takes and gives.
type tableFunction struct {
	fn       query.Func
	min, max int // arguments; max -1: any number
	takes    []Type
	gives    Type
	same     bool // gives what its last argument is, as far as that is known
}

// TableFunctions are the functions of ES|QL by their names.
var tableFunctions = map[string]tableFunction{
	"CASE":           {query.FnCase, 2, -1, []Type{TypeAny}, TypeAny, false},
	"COALESCE":       {query.FnCoalesce, 1, -1, []Type{TypeAny}, TypeAny, false},
	"CONCAT":         {query.FnConcat, 2, -1, []Type{TypeText}, TypeText, false},
	"STARTS_WITH":    {query.FnStartsWith, 2, 2, []Type{TypeText}, TypeBool, false},
	"ENDS_WITH":      {query.FnEndsWith, 2, 2, []Type{TypeText}, TypeBool, false},
	"CONTAINS":       {query.FnContains, 2, 2, []Type{TypeText}, TypeBool, false},
	"TO_LOWER":       {query.FnToLower, 1, 1, []Type{TypeText}, TypeText, false},
	"TO_UPPER":       {query.FnToUpper, 1, 1, []Type{TypeText}, TypeText, false},
	"FROM_BASE64":    {query.FnFromBase64, 1, 1, []Type{TypeText}, TypeText, false},
	"LENGTH":         {query.FnCharLength, 1, 1, []Type{TypeText}, TypeNumber, false},
	"SUBSTRING":      {query.FnSubstr, 2, 3, []Type{TypeText, TypeNumber}, TypeText, false},
	"REPLACE":        {query.FnReplace, 3, 3, []Type{TypeText}, TypeText, false},
	"LOCATE":         {query.FnLocate, 2, 3, []Type{TypeText, TypeText, TypeNumber}, TypeNumber, false},
	"TRIM":           {query.FnTrim, 1, 1, []Type{TypeText}, TypeText, false},
	"SPLIT":          {query.FnSplit, 2, 2, []Type{TypeText}, TypeText, false},
	"ROUND":          {query.FnRound, 1, 2, []Type{TypeNumber}, TypeNumber, false},
	"CIDR_MATCH":     {query.FnCIDRMatch, 2, -1, []Type{TypeIP, TypeText}, TypeBool, false},
	"TO_STRING":      {query.FnToString, 1, 1, []Type{TypeAny}, TypeText, false},
	"TO_BOOLEAN":     {query.FnToBoolean, 1, 1, []Type{TypeAny}, TypeBool, false},
	"TO_DATETIME":    {query.FnToDate, 1, 1, []Type{TypeAny}, TypeDate, false},
	"TO_DOUBLE":      {query.FnToDouble, 1, 1, []Type{TypeAny}, TypeNumber, false},
	"TO_LONG":        {query.FnToLong, 1, 1, []Type{TypeAny}, TypeNumber, false},
	"TO_INTEGER":     {query.FnToLong, 1, 1, []Type{TypeAny}, TypeNumber, false},
	"TO_IP":          {query.FnToIP, 1, 1, []Type{TypeAny}, TypeIP, false},
	"MV_CONCAT":      {query.FnMVConcat, 2, 2, []Type{TypeText}, TypeText, false},
	"MV_COUNT":       {query.FnMVCount, 1, 1, []Type{TypeAny}, TypeNumber, false},
	"MV_DEDUPE":      {query.FnMVDedupe, 1, 1, []Type{TypeAny}, TypeAny, true},
	"MV_FIRST":       {query.FnMVFirst, 1, 1, []Type{TypeAny}, TypeAny, true},
	"MV_LAST":        {query.FnMVLast, 1, 1, []Type{TypeAny}, TypeAny, true},
	"MV_MAX":         {query.FnMVMax, 1, 1, []Type{TypeAny}, TypeAny, true},
	"MV_MIN":         {query.FnMVMin, 1, 1, []Type{TypeAny}, TypeAny, true},
	"DATE_TRUNC":     {query.FnDateTrunc, 2, 2, []Type{TypeSpan, TypeDate}, TypeDate, false},
	"DATE_DIFF":      {query.FnDateDiff, 3, 3, []Type{TypeText, TypeDate}, TypeNumber, false},
	"NOW":            {query.FnNow, 0, 0, nil, TypeDate, false},
	"KQL":            {query.FnKQL, 1, 1, []Type{TypeText}, TypeBool, false},
	"COUNT":          {query.FnCount, 0, 1, []Type{TypeAny}, TypeNumber, false},
	"COUNT_DISTINCT": {query.FnCountDistinct, 1, 1, []Type{TypeAny}, TypeNumber, false},
	"VALUES":         {query.FnValues, 1, 1, []Type{TypeAny}, TypeAny, true},
	"MIN":            {query.FnMin, 1, 1, []Type{TypeAny}, TypeAny, true},
	"MAX":            {query.FnMax, 1, 1, []Type{TypeAny}, TypeAny, true},
	"SUM":            {query.FnSum, 1, 1, []Type{TypeNumber}, TypeNumber, false},
	"AVG":            {query.FnAvg, 1, 1, []Type{TypeNumber}, TypeNumber, false},
}

// tableNames are the functions by their numbers.
var tableNames = func() map[query.Func]string {
	names := map[query.Func]string{}
	for _, name := range slices.Sorted(maps.Keys(tableFunctions)) {
		if fn := tableFunctions[name].fn; names[fn] == "" || len(name) < len(names[fn]) {
			names[fn] = name
		}
	}
	return names
}()

// TableFunction returns the function of ES|QL of that name, in any case.
func TableFunction(name string) (query.Func, bool) {
	f, ok := tableFunctions[strings.ToUpper(name)]
	return f.fn, ok
}

// TableFunctionNames returns the names of the functions of ES|QL.
func TableFunctionNames() []string { return slices.Sorted(maps.Keys(tableFunctions)) }

// CheckCount reports a call of a function of ES|QL that has too few or too many
// arguments.
func CheckCount(call *query.Call) *Problem {
	name, ok := tableNames[call.Func]
	if !ok {
		return nil
	}
	s := signature{min: tableFunctions[name].min, max: tableFunctions[name].max}
	if n := len(call.Args); n < s.min || s.max >= 0 && n > s.max {
		return problem(call.At, "%s takes %s, and there %s", name, s.count(), isAre(n))
	}
	return nil
}

// CheckTable returns an expression of ES|QL with its type, or what in it cannot be.
// Columns have the types that column returns. A text that is written down beside a date,
// an address or a boolean becomes one.
func CheckTable(e query.Expr, column func(query.Field) (Type, *Problem)) (query.Expr, Type, *Problem) {
	switch e := e.(type) {
	case *query.Constant:
		return e, typeOf(e.Value), nil
	case *query.Column:
		t, p := column(e.Field)
		return e, t, p
	}
	call := *e.(*query.Call)
	call.Args = slices.Clone(call.Args)
	types := make([]Type, len(call.Args))
	for i, arg := range call.Args {
		var p *Problem
		if call.Args[i], types[i], p = CheckTable(arg, column); p != nil {
			return nil, TypeAny, p
		}
	}
	t, p := checkTable(&call, types)
	return &call, t, p
}

func checkTable(call *query.Call, types []Type) (Type, *Problem) {
	switch call.Func {
	case query.FnEqual, query.FnNotEqual, query.FnLess, query.FnLessOrEqual, query.FnGreater, query.FnGreaterOrEqual:
		return TypeBool, checkComparison(call, types)
	case query.FnOneOf, query.FnHas:
		return TypeBool, checkMembers(call, types)
	case query.FnAdd, query.FnSubtract:
		if t, p, ok := checkShift(call, types); ok {
			return t, p
		}
		return TypeNumber, expectAll(call, types, TypeNumber, operators[call.Func])
	case query.FnMultiply, query.FnDivide, query.FnModulo, query.FnMinus:
		return TypeNumber, expectAll(call, types, TypeNumber, operators[call.Func])
	case query.FnCase:
		return checkCase(call, types)
	case query.FnCoalesce:
		return common(call, call.Args, types)
	case query.FnDissect, query.FnGrok:
		return checkExtraction(call, types)
	}
	name, ok := tableNames[call.Func]
	if !ok {
		return checkOperator(call, types)
	}
	if p := CheckCount(call); p != nil {
		return TypeAny, p
	}
	f := tableFunctions[name]
	for i := range types {
		want := f.takes[min(i, len(f.takes)-1)]
		if p := adapt(call, i, types, want, name); p != nil {
			return TypeAny, p
		}
	}
	switch call.Func {
	case query.FnCIDRMatch:
		return TypeBool, checkBlocks(call.Args[1:])
	case query.FnDateDiff:
		return TypeNumber, checkUnit(call.Args[0])
	case query.FnReplace:
		return TypeText, checkReplace(call)
	}
	if f.same {
		return types[len(types)-1], nil
	}
	return f.gives, nil
}

var operators = map[query.Func]string{
	query.FnEqual: "==", query.FnNotEqual: "!=", query.FnLess: "<", query.FnLessOrEqual: "<=", query.FnGreater: ">", query.FnGreaterOrEqual: ">=",
	query.FnAdd: "+", query.FnSubtract: "-", query.FnMultiply: "*", query.FnDivide: "/", query.FnModulo: "%", query.FnMinus: "-", query.FnOneOf: "in", query.FnHas: ":",
}

func expectAll(call *query.Call, types []Type, want Type, by string) *Problem {
	for i, arg := range call.Args {
		if p := expect(arg, types[i], want, fmt.Sprintf("%q", by)); p != nil {
			return p
		}
	}
	return nil
}

// adapt makes an argument that is written down one of the wanted type, if it is a text
// that stands for one, and reports it if it is of another type.
func adapt(call *query.Call, i int, types []Type, want Type, by string) *Problem {
	if c, ok := call.Args[i].(*query.Constant); ok && types[i] == TypeText && want != TypeText && want != TypeAny {
		value, p := cast(c, want)
		if p != nil {
			return p
		}
		if value != nil {
			call.Args[i], types[i] = &query.Constant{Value: value, At: c.At}, want
		}
	}
	return expect(call.Args[i], types[i], want, by)
}

// cast returns what a text that is written down beside a value of a type stands for, or
// nil.
func cast(c *query.Constant, as Type) (any, *Problem) {
	text := c.Value.(string)
	switch as {
	case TypeDate:
		first, _, ok := event.ParseDate([]byte(text))
		if !ok {
			return nil, problem(c.At, "%q is not a date: allowed are 2026-01-02T03:04:05.678Z and parts of it from the left", text)
		}
		return time.UnixMilli(first).UTC(), nil
	case TypeIP:
		a, ok := event.ParseIP([]byte(text))
		if !ok {
			return nil, problem(c.At, "%q is not an IP address", text)
		}
		return netip.AddrFrom16(a.As16()), nil
	case TypeBool:
		switch strings.ToLower(text) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, problem(c.At, "%q is not true or false", text)
	}
	return nil, nil
}

// checkComparison reports sides of different types.
func checkComparison(call *query.Call, types []Type) *Problem {
	for i := range types {
		if p := adaptTo(call, i, types, types[1-i]); p != nil {
			return p
		}
	}
	by := operators[call.Func]
	for i, t := range types {
		if t == TypeSpan || t == TypeBool && call.Func != query.FnEqual && call.Func != query.FnNotEqual {
			return problem(call.Args[i].Span(), "%q does not compare %ss", by, strings.SplitN(t.String(), " ", 2)[1])
		}
	}
	return differ(call.Args[1].Span(), types[0], types[1], fmt.Sprintf("%q compares", by))
}

// adaptTo adapts an argument to the type of another one.
func adaptTo(call *query.Call, i int, types []Type, to Type) *Problem {
	if to == TypeAny || to == TypeNull || to == TypeText || to == TypeNumber {
		return nil
	}
	return adapt(call, i, types, cmp.Or(to, TypeAny), fmt.Sprintf("%q", operators[call.Func]))
}

// differ reports two types that are known and different.
func differ(at query.Span, a, b Type, what string) *Problem {
	if a == b || a == TypeAny || a == TypeNull || b == TypeAny || b == TypeNull {
		return nil
	}
	return problem(at, "%s values of one type, and these are %s and %s", what, a, b)
}

// checkMembers reports members of a list that are not of the type of the value.
func checkMembers(call *query.Call, types []Type) *Problem {
	for i := 1; i < len(types); i++ {
		if p := adaptTo(call, i, types, types[0]); p != nil {
			return p
		}
		if p := differ(call.Args[i].Span(), types[0], types[i], fmt.Sprintf("%q compares", operators[call.Func])); p != nil {
			return p
		}
	}
	return nil
}

// checkShift checks a sum of a date and a span of time, and reports whether it is one.
func checkShift(call *query.Call, types []Type) (Type, *Problem, bool) {
	date := slices.Index(types, TypeDate)
	span := slices.Index(types, TypeSpan)
	switch {
	case date < 0 && span < 0:
		return TypeAny, nil, false
	case span < 0 || types[1-span] != TypeDate && types[1-span] != TypeAny && types[1-span] != TypeNull:
		return TypeAny, problem(call.At, "%q takes two numbers, or a date and a span of time such as 5 minutes", operators[call.Func]), true
	case span == 0 && call.Func == query.FnSubtract:
		return TypeAny, problem(call.At, "a date cannot be taken from a span of time"), true
	}
	return TypeDate, nil, true
}

// checkCase checks conditions and values, which take turns; the last may be a value.
func checkCase(call *query.Call, types []Type) (Type, *Problem) {
	if len(call.Args) < 2 {
		return TypeAny, CheckCount(call)
	}
	var values []query.Expr
	var valueTypes []Type
	for i, arg := range call.Args {
		if i%2 == 1 || i == len(call.Args)-1 {
			values, valueTypes = append(values, arg), append(valueTypes, types[i])
		} else if p := expect(arg, types[i], TypeBool, "a condition of CASE"); p != nil {
			return TypeAny, p
		}
	}
	return common(call, values, valueTypes)
}

// common returns the type that values have in common.
func common(call *query.Call, values []query.Expr, types []Type) (Type, *Problem) {
	if p := CheckCount(call); p != nil {
		return TypeAny, p
	}
	all := TypeNull
	for i, t := range types {
		if p := differ(values[i].Span(), all, t, tableNames[call.Func]+" takes"); p != nil {
			return TypeAny, p
		}
		if all == TypeNull || all == TypeAny {
			all = t
		}
	}
	return all, nil
}

func checkUnit(e query.Expr) *Problem {
	c, ok := e.(*query.Constant)
	if !ok {
		return problem(e.Span(), "the unit of DATE_DIFF must be a constant, such as \"seconds\"")
	}
	text, _ := c.Value.(string)
	if _, ok := dateUnits[strings.ToLower(text)]; !ok {
		return problem(e.Span(), "unknown unit %q, must be millisecond, second, minute, hour, day, week, month, quarter, year or an abbreviation of one%s", text, spelling.Suggest(strings.ToLower(text), slices.Sorted(maps.Keys(dateUnits))))
	}
	return nil
}

func checkReplace(call *query.Call) *Problem {
	if len(call.Patterns) == 0 {
		return problem(call.Args[1].Span(), "the regular expression of REPLACE must be a constant")
	}
	if _, ok := call.Args[2].(*query.Constant); !ok {
		return problem(call.Args[2].Span(), "what REPLACE puts in must be a constant")
	}
	return nil
}

// checkExtraction returns the type of a part of a text.
func checkExtraction(call *query.Call, types []Type) (Type, *Problem) {
	by := "GROK"
	if call.Func == query.FnDissect {
		by = "DISSECT"
	}
	if p := expect(call.Args[0], types[0], TypeText, by); p != nil {
		return TypeAny, p
	}
	x, err := extractor(call)
	if err != nil {
		return TypeAny, problem(call.Patterns[0].At, "%s: %v", by, err)
	}
	if x.Kind(call.Part) != pattern.PartText {
		return TypeNumber, nil
	}
	return TypeText, nil
}

// extractor returns the pattern of an extraction.
func extractor(call *query.Call) (pattern.Extractor, error) {
	if call.Func == query.FnGrok {
		return pattern.NewGrok(call.Patterns[0].Text)
	}
	separator := ""
	if len(call.Args) > 1 {
		separator, _ = call.Args[1].(*query.Constant).Value.(string)
	}
	return pattern.NewDissect(call.Patterns[0].Text, separator)
}
