package sigma_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query/sigma"
	"github.com/fluent-detect/fluent-detect/detector/source"
)

// What follows evaluates detections plainly, as Sigma defines them, on detections and
// events that are made at random of a few texts.

// object is a JSON object whose members have an order.
type object []member

type member struct {
	name  string
	value any // nil, bool, json.Number, string, []any, object
}

func (o object) json() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", quoted(m.name), jsonOf(m.value))
	}
	return b.String() + "}"
}

func quoted(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)
	return strings.TrimSuffix(b.String(), "\n")
}

func jsonOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return string(v)
	case string:
		return quoted(v)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = jsonOf(v[i])
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	return v.(object).json()
}

// valuesAt returns the values at a dotted path, by every way of cutting it.
func valuesAt(v any, path string) (values []any, present bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			more, is := valuesAt(one, path)
			values, present = append(values, more...), present || is
		}
	case object:
		for _, m := range v {
			if m.name == path {
				values, present = append(values, flat(m.value)...), true
			}
			if rest, ok := strings.CutPrefix(m.name, path+"."); ok { // "a.b" is b in an object a
				values, present = append(values, object{{rest, m.value}}), true
			}
			if rest, ok := strings.CutPrefix(path, m.name+"."); ok {
				more, is := valuesAt(m.value, rest)
				values, present = append(values, more...), present || is
			}
		}
	}
	return values, present
}

func flat(v any) (values []any) {
	if list, ok := v.([]any); ok {
		for _, one := range list {
			values = append(values, flat(one)...)
		}
		return values
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// textsOf returns the texts that a value has.
func textsOf(v any) []string {
	switch v := v.(type) {
	case bool:
		return []string{strconv.FormatBool(v)}
	case json.Number:
		return []string{string(v)}
	case string:
		return []string{v}
	}
	o := v.(object)
	packed, _, err := jsontext.AppendMsgpack(nil, []byte(o.json()))
	if err != nil {
		panic(err)
	}
	value, _, err := msgpack.Read(packed, 0)
	if err != nil {
		panic(err)
	}
	return []string{o.json(), string(source.Schema().Sources()[0].Raw.AppendMap(nil, value))}
}

// canonical returns a text with one letter for all that equal it.
func canonical(text string) []rune {
	var out []rune
	for _, r := range text {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		out = append(out, least)
	}
	return out
}

// fits reports whether a text fits a pattern with Sigma's wildcards and escapes.
func fits(pattern, text string, cased bool) bool {
	fold := canonical
	if cased {
		fold = func(s string) []rune { return []rune(s) }
	}
	const star, anyChar = -1, -2
	var p []rune
	for i := 0; i < len(pattern); {
		r := []rune(pattern[i:])[0]
		n := len(string(r))
		if r == '\\' && i+1 < len(pattern) && strings.IndexByte(`\*?`, pattern[i+1]) >= 0 {
			p = append(p, fold(pattern[i+1:i+2])...)
			i += 2
			continue
		}
		switch r {
		case '*':
			p = append(p, star)
		case '?':
			p = append(p, anyChar)
		default:
			p = append(p, fold(string(r))...)
		}
		i += n
	}
	t := fold(text)
	at := make([]bool, len(t)+1) // the pattern up to here fits the text up to there
	at[0] = true
	for _, r := range p {
		next := make([]bool, len(t)+1)
		for i := range at {
			switch {
			case r == star:
				next[i] = at[i] || i > 0 && next[i-1]
			case i > 0 && at[i-1] && (r == anyChar || r == t[i-1]):
				next[i] = true
			}
		}
		at = next
	}
	return at[len(t)]
}

// item is an item of a search identifier.
type item struct {
	field  string // empty: keywords
	mods   []string
	values []any // as of events; a regexp for re
}

func (it *item) has(mod string) bool { return slices.Contains(it.mods, mod) }

func (it *item) holds(o object) bool {
	holds := it.has("all")
	for _, v := range it.values {
		one := it.valueHolds(v, o)
		if it.has("all") {
			holds = holds && one
		} else {
			holds = holds || one
		}
	}
	return holds != it.has("neq")
}

func (it *item) valueHolds(want any, o object) bool {
	values, present := valuesAt(o, it.field)
	switch {
	case it.has("exists"):
		return present == want.(bool)
	case want == nil:
		return len(values) == 0
	case it.has("fieldref"):
		others, _ := valuesAt(o, want.(string))
		return slices.ContainsFunc(values, func(v any) bool {
			return slices.ContainsFunc(others, func(w any) bool {
				_, isObject := v.(object)
				_, otherObject := w.(object)
				return !isObject && !otherObject && slices.Equal(canonical(textsOf(v)[0]), canonical(textsOf(w)[0]))
			})
		})
	case it.field == "":
		values = append(everyValue(o), o.json())
	}
	return slices.ContainsFunc(values, func(v any) bool { return it.compares(want, v) })
}

func everyValue(v any) (values []any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			values = append(values, everyValue(one)...)
		}
	case object:
		for _, m := range v {
			values = append(values, everyValue(m.value)...)
		}
	case nil:
	default:
		values = append(values, v)
	}
	return values
}

