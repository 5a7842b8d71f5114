package match

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// A second implementation of what a query means, over decoded documents. It is
// simple and slow, uses regular expressions, big numbers and the time package,
// and shares nothing with the first; FuzzMatch compares the two.

// plainObject is a JSON object with its members in their order, each under one
// name: {"a.b": 1} is {"a": {"b": 1}}.
type plainObject []plainMember

type plainMember struct {
	name  string
	value any // plainObject, []any, string, json.Number, bool or nil
}

var errNotPlain = errors.New("the plain evaluator does not know this")

func plainDocument(text string) (plainObject, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := plainValue(d)
	if err != nil {
		return nil, err
	}
	object, ok := v.(plainObject)
	if !ok {
		return nil, errNotPlain
	}
	return object, nil
}

func plainValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := plainValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Delim('{'):
		object := plainObject{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := plainValue(d)
			if err != nil {
				return nil, err
			}
			names := strings.Split(key.(string), ".")
			if slices.Contains(names, "") {
				return nil, errNotPlain // Elasticsearch takes no document with such names
			}
			for i := len(names) - 1; i > 0; i-- {
				v = plainObject{{names[i], v}}
			}
			object = append(object, plainMember{names[0], v})
		}
		_, err := d.Token()
		return object, err
	}
	return token, nil
}

// plainQuery is a query for a document, with the types of all fields.
type plainQuery struct {
	types map[string]string // by whole name; of what is in flattened fields "leaf"
	names []string          // without objects and nested fields
}

func newPlainQuery(document plainObject, declared map[string]string) *plainQuery {
	q := &plainQuery{types: map[string]string{}}
	for name, t := range declared {
		q.types[name] = t
	}
	for name := range declared {
		for prefix := range plainPrefixes(name) {
			if q.types[prefix] == "" {
				q.types[prefix] = "object"
			}
		}
	}
	var learn func(name string, v any)
	learn = func(name string, v any) {
		t := ""
		switch v := v.(type) {
		case plainObject:
			if q.types[name] == "flattened" {
				return
			}
			t = "object"
			defer func() {
				for _, m := range v {
					learn(strings.TrimPrefix(name+"."+m.name, "."), m.value)
				}
			}()
		case []any:
			for _, one := range v {
				learn(name, one)
			}
		case string:
			t = "keyword"
		case bool:
			t = "boolean"
		case json.Number:
			t = "double"
			if plainInteger.MatchString(v.String()) {
				t = "long"
			}
		}
		if t != "" && name != "" && q.types[name] == "" {
			q.types[name] = t
		}
	}
	learn("", document)
	for name, t := range q.types {
		if t != "object" && t != "nested" && !q.inFlattened(name) {
			q.names = append(q.names, name)
		}
	}
	return q
}

var plainInteger = regexp.MustCompile(`^-?[0-9]+$`)

func (q *plainQuery) inFlattened(name string) bool {
	for prefix := range plainPrefixes(name) {
		if q.types[prefix] == "flattened" {
			return true
		}
	}
	return false
}

// nestedParent returns the innermost nested field that a field is in.
func (q *plainQuery) nestedParent(name string) (innermost string) {
	for prefix := range plainPrefixes(name) {
		if q.types[prefix] == "nested" {
			innermost = prefix
		}
	}
	return innermost
}

// plainPrefixes are the names of the objects around a field, the outermost
// first.
func plainPrefixes(name string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i, c := range name {
			if c == '.' && !yield(name[:i]) {
				return
			}
		}
	}
}

func (q *plainQuery) typeOf(name string) string {
	if t := q.types[name]; t != "" {
		return t
	}
	if q.inFlattened(name) {
		return "leaf"
	}
	return ""
}

// values returns the values of a field in an object, whose own name is in. What
// is in nested objects counts if across is true.
func (q *plainQuery) values(object plainObject, in, name string, across bool) (values []any) {
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(at, one)
			}
		case plainObject:
			if at != in && q.types[at] == "nested" && !across {
				return
			}
			for _, m := range v {
				walk(strings.TrimPrefix(at+"."+m.name, "."), m.value)
			}
		case nil:
		default:
			if at == name || q.types[name] == "flattened" && strings.HasPrefix(at, name+".") {
				values = append(values, v)
			}
		}
	}
	walk(in, object)
	return values
}

