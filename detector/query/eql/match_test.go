package eql_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/eql"
)

// types are those of the generator's fields. ga, gn and gb have no values.
var types = map[string]event.Type{
	"ka": event.TypeKeyword, "kb": event.TypeKeyword, "kc": event.TypeKeyword, "ga": event.TypeKeyword, "event.category": event.TypeKeyword,
	"na": event.TypeLong, "nb": event.TypeLong, "gn": event.TypeLong, "xa": event.TypeDouble, "ba": event.TypeBoolean, "gb": event.TypeBoolean, "ia": event.TypeIP,
}

// generator makes queries and documents of choices, which come from bytes.
type generator struct{ choices []byte }

func (g *generator) upTo(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := g.choices[0]
	g.choices = g.choices[1:]
	return int(c) % n
}

func (g *generator) pick(list ...string) string { return list[g.upTo(len(list))] }

// fill replaces the letters behind % in a form.
func (g *generator) fill(form string) string {
	var b strings.Builder
	for i := 0; i < len(form); i++ {
		if form[i] != '%' || i+1 == len(form) || !strings.ContainsRune("KNXBsnroecTP", rune(form[i+1])) {
			b.WriteByte(form[i])
			continue
		}
		i++
		switch form[i] {
		case 'K': // a field of texts
			b.WriteString(g.pick("ka", "kb", "kc", "ga", "?ka", "`kb`"))
		case 'N': // a field of numbers
			b.WriteString(g.pick("na", "nb", "gn", "xa"))
		case 'X': // any field
			b.WriteString(g.pick("ka", "na", "xa", "ba", "ga", "gn", "kb"))
		case 'B':
			b.WriteString(g.pick("ba", "gb"))
		case 's': // a text
			b.WriteString(quoted(g.text()))
		case 'P': // a pattern
			b.WriteString(quoted(g.pick("a*", "*b", "*", "a?b", "?", "*A*b*", "É*", "*k*", "a**b", "??", "ab", "", "*\\*", "K?", "\u212a*", "*==long*", "?==long-?k", "*X==Long")))
		case 'n':
			b.WriteString(g.pick("0", "1", "2", "-1", "7", "2.5", "3", "9223372036854775807", "-3", "1e2"))
		case 'r': // a regular expression
			b.WriteString(quoted(g.pick(`a.*`, `.*b.*`, `a+?b`, `[^a]+`, `^a`, `a|b.`, `a{2}(b|c)?`, `"a*"c?`, `@`, `#`, `\d+`, `a\.b`, `[a-c]{1,3}`, `()`, `é.`)))
		case 'o':
			b.WriteString(g.pick("==", "!=", "<", "<=", ">", ">="))
		case 'T': // a computed text
			b.WriteString(g.fill(g.pick("%K", "concat(%K, %s)", "substring(%K, %n0, %n1)", "string(%X)", "between(%K, %s, %s)", "concat(%X, %N, %K)", "%s", "between~(%K, %s, %s, true)")))
		case 'e': // a computed number
			b.WriteString(g.fill(g.pick("%N", "length(%T)", "(%N + %n)", "indexOf(%K, %s)", "indexOf~(%T, %T, %n1)", "-%N", "(%N * %N)", "(%N / %n)", "(%N % %n)", "number(%K)", "subtract(%n, %N)", "number(%T)")))
		case 'c':
			b.WriteString(g.fill(g.pick(conditions...)))
		}
	}
	out := b.String()
	out = strings.NewReplacer("2.50", "2", "2.51", "1", "1e20", "2", "1e21", "1", "92233720368547758070", "3", "92233720368547758071", "4").Replace(out)
	return out
}