func (it *item) compares(want, v any) bool {
	number, isNumber := want.(json.Number)
	for _, mod := range it.mods {
		if i := slices.Index([]string{"gt", "gte", "lt", "lte"}, mod); i >= 0 {
			text, isText := v.(string)
			if n, ok := v.(json.Number); ok {
				text, isText = string(n), true
			}
			a, err := strconv.ParseFloat(text, 64)
			b, _ := number.Float64()
			if !isText || err != nil || strings.ContainsAny(text, "xXpPiInN_ ") {
				return false
			}
			return [...]bool{a > b, a >= b, a < b, a <= b}[i]
		}
	}
	place := it.has("contains") || it.has("startswith") || it.has("endswith")
	if isNumber && it.field != "" && !place {
		if n, ok := v.(json.Number); ok {
			a, _ := n.Float64()
			b, _ := number.Float64()
			return a == b
		}
		text, ok := v.(string)
		return ok && text == string(number)
	}
	return slices.ContainsFunc(textsOf(v), func(text string) bool {
		if it.has("re") {
			return regexp.MustCompile(want.(string)).MatchString(text)
		}
		pattern := textsOf(want)[0]
		if it.has("contains") || it.has("endswith") || it.field == "" {
			pattern = "*" + pattern
		}
		if it.has("contains") || it.has("startswith") || it.field == "" {
			pattern += "*"
		}
		return fits(pattern, text, it.has("cased"))
	})
}

func (it *item) yaml() string {
	key := it.field
	for _, m := range it.mods {
		key += "|" + m
	}
	values := make([]string, len(it.values))
	for i, v := range it.values {
		values[i] = jsonOf(v)
	}
	text := strings.Join(values, ", ")
	if len(values) > 1 {
		text = "[" + text + "]"
	}
	return fmt.Sprintf("{%s: %s}", quoted(key), text)
}

// maker makes things at random.
type maker struct{ *rand.Rand }

func pick[T any](m maker, list ...T) T { return list[m.IntN(len(list))] }

func (m maker) text() string {
	return pick(m, "CreateUser", "createuser", "DeleteTrail", "kms", "KmS", "\u212ams", "a\u017fk", "ASK", "", "22", "true", "x y", "Élodie", "élodie",
		"Bea", "bea*", "s3:GetObject", `{"Action": "s3:*"}`, "a\nb", "{k=v}", "ẞß", "arn:aws:iam::1:user/Bea", "requestParameters")
}

func (m maker) pattern() string {
	text := m.text()
	switch m.IntN(5) {
	case 0:
		if runes := []rune(text); len(runes) > 2 {
			return string(runes[:1]) + pick(m, "*", "?", "**", "?*") + string(runes[2:])
		}
	case 1:
		if runes := []rune(text); len(runes) > 2 {
			return pick(m, "*", "?") + string(runes[m.IntN(len(runes)):]) + pick(m, "", "*")
		}
	case 2:
		return strings.NewReplacer("*", `\*`, "?", `\?`).Replace(text)
	}
	return text
}

