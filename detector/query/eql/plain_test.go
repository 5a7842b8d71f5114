package eql_test

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// A second implementation of what a query means, over decoded documents and the
// syntax tree. It is simple and slow, uses regular expressions, UTF-16 and big numbers,
// and shares nothing with the first; FuzzMatch compares the two.
//
// A value is nil, bool, *big.Int, float64 or string.

type plainDocument map[string][]any // the values of each field

// newPlainDocument reads an object whose members are values of fields, or lists of
// them. The letter that a field begins with says its type.
func newPlainDocument(text string) plainDocument {
	var members map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		panic(err)
	}
	doc := plainDocument{}
	var add func(name string, v any)
	add = func(name string, v any) {
		switch v := v.(type) {
		case nil:
		case []any:
			for _, one := range v {
				add(name, one)
			}
		case map[string]any:
			for key, one := range v {
				add(name+"."+key, one)
			}
		default:
			doc[name] = append(doc[name], plainStored(name, v))
		}
	}
	for name, v := range members {
		add(name, v)
	}
	return doc
}

// plainStored is what a field of that name has of a value.
func plainStored(name string, v any) any {
	text, isText := v.(string)
	if number, ok := v.(json.Number); ok {
		text = number.String()
	}
	switch name[0] {
	case 'n':
		n, _ := new(big.Int).SetString(text, 10)
		return n
	case 'x':
		f, _ := strconv.ParseFloat(text, 64)
		return f
	case 'b':
		if isText {
			return text == "true"
		}
		return v
	}
	if truth, ok := v.(bool); ok {
		return strconv.FormatBool(truth)
	}
	return text
}

func plainVerdict(text, document string) (bool, error) {
	category, where, err := plainParse(text)
	if err != nil {
		return false, err
	}
	doc := newPlainDocument(document)
	if category != "" && !slices.Contains(doc["event.category"], any(category)) {
		return false, nil
	}
	return doc.holds(where), nil
}

// holds evaluates a condition: two truths, leaf by leaf.
func (doc plainDocument) holds(e query.Expr) bool {
	call, ok := e.(*query.Call)
	if _, constant := plainFolded(e); !ok || constant {
		return doc.leaf(e)
	}
	switch call.Func {
	case query.FnAnd:
		return !slices.ContainsFunc(call.Args, func(e query.Expr) bool { return !doc.holds(e) })
	case query.FnOr:
		return slices.ContainsFunc(call.Args, doc.holds)
	case query.FnNot:
		return !doc.holds(call.Args[0])
	case query.FnEqual, query.FnNotEqual:
		equal := call.Func == query.FnEqual
		for i, side := range call.Args {
			other := call.Args[1-i]
			field, isField := other.(*query.Column)
			c, isConstant := plainFolded(side)
			switch {
			case !isConstant:
				continue
			case isNull(side) && isField:
				return len(doc[field.Field.Name]) == 0 == equal
			case isNull(side):
				return doc.some(other, func(v any) bool { return v == nil == equal })
			case c == nil:
				return false
			}
			if truth, ok := c.(bool); ok && !isField && plainIsCondition(other) {
				return doc.holds(other) == (truth == equal)
			}
			if isField && !equal {
				return !doc.leaf(&query.Call{Func: query.FnEqual, Args: call.Args})
			}
		}
	case query.FnStringContains, query.FnEndsWith, query.FnStartsWith:
		_, isField := call.Args[0].(*query.Column)
		constant, ok := plainFolded(call.Args[1])
		if text, isText := constant.(string); ok && isField && isText {
			pattern := plainRaw(text)
			switch call.Func {
			case query.FnStringContains:
				pattern = plainRaw("*" + text + "*")
			case query.FnEndsWith:
				pattern = plainRaw("*" + text)
			default:
				pattern = regexp.QuoteMeta(text) + ".*"
			}
			return doc.some(call.Args[0], func(v any) bool { return plainFits(pattern, v, call.Fold != query.NoFold) })
		}
	}
	return doc.leaf(e)
}

// plainIsCondition reports whether an expression is true or false.
func plainIsCondition(e query.Expr) bool {
	call, ok := e.(*query.Call)
	if !ok {
		return false
	}
	switch call.Func {
	case query.FnAnd, query.FnOr, query.FnNot, query.FnEqual, query.FnNotEqual, query.FnLess, query.FnLessOrEqual, query.FnGreater,
		query.FnGreaterOrEqual, query.FnIn, query.FnLike, query.FnCIDRMatch, query.FnStringContains, query.FnStartsWith, query.FnEndsWith:
		return true
	}
	return false
}

