package program

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/kql"
)

// A second implementation of what a query means, over decoded documents: simple
// and slow, and written without a look at the first. FuzzMatch holds one against
// the other.

// plainFields lists the values of every field of a document by its dotted name.
// Objects are there under objects[name].
type plainFields struct {
	values  map[string][]any
	objects map[string][]map[string]any
}

func plain(doc map[string]any) plainFields {
	f := plainFields{map[string][]any{}, map[string][]map[string]any{}}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if name != "" {
				f.objects[name] = append(f.objects[name], v)
				name += "."
			}
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			sort.Strings(keys)
			for _, k := range keys {
				walk(name+k, v[k])
			}
		case []any:
			for _, x := range v {
				walk(name, x)
			}
		case nil:
		default:
			f.values[name] = append(f.values[name], v)
		}
	}
	walk("", doc)
	return f
}

type plainEvaluator struct{}

func plainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	}
	panic(fmt.Sprintf("%T", v))
}

func plainStars(parts []string, text string) bool {
	if len(parts) == 1 {
		return parts[0] == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	rest := text[len(parts[0]):]
	for skip := 0; skip <= len(rest); skip++ {
		if plainStars(parts[1:], rest[skip:]) {
			return true
		}
	}
	return false
}

func (p plainEvaluator) holds(n kql.Node, f plainFields) bool {
	switch n := n.(type) {
	case *kql.MatchAll:
		return true
	case *kql.And:
		for _, x := range n.Nodes {
			if !p.holds(x, f) {
				return false
			}
		}
		return true
	case *kql.Or:
		for _, x := range n.Nodes {
			if p.holds(x, f) {
				return true
			}
		}
		return false
	case *kql.Not:
		return !p.holds(n.Node, f)
	case *kql.Exists:
		return p.any(n.Field, f, func(string, any) bool { return true }) || p.objectExists(n.Field, f)
	case *kql.Is:
		return p.any(n.Field, f, func(typ string, v any) bool { return p.is(typ, v, n.Value) })
	case *kql.Range:
		return p.any(n.Field, f, func(typ string, v any) bool { return p.inRange(typ, v, n.Op, n.Value.Text) })
	}
	panic(fmt.Sprintf("%T", n))
}

// typeOf is the type of a field that documents of the generator have: the letter
// that its last name begins with.
func typeOf(name string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return map[byte]string{'k': "keyword", 'n': "long", 'b': "boolean", 'i': "ip", 'd': "date"}[last[0]]
}

func (p plainEvaluator) any(field kql.Field, f plainFields, test func(typ string, v any) bool) bool {
	for name, values := range f.values {
		fits := name == field.Name
		if field.Pattern != nil {
			fits = plainStars(field.Pattern, name)
		}
		if !fits && !field.None {
			continue
		}
		for _, v := range values {
			if test(typeOf(name), v) {
				return true
			}
		}
	}
	return false
}

func (p plainEvaluator) objectExists(field kql.Field, f plainFields) bool {
	if field.Pattern != nil {
		return false
	}
	for name, values := range f.values {
		if strings.HasPrefix(name, field.Name+".") && len(values) > 0 {
			return true
		}
	}
	return false
}

func (p plainEvaluator) is(typ string, v any, want kql.Value) bool {
	if want.Kind == kql.Wildcard {
		return typ == "keyword" && plainStars(want.Pattern, plainText(v))
	}
	switch typ {
	case "long":
		a, err1 := strconv.ParseFloat(plainText(v), 64)
		b, err2 := strconv.ParseFloat(want.Text, 64)
		return err1 == nil && err2 == nil && a == b
	case "ip":
		a, err := netip.ParseAddr(plainText(v))
		if err != nil {
			return false
		}
		if block, err := netip.ParsePrefix(want.Text); err == nil {
			return block.Contains(a)
		}
		b, err := netip.ParseAddr(want.Text)
		return err == nil && a == b
	case "date":
		day, err := time.Parse(time.DateOnly, want.Text)
		at, err2 := time.Parse(time.RFC3339, plainText(v))
		return err == nil && err2 == nil && at.UTC().Format(time.DateOnly) == day.Format(time.DateOnly)
	}
	return plainText(v) == want.Text
}

func (p plainEvaluator) inRange(typ string, v any, op kql.RangeOp, text string) bool {
	order := 0
	switch typ {
	case "long":
		a, err1 := strconv.ParseFloat(plainText(v), 64)
		b, err2 := strconv.ParseFloat(text, 64)
		if err1 != nil || err2 != nil {
			return false
		}
		order = cmp.Compare(a, b)
	case "ip":
		a, err1 := netip.ParseAddr(plainText(v))
		b, err2 := netip.ParseAddr(text)
		if err1 != nil || err2 != nil {
			return false
		}
		x, y := a.As16(), b.As16() // an IPv4 address is one of IPv6 behind ::ffff:
		order = bytes.Compare(x[:], y[:])
	case "date":
		at, err := time.Parse(time.RFC3339, plainText(v))
		day, err2 := time.Parse(time.DateOnly, text)
		if err != nil || err2 != nil {
			return false
		}
		order = cmp.Compare(at.UTC().Format(time.DateOnly), day.Format(time.DateOnly))
	case "boolean":
		order = cmp.Compare(plainText(v), text) // "false" is before "true"
	default:
		order = cmp.Compare(plainText(v), text)
	}
	switch op {
	case kql.Gt:
		return order > 0
	case kql.Gte:
		return order >= 0
	case kql.Lt:
		return order < 0
	}
	return order <= 0
}

// generator makes queries and documents that have something to do with each
// other.
type generator struct{ r *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.r.IntN(len(list))] }

