package expr

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
)

// maxText is how long a text may become by a replacement.
const maxText = 1 << 20

// ofTable evaluates the functions of ES|QL that the others do not have.
func (n *node) ofTable(columns []Value, m *Memory) Value {
	switch n.fn {
	case query.FnCase:
		return n.firstCase(columns, m)
	case query.FnCoalesce:
		for i := range n.args {
			if v := n.args[i].eval(columns, m); v.kind != Null {
				return v
			}
		}
		return Value{}
	case query.FnOneOf:
		return n.oneOf(columns, m)
	}
	var room [4]Value
	args := room[:0]
	for i := range n.args {
		args = append(args, n.args[i].eval(columns, m))
	}
	v := args[0]
	switch n.fn {
	case query.FnHas:
		return BoolOf(slices.ContainsFunc(v.Members(), func(member Value) bool {
			order, ok := compare(member, args[1])
			return ok && order == 0
		}))
	case query.FnToBoolean, query.FnToDate, query.FnToDouble, query.FnToIP, query.FnToLong, query.FnToLower, query.FnToUpper:
		return n.each(v, m)
	case query.FnMVConcat:
		return concatMembers(v, args[1], m)
	case query.FnMVCount, query.FnMVDedupe, query.FnMVFirst, query.FnMVLast, query.FnMVMax, query.FnMVMin:
		return n.ofMembers(v)
	case query.FnDissect, query.FnGrok:
		return n.extract(v, m)
	}
	for i := range args {
		if args[i].kind == Null || args[i].kind == List {
			return Value{}
		}
	}
	switch n.fn {
	case query.FnDateTrunc:
		return truncated(v, args[1])
	case query.FnDateDiff:
		return difference(n.unit, args[1], args[2])
	case query.FnRound:
		return round(v, args[1:])
	}
	return n.ofChars(args, m)
}

// firstCase returns the value of the first condition that is true.
func (n *node) firstCase(columns []Value, m *Memory) Value {
	for i := 0; i+1 < len(n.args); i += 2 {
		if n.args[i].eval(columns, m).isTrue() {
			return n.args[i+1].eval(columns, m)
		}
	}
	if len(n.args)%2 == 1 {
		return n.args[len(n.args)-1].eval(columns, m)
	}
	return Value{}
}

// oneOf looks for its first argument among the others.
func (n *node) oneOf(columns []Value, m *Memory) Value {
	v := n.args[0].eval(columns, m)
	if v.kind == Null || v.kind == List {
		return Value{}
	}
	result := BoolOf(false)
	for i := range n.args[1:] {
		order, ok := compare(v, n.args[1+i].eval(columns, m))
		switch {
		case !ok:
			result = Value{}
		case order == 0:
			return BoolOf(true)
		}
	}
	return result
}

// each converts the members of a value. Those that cannot be converted are dropped.
func (n *node) each(v Value, m *Memory) Value {
	if v.kind != List {
		return n.convert(v, m)
	}
	list := make([]Value, 0, len(v.list))
	for _, member := range v.list {
		if c := n.convert(member, m); c.kind != Null {
			list = append(list, c)
		}
	}
	return ListOf(list)
}

func (n *node) convert(v Value, m *Memory) Value {
	switch n.fn {
	case query.FnToString:
		if v.kind != Null {
			return TextOf(m.text(v))
		}
	case query.FnToLower:
		return m.cased(v, unicode.ToLower)
	case query.FnToUpper:
		return m.cased(v, unicode.ToUpper)
	case query.FnToBoolean:
		return v.toBool()
	case query.FnToDate:
		return v.toDate()
	case query.FnToDouble:
		if f, ok := v.toFloat(); ok {
			return FloatOf(f)
		}
	case query.FnToLong:
		return v.toWhole()
	case query.FnToIP:
		if v.kind == IP {
			return v
		}
		if a, ok := event.ParseIP(v.text); ok && v.kind == Text {
			address := a.As16()
			start := len(m.Text)
			m.Text = append(m.Text, address[:]...)
			return IPOf(m.Text[start:])
		}
	}
	return Value{}
}