// objects returns the objects of a nested field in an object.
func (q *plainQuery) objects(object plainObject, in, name string) (objects []plainObject) {
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(at, one)
			}
		case plainObject:
			if at == name && at != in {
				objects = append(objects, v)
				return
			}
			for _, m := range v {
				walk(strings.TrimPrefix(at+"."+m.name, "."), m.value)
			}
		}
	}
	walk(in, object)
	return objects
}

// plainTest tests a value of a field; nil is refused.
type plainTest func(v any) bool

func plainNever(any) bool  { return false }
func plainAlways(any) bool { return true }

// test returns the test of "field: value" and of "field > value".
func (q *plainQuery) test(typ string, n query.Node) plainTest {
	switch n := n.(type) {
	case *query.Exists:
		if typ == "nested" {
			return plainNever
		}
		return plainAlways
	case *query.Compare:
		if n.Op != query.Is {
			return q.rangeTest(typ, n.Op, n.Value)
		}
		if n.Value.Kind == query.Null {
			return nil
		}
		if n.Value.Kind != query.Wildcard {
			return q.literalTest(typ, n.Value.Text, n.Value.Phrase)
		}
		if typ == "keyword" || typ == "constant_keyword" || typ == "" {
			return plainStars(n.Value.Pattern)
		}
		return q.splitTest(typ, n.Value)
	}
	panic(fmt.Sprintf("%T", n))
}

// plainStar is written in the place of a wildcard.
const plainStar = "<star>"

// plainParts splits a pattern at its blanks.
func plainParts(pattern []string) []string {
	return strings.FieldsFunc(strings.Join(pattern, plainStar), func(r rune) bool { return strings.ContainsRune(" \t\r\n\u3000", r) })
}

// splitTest returns the test of a pattern that is split at blanks.
func (q *plainQuery) splitTest(typ string, v query.Value) plainTest {
	var tests []plainTest
	for _, part := range plainParts(v.Pattern) {
		var test plainTest
		runs := strings.Split(part, plainStar)
		switch {
		case part == plainStar:
			test = q.test(typ, &query.Exists{})
		case len(runs) == 1:
			test = q.literalTest(typ, part, false)
		default:
			switch typ {
			case "long", "double", "boolean", "ip", "date":
				return nil
			case "object", "nested":
				test = plainNever
			case "text":
				for i := range runs {
					runs[i] = strings.ToLower(runs[i])
				}
				fits := plainStars(runs)
				test = func(v any) bool {
					return slices.ContainsFunc(plainWords(plainText(v)), func(w string) bool { return fits(w) })
				}
			default:
				test = plainStars(runs)
			}
		}
		if test == nil {
			return nil
		}
		tests = append(tests, test)
	}
	return func(v any) bool {
		return slices.ContainsFunc(tests, func(test plainTest) bool { return test(v) })
	}
}

func (q *plainQuery) literalTest(typ, text string, quoted bool) plainTest {
	switch typ {
	case "object", "nested":
		return plainNever
	case "boolean":
		if text != "true" && text != "false" {
			return nil
		}
		return func(v any) bool { b, ok := plainTruth(v); return ok && strconv.FormatBool(b) == text }
	case "long":
		want, ok := plainRat(text)
		if !ok || !plainLong(want) {
			return nil
		}
		return func(v any) bool { n, ok := plainWhole(v); return ok && n.Cmp(want) == 0 }
	case "double":
		want, ok := plainDouble(text)
		if !ok {
			return nil
		}
		return func(v any) bool { n, ok := plainDouble(v); return ok && n == want }
	case "ip":
		address, bits, isBlock := strings.Cut(text, "/")
		want, ok := plainAddress(address)
		if !ok {
			return nil
		}
		n := 128
		if isBlock {
			prefix, err := netip.ParsePrefix(text)
			if err != nil {
				return nil
			}
			n, _ = strconv.Atoi(bits)
			if prefix.Addr().Is4() {
				n += 96
			}
		}
		return func(v any) bool { a, ok := plainAddress(v); return ok && a[:n] == want[:n] }
	case "date":
		first, last, ok := plainTime(text)
		if !ok {
			return nil
		}
		return func(v any) bool {
			at, ok := plainTimeOf(v)
			return ok && !at.Before(first) && !at.After(last)
		}
	case "text":
		words := plainWords(text)
		return func(v any) bool {
			has := plainWords(plainText(v))
			if !quoted {
				return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(has, w) })
			}
			for i := range has {
				if len(words) > 0 && i+len(words) <= len(has) && slices.Equal(has[i:i+len(words)], words) {
					return true
				}
			}
			return false
		}
	}
	return func(v any) bool { return plainText(v) == text }
}