func (g *generator) text() string {
	return g.pick("a", "b", "ab", "A", "aB", "a*b", "", "abab", "é", "É", "k", "\u212a", "😀a", "22", "0x1F", "-3.5", "a\nb", `a\b`, "true", "a.b", "aab", "2.5", "1", "x==Long", "X==lonG-aK")
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

var conditions = []string{
	"%K %o %s", "%K == %s", "%N %o %n", "%n %o %N", "%s %o %K", "%B", "%B == true", "%B != false", "%K : %P", "%K : (%P, %P)", "%K like %P", "%K like~ %P",
	"%K regex %r", "%K regex~ (%r, %r)", "%K in (%s, %s)", "%K not in (%s)", "%K in~ (%s, %s)", "%N in (%n, %n)", "%X == null", "%X != null", "null == %X",
	"stringContains(%K, %s)", "stringContains(%K, %P)", "stringContains~(%K, %P)", "endsWith(%K, %P)", "endsWith~(%K, %s)", "startsWith(%K, %s)", "startsWith~(%K, %P)",
	"stringContains(%K, %K)", "stringContains~(%T, %T)", "startsWith(%T, %K)", "endsWith~(%T, %T)", "%T %o %s", "%e %o %n", "%T == null", "%e != null", "%T : %P", "%T in~ (%s, %s)",
	"%T regex %r", "cidrMatch(ia, \"10.0.0.0/8\", \"::1\")", "cidrMatch(ia, \"2001:db8::/32\") == false", "string(cidrMatch(ia, \"10.1.2.3\")) : \"t*\"",
	"(%c) == true", "(%c) != true", "(%c) == null", "not %c", "(%c or %c)", "%c and not %c", "string(%c or %c) == \"true\"", "string(not %c) != null", "true", "null", "1 < 2",
}

func (g *generator) query() string {
	return g.pick("any", "any", "any", "c", `"d"`) + " where " + g.fill("%c")
}

// document returns a JSON object.
func (g *generator) document() string {
	var members []string
	add := func(name string, value func() string) {
		switch g.upTo(7) {
		case 0:
		case 1:
			members = append(members, quoted(name)+":"+g.pick("null", "[]", "[null]"))
		case 2, 3:
			members = append(members, fmt.Sprintf("%q:[%s,%s]", name, value(), value()))
		default:
			members = append(members, quoted(name)+":"+value())
		}
	}
	text := func() string { b, _ := json.Marshal(g.text()); return string(b) }
	number := func() string { return g.pick("0", "1", "2", "7", "-1", "3", "-9", "9223372036854775807", "100") }
	add("ka", text)
	add("kb", text)
	add("kc", func() string { return g.pick("22", "true", `"a"`, `"ab"`) })
	add("na", number)
	add("nb", number)
	add("xa", func() string { return g.pick("0.5", "2.5", "-1.5", "7", "3") })
	add("ba", func() string { return g.pick("true", "false", `"true"`) })
	add("ia", func() string { return g.pick(`"10.1.2.3"`, `"11.0.0.1"`, `"::1"`, `"2001:DB8::7"`) })
	members = append(members, `"event":{"category":`+g.pick(`"c"`, `["c","d"]`, "null")+"}")
	return "{" + strings.Join(members, ",") + "}"
}

func plainParse(text string) (category string, where query.Expr, err error) {
	category, where, err = eql.ParseExpr(text)
	plainRegexps = map[query.Span]string{}
	for e := range exprs(where) {
		if call, ok := e.(*query.Call); ok {
			for _, p := range call.Patterns {
				if p.Kind == query.Regexp {
					written := text[p.At.Start+1 : p.At.End-1]
					plainRegexps[p.At] = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(written)
				}
			}
		}
	}
	return category, where, err
}

func exprs(e query.Expr) func(func(query.Expr) bool) {
	return func(yield func(query.Expr) bool) {
		var walk func(query.Expr) bool
		walk = func(e query.Expr) bool {
			if e == nil || !yield(e) {
				return false
			}
			if call, ok := e.(*query.Call); ok {
				for _, arg := range call.Args {
					if !walk(arg) {
						return false
					}
				}
			}
			return true
		}
		walk(e)
	}
}

// verdict compiles a query and reports whether it matches the document.
func verdict(text, document string) (bool, error) {
	q, err := eql.Language.Query(text)
	if err != nil {
		return false, err
	}
	body, _, err := jsontext.AppendMsgpack(nil, []byte(document))
	if err != nil {
		return false, err
	}
	v, _, err := msgpack.Read(body, 0)
	if err != nil {
		return false, err
	}
	mapping := match.NewDocuments(types)
	p, err := match.Compile(q, mapping)
	if err != nil {
		return false, err
	}
	matches := p.Match(event.NewDocument(v))
	literals, ok := match.NewSet([]*match.Program{p}, mapping).Literals()
	if ok && matches && !slices.ContainsFunc(literals, func(l literal.Text) bool { return strings.Contains(document, l.Text) }) {
		return false, fmt.Errorf("matches without any of the literals %q", literals)
	}
	return matches, nil
}

// compare compares the verdict of the compiled query with that of the plain evaluator.
func compare(t *testing.T, text, document string) (got, refused bool) {
	t.Helper()
	got, err := verdict(text, document)
	var e *query.Error
	if errors.As(err, &e) {
		return false, true
	}
	want, wantErr := plainVerdict(text, document)
	if err != nil || wantErr != nil {
		t.Fatalf("%s\n%s\n%v, %v", document, text, err, wantErr)
	}
	if got != want {
		t.Errorf("%s\n%s\nis %v, and %v for the plain evaluator", document, text, got, want)
	}
	return got, false
}

// FuzzMatch compares compiled queries with the plain evaluator, for queries and
// documents that are generated from choices.
func FuzzMatch(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		choices := make([]byte, 60+r.IntN(300))
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		f.Add(choices)
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) > 2000 {
			return
		}
		g := generator{choices}
		document := g.document()
		for range 8 {
			compare(t, g.query(), document)
			if len(g.choices) == 0 {
				return
			}
		}
	})
}

// The same comparison for a few thousand queries, with every run of the tests.
func TestAgainstThePlainEvaluator(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	holds, refused, all := 0, 0, 0
	for range 120 {
		choices := make([]byte, 400)
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		g := generator{choices}
		document := g.document()
		for len(g.choices) > 0 && !t.Failed() {
			got, isRefused := compare(t, g.query(), document)
			all++
			if got {
				holds++
			}
			if isRefused {
				refused++
			}
		}
	}
	t.Logf("%d queries: %d hold, %d are refused", all, holds, refused)
	if !t.Failed() && (holds < all/5 || refused > all/5) {
		t.Errorf("of %d queries %d hold and %d are refused: the generator has lost touch", all, holds, refused)
	}
}