// cased returns a text with its letters in another case.
func (m *Memory) cased(v Value, to func(rune) rune) Value {
	if v.kind != Text {
		return Value{}
	}
	start := len(m.Text)
	for i := 0; i < len(v.text); {
		r, size := utf8.DecodeRune(v.text[i:])
		if r == utf8.RuneError && size == 1 {
			m.Text = append(m.Text, v.text[i])
		} else {
			m.Text = utf8.AppendRune(m.Text, to(r))
		}
		i += size
	}
	return TextOf(m.Text[start:])
}

func (v Value) toBool() Value {
	switch v.kind {
	case Bool:
		return v
	case Text:
		return BoolOf(bytes.EqualFold(v.text, []byte("true")))
	}
	if f, ok := v.asFloat(); ok {
		return BoolOf(f != 0)
	}
	return Value{}
}

func (v Value) toDate() Value {
	switch v.kind {
	case Date:
		return v
	case Text:
		if first, _, ok := event.ParseDate(v.text); ok {
			return DateOf(first)
		}
	}
	if w := v.toWhole(); v.kind != Text && w.kind == Int {
		return DateOf(w.number)
	}
	return Value{}
}

func (v Value) toFloat() (float64, bool) {
	switch v.kind {
	case Bool, Date:
		return float64(v.number), true
	case Text:
		f, ok := toNumber(v.text, 10).asFloat()
		return f, ok
	}
	return v.asFloat()
}

func (v Value) toWhole() Value {
	switch v.kind {
	case Int:
		return v
	case Bool, Date:
		return IntOf(v.number)
	case Text:
		if n, err := strconv.ParseInt(string(v.text), 10, 64); err == nil {
			return IntOf(n)
		}
	}
	f, ok := v.toFloat()
	if f = math.Round(f); !ok || f < math.MinInt64 || f >= math.MaxInt64 {
		return Value{}
	}
	return IntOf(int64(f))
}

// ofMembers evaluates the functions of the members of a value.
func (n *node) ofMembers(v Value) Value {
	members := v.Members()
	if len(members) == 0 {
		return Value{}
	}
	switch n.fn {
	case query.FnMVCount:
		return IntOf(int64(len(members)))
	case query.FnMVFirst:
		return members[0]
	case query.FnMVLast:
		return members[len(members)-1]
	case query.FnMVDedupe:
		return ListOf(distinct(slices.Clone(members)))
	}
	best := members[0]
	for _, member := range members[1:] {
		if order, _ := compare(member, best); order < 0 == (n.fn == query.FnMVMin) && order != 0 {
			best = member
		}
	}
	return best
}

// Order compares two values that are not null and no lists: by their types if these
// differ.
func Order(a, b Value) int {
	if order, ok := compare(a, b); ok {
		return order
	}
	return cmp.Compare(a.kind, b.kind)
}

// distinct sorts values, and drops those that equal others.
func distinct(members []Value) []Value {
	slices.SortFunc(members, Order)
	return slices.CompactFunc(members, func(a, b Value) bool { return Order(a, b) == 0 })
}

// Stored returns what Elasticsearch stores of the values of a field: sorted, and without
// repetitions if they are texts or addresses. It changes the slice, and keeps it.
func Stored(members []Value) Value {
	if len(members) < 2 {
		return ListOf(members)
	}
	if members[0].kind == Text || members[0].kind == IP {
		return ListOf(distinct(members))
	}
	slices.SortFunc(members, Order)
	return ListOf(members)
}

func concatMembers(v, delimiter Value, m *Memory) Value {
	members := v.Members()
	if len(members) == 0 || delimiter.kind != Text {
		return Value{}
	}
	start := len(m.Text)
	for i, member := range members {
		if i > 0 {
			m.Text = append(m.Text, delimiter.text...)
		}
		m.Text = member.appendText(m.Text)
	}
	return TextOf(m.Text[start:])
}