func (q *plainQuery) rangeTest(typ string, op query.Op, value query.Value) plainTest {
	text := value.Text
	side := func(order int) bool {
		return order > 0 && (op == query.Gt || op == query.Gte) || order < 0 && (op == query.Lt || op == query.Lte) || order == 0 && (op == query.Gte || op == query.Lte)
	}
	switch typ {
	case "object", "nested":
		return plainNever
	case "leaf":
		return nil
	case "boolean":
		if text != "true" && text != "false" {
			return nil
		}
		return func(v any) bool {
			b, ok := plainTruth(v)
			return ok && side(strings.Compare(strconv.FormatBool(b), text)) // false, true
		}
	case "long":
		want, ok := plainRat(text)
		if !ok || !plainLong(want) {
			return nil
		}
		return func(v any) bool { n, ok := plainWhole(v); return ok && side(n.Cmp(want)) }
	case "double":
		want, ok := plainDouble(text)
		if !ok {
			return nil
		}
		return func(v any) bool {
			n, ok := plainDouble(v)
			return ok && side(new(big.Float).SetFloat64(n).Cmp(new(big.Float).SetFloat64(want)))
		}
	case "ip":
		want, ok := plainAddress(text)
		if !ok {
			return nil
		}
		return func(v any) bool { a, ok := plainAddress(v); return ok && side(strings.Compare(a, want)) }
	case "date":
		first, last, ok := plainTime(text)
		if !ok {
			return nil
		}
		if op == query.Gt || op == query.Lte {
			first = last
		}
		return func(v any) bool { at, ok := plainTimeOf(v); return ok && side(at.Compare(first)) }
	case "text":
		return func(v any) bool {
			return slices.ContainsFunc(plainWords(plainText(v)), func(w string) bool { return side(strings.Compare(w, text)) })
		}
	}
	return func(v any) bool { return side(slices.Compare([]rune(plainText(v)), []rune(text))) }
}

func plainStars(runs []string) plainTest {
	quoted := make([]string, len(runs))
	for i, run := range runs {
		quoted[i] = regexp.QuoteMeta(run)
	}
	whole := regexp.MustCompile(`(?s)^` + strings.Join(quoted, `.*`) + `$`)
	return func(v any) bool { return whole.MatchString(plainText(v)) }
}

// plainText returns the text that a value has in a keyword field.
func plainText(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		if plainInteger.MatchString(v.String()) {
			return v.String()
		}
		f, err := v.Float64()
		if size := math.Abs(f); err != nil || size < 0.001 || size >= 1e7 {
			panic(errNotPlain) // Java prints these in its own way
		}
		text := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	return v.(string)
}

func plainTruth(v any) (truth, ok bool) {
	switch v {
	case true, "true":
		return true, true
	case false, "false", "":
		return false, true
	}
	return false, false
}

