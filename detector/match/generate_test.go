package match

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// generator makes queries and documents that have something to do with each
// other. All its choices come from bytes, so that a fuzzer can steer it.
type generator struct{ choices []byte }

// upTo returns a number below n.
func (g *generator) upTo(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := g.choices[0]
	g.choices = g.choices[1:]
	return int(c) % n
}

func (g *generator) pick(list ...string) string { return list[g.upTo(len(list))] }

// The names say the types: the letter that the last name begins with. y and z
// have the type of what is in the document, l does not say.
var plainTypes = map[byte]string{
	'k': "keyword", 'c': "constant_keyword", 'w': "wildcard", 'n': "long", 'x': "double", 'b': "boolean",
	'i': "ip", 't': "date", 'm': "text", 'f': "flattened", 'd': "nested",
}

// declared has the types of all fields of the generator's documents.
var declared = func() map[string]string {
	types := map[string]string{}
	var add func(prefix string, depth int)
	add = func(prefix string, depth int) {
		for letter, t := range plainTypes {
			types[prefix+string(letter)] = t
		}
		if depth > 0 {
			add(prefix+"o.", depth-1)
			add(prefix+"d.", depth-1)
		}
	}
	add("", 3)
	return types
}()

// declaredTypes are the same, as mappings have them.
var declaredTypes = func() map[string]event.Type {
	types := map[string]event.Type{}
	for name, t := range declared {
		types[name], _ = event.ParseType(t)
	}
	return types
}()

func (g *generator) name() string {
	name := g.pick("k", "n", "x", "b", "i", "t", "m", "c", "w", "f", "y", "z", "o", "d", "l", "gone")
	switch {
	case name == "f" && g.upTo(2) == 0:
		name += "." + g.pick("k", "p", "o.k", "o", "gone")
	case g.upTo(4) == 0:
		name = g.pick("o.", "d.", "o.o.", "d.o.") + name
	}
	return name
}