// extract returns the parts of a name in the members of a value.
func (n *node) extract(v Value, m *Memory) Value {
	var one Value
	var several []Value
	for _, member := range v.Members() {
		if member.kind != Text {
			continue
		}
		var room [2][]byte
		var parts [][]byte
		if n.dissect != nil {
			parts, m.Text = n.dissect.Find(room[:0], n.part, member.text, m.Text)
		} else {
			parts, m.Text = n.grok.Find(room[:0], n.part, member.text, m.Text)
		}
		for _, part := range parts {
			switch p := partValue(n.partKind, part); {
			case p.kind == Null:
			case one.kind == Null:
				one = p
			case several == nil:
				several = []Value{one, p}
			default:
				several = append(several, p)
			}
		}
	}
	if several != nil {
		return ListOf(several)
	}
	return one
}

func partValue(kind pattern.PartKind, text []byte) Value {
	switch kind {
	case pattern.PartInt:
		return TextOf(text).toWhole()
	case pattern.PartFloat:
		if f, ok := toNumber(text, 10).asFloat(); ok {
			return FloatOf(f)
		}
		return Value{}
	}
	return TextOf(text)
}

func round(v Value, decimals []Value) Value {
	places := int64(0)
	if len(decimals) > 0 {
		places = decimals[0].wholePart()
	}
	f, ok := v.asFloat()
	if !ok || v.kind == Int && places >= 0 {
		return v
	}
	unit := math.Pow(10, float64(places))
	if f = math.Round(f*unit) / unit; math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	if v.kind == Int {
		return IntOf(int64(f))
	}
	return FloatOf(f)
}

// ofChars evaluates functions of texts, which count in characters.
func (n *node) ofChars(args []Value, m *Memory) Value {
	text := m.text(args[0])
	switch n.fn {
	case query.FnCharLength:
		return IntOf(int64(utf8.RuneCount(text)))
	case query.FnTrim:
		return TextOf(bytes.TrimFunc(text, func(r rune) bool { return r <= ' ' }))
	case query.FnFromBase64:
		return fromBase64(text, m)
	case query.FnSubstr:
		return substr(text, args[1:])
	case query.FnReplace:
		start := len(m.Text)
		m.Text = n.regexps[0].AppendReplaced(m.Text, text, n.replacement)
		if len(m.Text)-start > maxText {
			m.Text = m.Text[:start]
			return Value{}
		}
		return TextOf(m.Text[start:])
	}
	other := m.text(args[1])
	switch n.fn {
	case query.FnContains:
		return BoolOf(bytes.Contains(text, other))
	case query.FnLocate:
		return locate(text, other, args[2:])
	}
	if len(other) == 0 {
		return TextOf(text)
	}
	var list []Value
	for part := range bytes.SplitSeq(text, other) {
		list = append(list, TextOf(part))
	}
	return ListOf(list)
}

// fromBase64 returns what a text encodes, or null if it is broken or not UTF-8.
func fromBase64(text []byte, m *Memory) Value {
	encoding := base64.StdEncoding
	if len(text)%4 != 0 {
		encoding = base64.RawStdEncoding
	}
	start := len(m.Text)
	decoded, err := encoding.AppendDecode(m.Text, text)
	if err != nil || !utf8.Valid(decoded[start:]) {
		return Value{}
	}
	m.Text = decoded
	return TextOf(decoded[start:])
}

// charOffset returns the offset of the n-th character of a text, or its length.
func charOffset(text []byte, n int64) int {
	i := 0
	for ; n > 0 && i < len(text); n-- {
		_, size := utf8.DecodeRune(text[i:])
		i += size
	}
	return i
}

// substr returns a part of a text from a position, which counts from the end if it is
// negative.
func substr(text []byte, args []Value) Value {
	from := args[0].wholePart()
	switch {
	case from > 0:
		from--
	case from < 0:
		from = max(0, from+int64(utf8.RuneCount(text)))
	}
	text = text[charOffset(text, from):]
	if len(args) > 1 {
		text = text[:charOffset(text, max(0, args[1].wholePart()))]
	}
	return TextOf(text)
}

// locate returns the position of a text in another one, from 1, or 0.
func locate(text, other []byte, start []Value) Value {
	from := 0
	if len(start) > 0 {
		from = charOffset(text, max(0, start[0].wholePart()-1))
	}
	i := bytes.Index(text[from:], other)
	if i < 0 {
		return IntOf(0)
	}
	return IntOf(int64(utf8.RuneCount(text[:from+i]) + 1))
}