func (g generator) name() string {
	n := g.pick("k", "k2", "n", "b", "i", "d", "missing_k")
	for g.r.IntN(3) == 0 {
		n = g.pick("o", "p") + "." + n
	}
	return n
}

func (g generator) value(typ string) string {
	switch typ {
	case "long":
		return g.pick("0", "1", "-1", "22", "2.5", "22.0", "1e3")
	case "boolean":
		return g.pick("true", "false")
	case "ip":
		return g.pick("10.1.2.3", "10.0.0.0", "192.0.2.9", `"::1"`, `"2001:db8::1"`)
	case "date":
		return `"` + g.pick("2026-03-01", "2026-03-02", "2027-01-01") + `"`
	}
	return g.pick("a", "b", "ab", `""`, "abc", `"a b"`, `"A"`, "true", "22")
}

func (g generator) condition() string {
	if g.r.IntN(12) == 0 {
		return g.value("keyword")
	}
	name := g.name()
	typ := typeOf(name)
	switch g.r.IntN(8) {
	case 0:
		return name + ": *"
	case 1:
		return name + " " + g.pick("<", "<=", ">", ">=") + " " + g.value(typ)
	case 2:
		return name + ": (" + g.value(typ) + g.pick(" or ", " and ") + g.pick("", "not ") + g.value(typ) + ")"
	case 3:
		if typ == "keyword" {
			return name + ": " + g.pick("a*", "*b", "*", "a*c", "*a*", "**")
		}
		if typ == "ip" {
			return name + ": " + g.pick("10.0.0.0/8", "192.0.2.0/24", `"2001:db8::/32"`)
		}
	case 4:
		return g.pick("k*", "*k", "o.*", "*.n") + ": " + g.value("keyword")
	}
	return name + ": " + g.value(typ)
}

func (g generator) query(depth int) string {
	if depth == 0 || g.r.IntN(3) == 0 {
		return g.condition()
	}
	switch g.r.IntN(4) {
	case 0:
		return "not (" + g.query(depth-1) + ")"
	case 1:
		return "(" + g.query(depth-1) + ")"
	}
	return g.query(depth-1) + g.pick(" and ", " or ") + g.query(depth-1)
}

func (g generator) jsonValue(typ string) string {
	if g.r.IntN(8) == 0 {
		return "null"
	}
	if g.r.IntN(5) == 0 {
		return "[" + g.jsonValue(typ) + "," + g.jsonValue(typ) + "]"
	}
	switch typ {
	case "long":
		return g.pick("0", "1", "-1", "22", "1000", "3")
	case "boolean":
		return g.pick("true", "false")
	case "ip":
		return `"` + strings.Trim(g.value("ip"), `"`) + `"`
	case "date":
		return `"` + g.pick("2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z", "2026-03-02T12:00:00Z", "2027-01-01T01:00:00+02:00") + `"`
	}
	return g.pick(`"a"`, `"b"`, `"ab"`, `""`, `"abc"`, `"a b"`, `"A"`, `"true"`, `"22"`)
}

func (g generator) document(depth int) string {
	var b strings.Builder
	b.WriteByte('{')
	first := true
	for _, k := range []string{"k", "k2", "n", "b", "i", "d", "o", "p", "o.k", "p.n"} {
		if g.r.IntN(3) == 0 {
			continue
		}
		v := ""
		if k == "o" || k == "p" {
			if depth == 0 {
				continue
			}
			if v = g.document(depth - 1); g.r.IntN(4) == 0 {
				v = "[" + v + "," + g.document(depth-1) + "]"
			}
		} else {
			v = g.jsonValue(typeOf(k))
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(strconv.Quote(k) + ":" + v)
	}
	b.WriteByte('}')
	return b.String()
}

// compare holds the two implementations against each other.
func compare(t *testing.T, query, document string) {
	t.Helper()
	tree, err := kql.Parse(query)
	if err != nil {
		return
	}
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return
	}
	types := map[string]string{}
	for _, prefix := range []string{"", "o.", "p.", "o.o.", "o.p.", "p.o.", "p.p.", "o.o.o.", "o.o.p.", "o.p.o.", "p.o.o.", "p.p.o.", "p.o.p.", "o.p.p.", "p.p.p."} {
		types[prefix+"i"], types[prefix+"d"], types[prefix+"n"], types[prefix+"b"] = "ip", "date", "long", "boolean"
		types[prefix+"k"], types[prefix+"k2"] = "keyword", "keyword"
	}
	got, err := verdict(query, document, types)
	if err != nil {
		return // refused
	}
	if want := (plainEvaluator{}).holds(tree, plain(doc)); got != want {
		t.Errorf("%s\n%s\nis %v, and %v for the plain evaluator", document, query, got, want)
	}
}

func FuzzMatch(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed, seed*7)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		g := generator{rand.New(rand.NewPCG(a, b))}
		document := g.document(3)
		for range 20 {
			compare(t, g.query(3), document)
		}
	})
}

func TestAgainstThePlainEvaluator(t *testing.T) {
	for seed := range uint64(3000) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		document := g.document(3)
		for range 5 {
			compare(t, g.query(3), document)
		}
		if t.Failed() {
			return
		}
	}
}