func (m maker) scalar() any {
	switch m.IntN(6) {
	case 0:
		return pick[any](m, json.Number("22"), json.Number("-3"), json.Number("1.5"), json.Number("4711"))
	case 1:
		return pick[any](m, true, false)
	}
	return m.text()
}

func (m maker) value(depth int) any {
	switch n := m.IntN(10); {
	case n == 0:
		return nil
	case n == 1 && depth > 0:
		list := []any{}
		for range m.IntN(3) {
			list = append(list, m.value(depth-1))
		}
		return list
	case n < 4 && depth > 0:
		return m.object(depth - 1)
	}
	return m.scalar()
}

var names = []string{"userName", "k", "a.b", "items"}

func (m maker) object(depth int) object {
	o := object{}
	for _, name := range names {
		if m.IntN(2) == 0 {
			o = append(o, member{name, m.value(depth)})
		}
	}
	return o
}

func (m maker) event() object {
	o := object{{"eventSource", m.value(0)}, {"eventName", m.value(1)}, {"eventVersion", "1.08"}}
	for _, name := range []string{"requestParameters", "userIdentity", "userAgent", "errorCode"} {
		if m.IntN(3) > 0 {
			o = append(o, member{name, m.value(3)})
		}
	}
	if m.IntN(8) == 0 {
		o = append(o, member{"userIdentity.userName", m.value(0)})
	}
	return o
}

func (m maker) item() item {
	it := item{field: pick(m, "eventSource", "eventName", "eventName", "userIdentity.userName", "userIdentity", "requestParameters", "requestParameters.items.k", "requestParameters.a.b",
		"requestParameters.a.b.k", "userAgent", "errorCode", "status")}
	n := 1 + m.IntN(3)
	switch m.IntN(12) {
	case 0:
		return item{it.field, []string{"exists"}, []any{m.IntN(2) == 0}}
	case 1:
		return item{it.field, nil, []any{nil}}
	case 2:
		return item{it.field, []string{"fieldref"}, []any{pick(m, "userIdentity.userName", "requestParameters.userName", "eventName")}}
	case 3:
		it.mods = []string{pick(m, "gt", "gte", "lt", "lte")}
		it.values = []any{pick[any](m, json.Number("22"), json.Number("1.25"), json.Number("-3"))}
		return it
	case 4:
		it.mods = []string{"re"}
		it.values = []any{pick(m, "^Create", "[kK]ms$", "(?i)kms", "User|Trail", "a.b")}
		return it
	case 5:
		it.field = ""
	case 6, 7, 8:
		it.mods = []string{pick(m, "contains", "startswith", "endswith")}
	}
	for range n {
		if m.IntN(5) == 0 {
			it.values = append(it.values, m.scalar())
		} else {
			it.values = append(it.values, m.pattern())
		}
	}
	for i, v := range it.values { // a scalar text may have wildcards, as a pattern may
		if _, ok := v.(json.Number); ok && it.field == "" {
			it.values[i] = "kms"
		}
	}
	if it.field != "" && m.IntN(6) == 0 {
		it.mods = append(it.mods, "cased")
	}
	if n > 1 && m.IntN(4) == 0 {
		it.mods = append(it.mods, "all")
	}
	if it.field != "" && m.IntN(8) == 0 {
		it.mods = append(it.mods, "neq")
	}
	return it
}

var conditions = []struct {
	text string
	is   func(a, b, c bool) bool
}{
	{"a1", func(a, _, _ bool) bool { return a }},
	{"a1 and b1 or _c", func(a, b, c bool) bool { return a && b || c }},
	{"a1 and not b1", func(a, b, _ bool) bool { return a && !b }},
	{"not (a1 or b1) and _c", func(a, b, c bool) bool { return !(a || b) && c }},
	{"1 of them", func(a, b, _ bool) bool { return a || b }},
	{"all of *1 and not _c", func(a, b, c bool) bool { return a && b && !c }},
	{"any of _*", func(_, _, c bool) bool { return c }},
	{"not not a1", func(a, _, _ bool) bool { return a }},
}