// text returns a text that is likely to be a value of a field of that type, or to
// miss one closely.
func (g *generator) text(t byte) string {
	switch t {
	case 'n', 'x':
		return g.pick("0", "1", "-1", "22", "2.5", "22.0", "-0.5", "1e3", "0.5e1", "+7", "9007199254740993", "18446744073709551615", "-9223372036854775808", "1.", ".5")
	case 'b':
		return g.pick("true", "false")
	case 'i':
		return g.pick("10.1.2.3", "10.0.0.0", "10.255.255.255", "192.0.2.9", "::1", "2001:db8::1", "2001:db8::", "::ffff:10.1.2.3", "::")
	case 't':
		return g.pick("2026-03-01", "2026-03-02", "2026-02", "2026", "2026-03-02T00", "2026-03-01T23:59", "2026-03-01T23:59:59", "2026-03-01T23:59:59.999Z",
			"2026-03-02T01:00:00.5+01:00", "2026-03-01T23:00:00,25-0130", "1772409600000", "2024-02-29", "2026-03-01T", "2026-03-01T12Z", "-0044-03-15")
	case 'm':
		return g.pick("quick", "Quick brown", "the quick brown fox", "fox", "e-mail", "a.b", "3.14 1,5", "it's", "_x _", "brown quick", "a a b", "a a a b", "", "--")
	}
	return g.pick("a", "b", "ab", "abc", "a b", "A", "", "true", "22", "a*b", "ba\nab", "é", "aab", "null", `\`, "abab", " a", "b a")
}

// value returns the right side of a condition.
func (g *generator) value(t byte) query.Value {
	text := g.text(t)
	switch g.upTo(8) {
	case 0, 1:
		return query.Value{Text: text, Phrase: true}
	case 2, 3:
		if t == 'i' && g.upTo(2) == 0 {
			text += "/" + g.pick("8", "24", "0", "32", "128", "96", "33")
			break
		}
		runs := strings.Split(g.pick("a*", "*a", "*", "a*b", "*a*b*", "**", "qui*", "*X*", "* a", "a b*", "*b c*a", "2*", "*\n*", "e*", "A* *b"), "*")
		return query.Value{Kind: query.Wildcard, Pattern: runs, Text: strings.Join(runs, "*")}
	case 4:
		if g.upTo(8) == 0 {
			return query.Value{Kind: query.Null, Text: "null"}
		}
	case 5:
		if g.upTo(6) == 0 {
			text = g.text(0) // of another type
		}
	}
	if text == "true" || text == "false" {
		return query.Value{Kind: query.Bool, Text: text}
	}
	return query.Value{Text: text}
}

// typeOf is the letter of the type of a field.
func (g *generator) typeOf(name string) byte {
	last := name[strings.LastIndexByte(name, '.')+1]
	if _, ok := plainTypes[last]; ok && !strings.Contains(name, "f.") {
		return last
	}
	return "kknxb"[g.upTo(5)]
}

func (g *generator) condition() query.Node {
	if g.upTo(12) == 0 {
		return &query.Compare{Field: query.Field{Any: true}, Value: g.value("knibtm"[g.upTo(6)])}
	}
	name := g.name()
	field := query.Field{Name: name}
	t := g.typeOf(name)
	if g.upTo(10) == 0 {
		runs := strings.Split(g.pick("o.*", "*", "*.k", "k*", "*k", "d.*", "d*k", "*n", "f.*", "*.m", "f*", "y*"), "*")
		field = query.Field{Name: strings.Join(runs, "*"), Pattern: runs}
		t = 'k'
	}
	switch g.upTo(10) {
	case 0:
		return &query.Exists{Field: field}
	case 1, 2:
		return &query.Compare{Field: field, Op: query.Gt + query.Op(g.upTo(4)), Value: g.value(t)}
	case 3, 4:
		var list []query.Node
		for range 2 + g.upTo(3) {
			list = append(list, &query.Compare{Field: field, Value: g.value(t)})
		}
		return &query.Or{Nodes: list}
	}
	return &query.Compare{Field: field, Value: g.value(t)}
}

// query returns a tree that Parse could have given.
func (g *generator) query(depth int) query.Node {
	if depth == 0 {
		return g.condition()
	}
	switch g.upTo(8) {
	case 0:
		return &query.Not{Node: g.query(depth - 1)}
	case 1:
		return &query.And{Nodes: []query.Node{g.query(depth - 1), g.query(depth - 1)}}
	case 2:
		return &query.Or{Nodes: []query.Node{g.query(depth - 1), g.query(depth - 1)}}
	case 3:
		return &query.Nested{Path: query.Field{Name: g.pick("d", "d", "d", "o.d", "d.d", "k", "o")}, Node: g.query(depth - 1)}
	case 4:
		if g.upTo(6) == 0 {
			if g.upTo(2) == 0 {
				return &query.Exists{Field: query.Field{Any: true}}
			}
			return &query.MatchAll{}
		}
	}
	return g.condition()
}

// document returns a JSON object.
func (g *generator) document(depth int) string {
	var b strings.Builder
	b.WriteByte('{')
	for _, name := range []string{"k", "n", "x", "b", "i", "t", "m", "c", "w", "f", "y", "z", "o", "d", "l", "o.k", "d.n", "f.p", "o.f.k"} {
		if g.upTo(3) == 0 {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(name) + ":" + g.json(name, depth))
	}
	b.WriteByte('}')
	return b.String()
}

func (g *generator) json(name string, depth int) string {
	switch g.upTo(9) {
	case 0:
		return g.pick("null", "[]", "{}", "[null]")
	case 1:
		return "[" + g.json(name, depth) + "," + g.json(name, depth) + "]"
	}
	switch name {
	case "o", "d":
		if depth == 0 {
			return "{}"
		}
		return g.document(depth - 1)
	case "f":
		return `{"k":` + g.json("k", 0) + `,"p":[` + g.json("n", 0) + `,{"q":true}],"o":{"k":` + g.json("l", 0) + `}}`
	case "l": // of any type, and of another in the next document
		name = g.pick("k", "n", "x", "b", "i")
	}
	text := g.text(g.typeOf(name))
	if (name == "n" || name == "x" || name == "b") && json.Valid([]byte(text)) && g.upTo(4) > 0 {
		return text
	}
	quoted, _ := json.Marshal(text)
	return string(quoted)
}