// plainFolded returns the value of an expression without fields.
func plainFolded(e query.Expr) (any, bool) {
	if len(plainFields(e)) > 0 {
		return nil, false
	}
	return plainDocument{}.value(e, nil), true
}

func plainFields(e query.Expr) (names []string) {
	switch e := e.(type) {
	case *query.Column:
		return []string{e.Field.Name}
	case *query.Call:
		for _, arg := range e.Args {
			for _, name := range plainFields(arg) {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

func (doc plainDocument) leaf(e query.Expr) bool {
	return doc.some(e, func(v any) bool { return v == true })
}

// some reports whether is holds for the value of an expression, for some combination
// of the values of its fields.
func (doc plainDocument) some(e query.Expr, is func(any) bool) bool {
	names := plainFields(e)
	var try func(chosen map[string]any, names []string) bool
	try = func(chosen map[string]any, names []string) bool {
		if len(names) == 0 {
			return is(doc.value(e, chosen))
		}
		values := doc[names[0]]
		if len(values) == 0 {
			values = []any{nil}
		}
		return slices.ContainsFunc(values, func(v any) bool {
			chosen[names[0]] = v
			return try(chosen, names[1:])
		})
	}
	return try(map[string]any{}, names)
}

// value evaluates an expression for chosen values of the fields.
func (doc plainDocument) value(e query.Expr, chosen map[string]any) any {
	switch e := e.(type) {
	case *query.Constant:
		if n, ok := e.Value.(int64); ok {
			return big.NewInt(n)
		}
		return e.Value
	case *query.Column:
		return chosen[e.Field.Name]
	}
	call := e.(*query.Call)
	args := make([]any, len(call.Args))
	for i, arg := range call.Args {
		args[i] = doc.value(arg, chosen)
	}
	switch call.Func {
	case query.FnAnd, query.FnOr:
		decides := call.Func == query.FnOr
		if slices.Contains(args, any(decides)) {
			return decides
		}
		if slices.Contains(args, nil) {
			return nil
		}
		return !decides
	case query.FnIn:
		if args[0] == nil {
			return nil
		}
		return slices.ContainsFunc(args[1:], func(v any) bool {
			a, isText := args[0].(string)
			b, areTexts := v.(string)
			if isText && areTexts && call.Fold != query.NoFold {
				return plainLower(a) == plainLower(b)
			}
			order, ok := plainCompare(args[0], v)
			return ok && order == 0
		})
	}
	if call.Func == query.FnEqual || call.Func == query.FnNotEqual {
		for i, arg := range call.Args {
			if isNull(arg) {
				return args[1-i] == nil == (call.Func == query.FnEqual)
			}
		}
	}
	if slices.Contains(args, nil) {
		return nil
	}
	switch call.Func {
	case query.FnNot:
		return args[0] == false
	case query.FnLike:
		return slices.ContainsFunc(call.Patterns, func(p query.Value) bool {
			return plainPattern(p, args[0], len(plainFields(e)) > 0 && isColumn(call.Args[0]))
		})
	case query.FnEqual, query.FnNotEqual, query.FnLess, query.FnLessOrEqual, query.FnGreater, query.FnGreaterOrEqual:
		order, ok := plainCompare(args[0], args[1])
		if !ok {
			return nil
		}
		return map[query.Func]bool{
			query.FnEqual: order == 0, query.FnNotEqual: order != 0, query.FnLess: order < 0,
			query.FnLessOrEqual: order <= 0, query.FnGreater: order > 0, query.FnGreaterOrEqual: order >= 0,
		}[call.Func]
	case query.FnCIDRMatch:
		return slices.ContainsFunc(args[1:], func(block any) bool { return plainInBlock(args[0].(string), block.(string)) })
	case query.FnConcat:
		all := ""
		for _, v := range args {
			all += plainText(v)
		}
		return all
	case query.FnToString:
		return plainText(args[0])
	case query.FnMinus:
		return plainArithmetic(query.FnSubtract, big.NewInt(0), args[0])
	case query.FnAdd, query.FnSubtract, query.FnMultiply, query.FnDivide, query.FnModulo:
		return plainArithmetic(call.Func, args[0], args[1])
	}
	return plainFunction(call, args)
}

func isNull(e query.Expr) bool { c, ok := e.(*query.Constant); return ok && c.Value == nil }

func isColumn(e query.Expr) bool { _, ok := e.(*query.Column); return ok }

func plainFunction(call *query.Call, args []any) any {
	texts := make([]string, len(args))
	for i, v := range args {
		if text, ok := v.(string); ok {
			texts[i] = text
			if call.Fold != query.NoFold && call.Func != query.FnBetween {
				texts[i] = plainLower(text)
			}
		}
	}
	units := utf16.Encode([]rune(texts[0]))
	position := func(i, missing int) int {
		if i >= len(args) {
			return missing
		}
		return int(args[i].(*big.Int).Int64())
	}
	switch call.Func {
	case query.FnLength:
		return big.NewInt(int64(len(units)))
	case query.FnStringContains:
		return texts[1] != "" && strings.Contains(texts[0], texts[1])
	case query.FnStartsWith:
		return strings.HasPrefix(texts[0], texts[1])
	case query.FnEndsWith:
		return strings.HasSuffix(texts[0], texts[1])
	case query.FnSubstring:
		slice := func(n int) int {
			if n < 0 {
				n += len(units)
			}
			return min(max(n, 0), len(units))
		}
		from, to := wholeAt(units, slice(position(1, 0))), wholeAt(units, slice(position(2, len(units))))
		if from >= to {
			return ""
		}
		return string(utf16.Decode(units[from:to]))
	case query.FnIndexOf:
		from := wholeAt(units, min(max(position(2, 0), 0), len(units)))
		i := strings.Index(string(utf16.Decode(units[from:])), texts[1])
		if i < 0 {
			return nil
		}
		before := string(utf16.Decode(units[from:]))[:i]
		return big.NewInt(int64(from + len(utf16.Encode([]rune(before)))))
	case query.FnBetween:
		text, left, right := []rune(texts[0]), []rune(texts[1]), []rune(texts[2])
		if len(left) == 0 || len(right) == 0 {
			return texts[0]
		}
		at := func(what []rune, i int) bool {
			if i+len(what) > len(text) {
				return false
			}
			a, b := string(text[i:i+len(what)]), string(what)
			return a == b || call.Fold != query.NoFold && plainLower(a) == plainLower(b)
		}
		for i := range text {
			if !at(left, i) {
				continue
			}
			found := ""
			for j := i + len(left); j < len(text); j++ {
				if at(right, j) {
					found = string(text[i+len(left) : j])
					if len(args) < 4 || args[3] != true {
						break
					}
				}
			}
			return found
		}
		return ""
	case query.FnToNumber:
		if hex, ok := strings.CutPrefix(texts[0], "0x"); ok {
			if n, ok := new(big.Int).SetString(hex, 16); ok && n.IsInt64() {
				return n
			}
			return nil
		}
		if n, ok := new(big.Int).SetString(texts[0], 10); ok && n.IsInt64() {
			return n
		}
		if f, err := strconv.ParseFloat(texts[0], 64); err == nil && regexp.MustCompile(`^[-+]?[0-9]*\.?[0-9]+$`).MatchString(texts[0]) {
			return f
		}
		return nil
	}
	panic(call.Func)
}

// wholeAt moves a position that is within a character of two units behind it.
func wholeAt(units []uint16, i int) int {
	if 0 < i && i < len(units) && utf16.IsSurrogate(rune(units[i])) && utf16.DecodeRune(rune(units[i-1]), rune(units[i])) != unicode.ReplacementChar {
		return i + 1
	}
	return i
}

// plainLower is a text in lower case, in which letters beyond ASCII stay so.
func plainLower(text string) string {
	return strings.Map(func(r rune) rune {
		if lower := unicode.ToLower(r); r < 128 || lower >= 128 {
			return lower
		}
		return r
	}, text)
}

// plainRaw returns the regular expression of a text with escapes, * and ?.
func plainRaw(text string) string {
	expression, escaped := "", false
	for i, c := range text {
		switch {
		case escaped:
			escaped = false
			expression += regexp.QuoteMeta(string(c))
		case c == '*':
			expression += ".*"
		case c == '?':
			expression += "."
		case c == '\\' && i+1 < len(text):
			escaped = true
		default:
			expression += regexp.QuoteMeta(string(c))
		}
	}
	return expression
}

func plainFits(pattern string, v any, fold bool) bool {
	text, ok := v.(string)
	if fold {
		text, pattern = plainLower(text), plainLower(pattern)
	}
	return ok && regexp.MustCompile(`^(?s:`+pattern+`)$`).MatchString(text)
}

// luceneAsGo are regular expressions as they are in Go.
var luceneAsGo = map[string]string{
	`a.*`: `(?s:a.*)`, `.*b.*`: `(?s:.*b.*)`, `a+?b`: `(?:a+)?b`, `[^a]+`: `[^a]+`, `^a`: `\^a`, `a|b.`: `a|(?s:b.)`, `a{2}(b|c)?`: `a{2}(b|c)?`,
	`"a*"c?`: `a\*c?`, `@`: `(?s:.*)`, `#`: `[^\x00-\x{10FFFF}]`, `\d+`: `[0-9]+`, `a\.b`: `a\.b`, `[a-c]{1,3}`: `[a-c]{1,3}`, `()`: ``, `é.`: `é(?s:.)`,
}

func plainPattern(p query.Value, v any, plain bool) bool {
	if p.Kind == query.Glob {
		runs := make([]string, len(p.Pattern))
		for i, run := range p.Pattern {
			for part := range strings.SplitSeq(run, "\xff") {
				runs[i] += "." + regexp.QuoteMeta(part)
			}
			runs[i] = runs[i][1:]
		}
		return plainFits(strings.Join(runs, ".*"), v, p.Fold != query.NoFold)
	}
	text, ok := v.(string)
	expression := plainRegexps[p.At]
	if plain {
		expression = luceneAsGo[expression]
	}
	flags := ""
	if p.Fold != query.NoFold {
		flags = "(?i)"
	}
	return ok && regexp.MustCompile(flags+`\A(?:`+expression+`)\z`).MatchString(text)
}

// plainRegexps are the regular expressions of the current query, as they are written,
// by their places.
var plainRegexps map[query.Span]string

func plainInBlock(address, block string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	prefix, err := netip.ParsePrefix(block)
	if err != nil {
		return a == netip.MustParseAddr(block)
	}
	return prefix.Masked().Contains(a)
}

func plainText(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case *big.Int:
		return v.String()
	case float64:
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	return v.(string)
}

func plainFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, true
	case float64:
		return v, true
	}
	return 0, false
}

func plainCompare(a, b any) (int, bool) {
	if x, ok := a.(*big.Int); ok {
		if y, ok := b.(*big.Int); ok {
			return x.Cmp(y), true
		}
	}
	x, ok := plainFloat(a)
	y, ok2 := plainFloat(b)
	switch {
	case ok && ok2 && x < y:
		return -1, true
	case ok && ok2 && x > y:
		return 1, true
	case ok && ok2:
		return 0, true
	}
	s, ok := a.(string)
	t, ok2 := b.(string)
	if ok && ok2 {
		return slices.Compare([]rune(s), []rune(t)), true
	}
	p, ok := a.(bool)
	q, ok2 := b.(bool)
	if !ok || !ok2 {
		return 0, false
	}
	rank := map[bool]int{true: 1}
	return rank[p] - rank[q], true
}

func plainArithmetic(f query.Func, a, b any) any {
	x, whole := a.(*big.Int)
	y, whole2 := b.(*big.Int)
	if !whole || !whole2 {
		x, ok := plainFloat(a)
		y, ok2 := plainFloat(b)
		if !ok || !ok2 || y == 0 && (f == query.FnDivide || f == query.FnModulo) {
			return nil
		}
		switch f {
		case query.FnAdd:
			return x + y
		case query.FnSubtract:
			return x - y
		case query.FnMultiply:
			return x * y
		case query.FnDivide:
			return x / y
		}
		exact, divisor := new(big.Rat).SetFloat64(x), new(big.Rat).SetFloat64(y)
		times := new(big.Rat).Quo(exact, divisor)
		whole := new(big.Rat).SetInt(new(big.Int).Quo(times.Num(), times.Denom()))
		rest, _ := exact.Sub(exact, divisor.Mul(divisor, whole)).Float64()
		return rest
	}
	n := new(big.Int)
	switch f {
	case query.FnAdd:
		n.Add(x, y)
	case query.FnSubtract:
		n.Sub(x, y)
	case query.FnMultiply:
		n.Mul(x, y)
	case query.FnDivide, query.FnModulo:
		if y.Sign() == 0 {
			return nil
		}
		if f == query.FnDivide {
			n.Quo(x, y)
		} else {
			n.Rem(x, y)
		}
	}
	if !n.IsInt64() {
		return nil
	}
	return n
}