// check makes a detection and an event, and compares what is made of them.
func check(t *testing.T, seed uint64) (matched bool) {
	m := maker{rand.New(rand.NewPCG(seed, 1))}
	items := [][]item{{m.item(), m.item()}, {m.item()}, {m.item()}}
	if items[0][0].field == items[0][1].field && slices.Equal(items[0][0].mods, items[0][1].mods) {
		items[0] = items[0][:1]
	}
	for i := range items { // keywords without modifiers are a list, which has no fields
		for _, it := range items[i] {
			if it.field == "" && len(it.mods) == 0 {
				items[i] = []item{it}
				break
			}
		}
	}
	condition := pick(m, conditions...)
	text := "detection:\n"
	var holds [3]bool
	o := m.event()
	for i, name := range []string{"a1", "b1", "_c"} {
		holds[i] = true
		members := ""
		for _, it := range items[i] {
			holds[i] = holds[i] && it.holds(o)
			members += strings.Trim(it.yaml(), "{}") + ", "
		}
		text += fmt.Sprintf("  %s: %s\n", name, yamlOf(items[i], members))
	}
	text += "  condition: " + condition.text + "\n"
	want := condition.is(holds[0], holds[1], holds[2])

	q, err := sigma.Language.Query(text)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, text)
	}
	schema := source.Schema()
	p, err := match.Compile(q, match.NewRaw(schema, 0))
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, text)
	}
	set := match.NewSet([]*match.Program{p}, match.ECS{Schema: schema})
	var scratch match.Scratch
	chunk := ingest.ChunkOf([]byte(o.json()), time.Now())
	seen := 0
	reader := envelope.NewReader(schema, func(e *event.Event) {
		seen++
		got := len(set.Match(e, &scratch)) > 0
		if alone := p.Match(e); alone != got {
			t.Errorf("seed %d: in a set %v, alone %v\n%s%s", seed, got, alone, text, o.json())
		}
		if got != want {
			t.Errorf("seed %d: matches: %v, want %v (%v)\n%s%s", seed, got, want, holds, text, o.json())
		}
		var shown []string
		for _, c := range p.Conditions() {
			shown = append(shown, c.String())
		}
		if slices.Contains(shown, "") {
			t.Errorf("seed %d: a condition is shown as nothing: %q\n%s", seed, shown, text)
		}
	})
	for _, r := range chunk.Records {
		if _, _, err := reader.Read(chunk.Data, r.Body); err != nil {
			t.Fatal(err)
		}
	}
	if seen != 1 {
		t.Fatalf("seed %d: %d events in %s", seed, seen, o.json())
	}
	if texts, ok := set.Literals(); ok && want && !literal.NewSet(append(texts, literal.Exact(envelope.Escapes...)...)).AnyIn(chunk.Data) {
		t.Errorf("seed %d: matches without any of %v\n%s%s", seed, texts, text, o.json())
	}
	return want
}

// yamlOf writes items as a map, or keywords as a list.
func yamlOf(items []item, members string) string {
	var maps []string
	for _, it := range items {
		if it.field == "" && len(it.mods) == 0 {
			values := make([]string, len(it.values))
			for i, v := range it.values {
				values[i] = jsonOf(v)
			}
			maps = append(maps, "["+strings.Join(values, ", ")+"]")
		}
	}
	if len(maps) == 0 {
		return "{" + strings.TrimSuffix(members, ", ") + "}"
	}
	return maps[0]
}

func TestPlain(t *testing.T) {
	matched := 0
	for seed := range uint64(3000) {
		if check(t, seed) {
			matched++
		}
		if t.Failed() {
			return
		}
	}
	if matched < 300 {
		t.Errorf("%d of the events match: too few to tell", matched)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { check(t, seed) })
}