var plainDecimal = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?$`)

func plainRat(v any) (*big.Rat, bool) {
	text := ""
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	if !plainDecimal.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// plainLong reports whether a number is within the integers of 64 bits with or
// without a sign.
func plainLong(n *big.Rat) bool {
	limit := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 64))
	return n.Cmp(limit) < 0 && n.Cmp(new(big.Rat).Neg(limit)) > 0
}

// plainWhole is the whole part of a number.
func plainWhole(v any) (*big.Rat, bool) {
	n, ok := plainRat(v)
	if !ok || !plainLong(n) {
		return nil, false
	}
	return new(big.Rat).SetInt(new(big.Int).Quo(n.Num(), n.Denom())), true
}

func plainDouble(v any) (float64, bool) {
	n, ok := plainRat(v)
	if !ok {
		return 0, false
	}
	f, _ := n.Float64()
	return f, !math.IsInf(f, 0)
}

// plainAddress returns the bits of an address as a text of zeros and ones.
func plainAddress(v any) (string, bool) {
	text, _ := v.(string)
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return "", false
	}
	var bits strings.Builder
	for _, b := range a.As16() {
		fmt.Fprintf(&bits, "%08b", b)
	}
	return bits.String(), true
}

var plainISO = regexp.MustCompile(`^(-?[0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T(?:([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?)?(Z|UTC|GMT|UT|[+-][0-9]{2}(?:[0-9]{2}(?:[0-9]{2})?|:[0-9]{2}(?::[0-9]{2})?)?)?)?)?)?)?$`)

// plainTime returns the first and the last millisecond of a date.
func plainTime(text string) (first, last time.Time, ok bool) {
	m := plainISO.FindStringSubmatch(text)
	if m == nil {
		if !regexp.MustCompile(`^-?[0-9]{1,19}(\.[0-9]{0,6})?$`).MatchString(text) {
			return first, last, false
		}
		whole, _, _ := strings.Cut(text, ".")
		ms, err := strconv.ParseInt(whole, 10, 64)
		at := time.UnixMilli(ms)
		return at, at, err == nil && ms < 1<<62 && ms > -1<<62
	}
	number := func(i, missing int) int {
		if m[i] == "" {
			return missing
		}
		n, _ := strconv.Atoi(m[i])
		return n
	}
	year, month, dayOfMonth := number(1, 0), number(2, 1), number(3, 1)
	h, minutes, s := number(4, 0), number(5, 0), number(6, 0)
	offset := 0
	if zone := strings.ReplaceAll(m[8], ":", ""); strings.ContainsAny(zone, "+-") {
		zone = (zone + "0000")[:7]
		for i, unit := range []int{3600, 60, 1} {
			n, _ := strconv.Atoi(zone[1+2*i : 3+2*i])
			offset += n * unit
		}
		if offset > 18*3600 {
			return first, last, false
		}
		if zone[0] == '-' {
			offset = -offset
		}
	}
	first = time.Date(year, time.Month(month), dayOfMonth, h, minutes, s, 0, time.UTC)
	if first.Month() != time.Month(month) || first.Day() != dayOfMonth || h > 23 || minutes > 59 || s > 59 {
		return first, last, false
	}
	first = first.Add(-time.Duration(offset) * time.Second)
	switch {
	case m[7] != "":
		ms, _ := strconv.Atoi((m[7] + "00")[:3])
		first = first.Add(time.Duration(ms) * time.Millisecond)
		return first, first, true
	case m[6] != "":
		last = first.Add(time.Second)
	case m[5] != "":
		last = first.Add(time.Minute)
	case m[4] != "":
		last = first.Add(time.Hour)
	default:
		last = first.AddDate(0, 0, 1)
	}
	return first, last.Add(-time.Millisecond), true
}

func plainTimeOf(v any) (time.Time, bool) {
	switch v := v.(type) {
	case string:
		at, _, ok := plainTime(v)
		return at, ok
	case json.Number:
		if !plainInteger.MatchString(v.String()) {
			f, _ := v.Float64()
			return time.UnixMilli(int64(f)), math.Abs(f) < 1<<62
		}
		at, _, ok := plainTime(v.String())
		return at, ok
	}
	return time.Time{}, false
}

var plainRun = regexp.MustCompile(`[A-Za-z0-9_]+`)

// plainWords knows ASCII only.
func plainWords(text string) (words []string) {
	if strings.ContainsFunc(text, func(r rune) bool { return r > 127 }) {
		panic(errNotPlain)
	}
	letter := func(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	runs := plainRun.FindAllStringIndex(text, -1)
	for i := 0; i < len(runs); i++ {
		from, to := runs[i][0], runs[i][1]
		for i+1 < len(runs) && runs[i+1][0] == to+1 {
			before, between, after := text[to-1], text[to], text[to+1]
			if !(letter(before) && letter(after) && strings.IndexByte(".':", between) >= 0 ||
				digit(before) && digit(after) && strings.IndexByte(".',;", between) >= 0) {
				break
			}
			i++
			to = runs[i][1]
		}
		if word := text[from:to]; strings.Trim(word, "_") != "" {
			words = append(words, strings.ToLower(word))
		}
	}
	return words
}

// names returns the whole names of the fields that a condition is about.
func (q *plainQuery) fieldsOf(f query.Field, in string) []string {
	if f.Pattern == nil {
		return []string{strings.TrimPrefix(in+"."+f.Name, ".")}
	}
	runs := slices.Clone(f.Pattern)
	runs[0] = strings.TrimPrefix(in+"."+runs[0], ".")
	fits := plainStars(runs)
	var names []string
	for _, name := range q.names {
		if fits(name) && (in == "" || q.nestedParent(name) == in) {
			names = append(names, name)
		}
	}
	return names
}

// refuses reports whether Elasticsearch refuses the query for one of its clauses.
func (q *plainQuery) refuses(n query.Node, in string) bool {
	switch n := n.(type) {
	case *query.MatchAll:
		return false
	case *query.And:
		return slices.ContainsFunc(n.Nodes, func(n query.Node) bool { return q.refuses(n, in) })
	case *query.Or:
		return slices.ContainsFunc(n.Nodes, func(n query.Node) bool { return q.refuses(n, in) })
	case *query.Not:
		return q.refuses(n.Node, in)
	case *query.Nested:
		path := strings.TrimPrefix(in+"."+n.Path.Name, ".")
		return n.Path.Pattern != nil || n.Path.Any || q.types[path] != "nested" || q.refuses(n.Node, path)
	}
	if compare, ok := n.(*query.Compare); ok && compare.Value.Kind == query.Null {
		return true
	}
	field := plainField(n)
	if field.Any {
		return false
	}
	return slices.ContainsFunc(q.fieldsOf(field, in), func(name string) bool { return q.test(q.typeOf(name), n) == nil })
}

func plainField(n query.Node) query.Field {
	switch n := n.(type) {
	case *query.Compare:
		return n.Field
	case *query.Exists:
		return n.Field
	}
	panic(fmt.Sprintf("%T", n))
}

// holds reports whether a query that is not refused holds for an object.
func (q *plainQuery) holds(n query.Node, object plainObject, in string) bool {
	switch n := n.(type) {
	case *query.MatchAll:
		return true
	case *query.And:
		return !slices.ContainsFunc(n.Nodes, func(n query.Node) bool { return !q.holds(n, object, in) })
	case *query.Or:
		return slices.ContainsFunc(n.Nodes, func(n query.Node) bool { return q.holds(n, object, in) })
	case *query.Not:
		return !q.holds(n.Node, object, in)
	case *query.Nested:
		path := strings.TrimPrefix(in+"."+n.Path.Name, ".")
		return slices.ContainsFunc(q.objects(object, in, path), func(o plainObject) bool { return q.holds(n.Node, o, path) })
	case *query.Compare:
		if n.Field.Any {
			return in == "" && q.anywhere(n.Value, object)
		}
	case *query.Exists:
		if n.Field.Any {
			return in == ""
		}
	}
	field := plainField(n)
	for _, name := range q.fieldsOf(field, in) {
		across := field.Pattern != nil && in == ""
		if !across && q.nestedParent(name) != in {
			continue
		}
		typ := q.typeOf(name)
		if _, exists := n.(*query.Exists); exists && typ == "object" {
			if q.anyBelow(object, in, name) {
				return true
			}
			continue
		}
		if typ != "object" && slices.ContainsFunc(q.values(object, in, name, across), q.test(typ, n)) {
			return true
		}
	}
	return false
}

// anyBelow reports whether a field in an object has a value.
func (q *plainQuery) anyBelow(object plainObject, in, name string) bool {
	return slices.ContainsFunc(q.names, func(field string) bool {
		return strings.HasPrefix(field, name+".") && q.nestedParent(field) == in && len(q.values(object, in, field, false)) > 0
	})
}

// anywhere reports whether any field has the value.
func (q *plainQuery) anywhere(v query.Value, object plainObject) bool {
	if v.Kind == query.Wildcard && slices.Contains(plainParts(v.Pattern), plainStar) {
		return true
	}
	return slices.ContainsFunc(q.names, func(name string) bool {
		if q.nestedParent(name) != "" {
			return false
		}
		typ := q.typeOf(name)
		var test plainTest
		if v.Kind == query.Wildcard {
			test = q.splitTest(typ, v)
		} else {
			test = q.literalTest(typ, v.Text, v.Phrase)
		}
		return test != nil && slices.ContainsFunc(q.values(object, "", name, false), test)
	})
}

// plainVerdict evaluates a query over a document. The error is for what the plain
// evaluator does not know.
func plainVerdict(root query.Node, document string, declared map[string]string) (holds, refused bool, err error) {
	defer func() {
		switch x := recover(); x {
		case nil:
		case errNotPlain:
			err = errNotPlain
		default:
			panic(x)
		}
	}()
	object, err := plainDocument(document)
	if err != nil {
		return false, false, err
	}
	q := newPlainQuery(object, declared)
	if q.refuses(root, "") {
		return false, true, nil
	}
	return q.holds(root, object, ""), false, nil
}
