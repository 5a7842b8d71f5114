package table

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
)

// fuzzTypes are those of the generator's fields. ga, gn and gb have no values.
var fuzzTypes = map[string]event.Type{
	"ka": event.TypeKeyword, "kb": event.TypeKeyword, "kc": event.TypeKeyword, "ga": event.TypeKeyword, "ta": event.TypeText, "fa": event.TypeFlattened,
	"na": event.TypeLong, "nb": event.TypeLong, "gn": event.TypeLong, "xa": event.TypeDouble, "ba": event.TypeBoolean, "gb": event.TypeBoolean,
	"ia": event.TypeIP, "@timestamp": event.TypeDate,
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
		if form[i] != '%' || i+1 == len(form) || !strings.ContainsRune("KNXBIDsnrPoTEc", rune(form[i+1])) {
			b.WriteByte(form[i])
			continue
		}
		i++
		switch form[i] {
		case 'K': // a column of texts
			b.WriteString(g.pick("ka", "kb", "kc", "ga", "ta", "fa.x", "`ka`", "fa.y"))
		case 'N':
			b.WriteString(g.pick("na", "nb", "gn", "xa"))
		case 'X': // any column
			b.WriteString(g.pick("ka", "na", "xa", "ba", "ia", "ga", "gn", "@timestamp", "ta"))
		case 'B':
			b.WriteString(g.pick("ba", "gb"))
		case 'I':
			b.WriteString(g.pick(`"10.1.2.3"`, `"::1"`, `"11.0.0.1"`, `"::ffff:10.1.2.3"`))
		case 'D':
			b.WriteString(g.pick(`"2026-05-04"`, `"2026-05-04T10:00:00.5Z"`, `"2026-05-04T10"`, `"2026"`))
		case 's':
			b.WriteString(quoted(g.text()))
		case 'P':
			b.WriteString(quoted(g.pick("a*", "*b", "*", "a?b", "?", "*A*b*", "*k*", "a**b", "??", "ab", "", `*\*`, "*longer*", "**")))
		case 'n':
			b.WriteString(g.pick("0", "1", "2", "-1", "7", "2.5", "3", "9223372036854775807", "-3", "1e2"))
		case 'r':
			b.WriteString(quoted(g.pick(`a.*`, `.*b.*`, `a+?b`, `[^a]+`, `a|b.`, `a{2}(b|c)?`, `@`, `#`, `[a-c]{1,3}`, `()`, `.*(longer|x==|\*).*`, `é.`)))
		case 'o':
			b.WriteString(g.pick("==", "!=", "<", "<=", ">", ">="))
		case 'T': // a computed text
			b.WriteString(g.fill(g.pick("%K", "CONCAT(%K, %s)", "SUBSTRING(%K, 2)", "TO_STRING(%X)", "TO_LOWER(%K)", "COALESCE(%K, %s)", "CASE(%c, %K, %s)", "MV_FIRST(%K)", "MV_CONCAT(%K, %s)", "REPLACE(%K, \"(a)b\", \"$1\")", "TRIM(%K)", "MV_MAX(%K)", "SPLIT(%K, %s)", "FROM_BASE64(%K)")))
		case 'E': // a computed number
			b.WriteString(g.fill(g.pick("%N", "LENGTH(%T)", "(%N + %n)", "-%N", "(%N * %N)", "(%N / %n)", "(%N % %n)", "TO_LONG(%K)", "MV_COUNT(%X)", "TO_DOUBLE(%N)", "LOCATE(%K, %s)", "ROUND(%N)", "MV_MIN(%N)")))
		case 'c':
			b.WriteString(g.fill(g.pick(fuzzConditions...)))
		}
	}
	return b.String()
}

func (g *generator) text() string {
	return g.pick("a", "b", "ab", "A", "aB", "a*b", "", "abab", "é", "k", "😀a", "22", "-3.5", "a\nb", `a\b`, "true", "aab", "1", "x==longer", "YWI=")
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

var fuzzConditions = []string{
	"%K %o %s", "%K == %s", "%s != %K", "%N %o %n", "%n %o %N", "%B", "%B == true", "%B != \"false\"", "NOT %B", "%K : %s", "na : 7", "%K LIKE %P", "%K NOT LIKE %P", "%K LIKE (%P, %P)", "%K RLIKE %r", "%K NOT RLIKE (%r, %r)",
	"%K IN (%s, %s)", "%K NOT IN (%s)", "%K IN (%s, null)", "%K NOT IN (null, %s)", "%N IN (%n, %n)", "%N NOT IN (%n)", "%X IS NULL", "%X IS NOT NULL", "%X == null",
	"STARTS_WITH(%K, %s)", "ENDS_WITH(%K, %s)", "CONTAINS(%K, %s)", "STARTS_WITH(%K, %K)", "ENDS_WITH(%T, %T)", "%K == %K", "%N < %N", "%K != %K", "%T %o %s", "%E %o %n", "%T IS NULL", "%T LIKE %P", "%T RLIKE %r", "%T IN (%s, %K)",
	"ia == %I", "ia != %I", "ia IN (%I, %I)", "ia > %I", "CIDR_MATCH(ia, \"10.0.0.0/8\", \"::1\")", "@timestamp %o %D", "@timestamp IN (%D, %D)", "DATE_TRUNC(1 hour, @timestamp) %o %D", "@timestamp + 1 day > %D",
	"KQL(\"ka: a*\")", "KQL(\"na > 1 or not kb: *\")", "(%c OR %c)", "%c AND NOT %c", "NOT (%c AND %c)", "NOT (%c OR %c)", "(%c) == true", "(%c) != true", "CASE(%c, %c, %c)", "(%c) IS NULL", "true", "null", "1 < 2",
}

// query returns a query whose conditions are also about columns that it makes.
func (g *generator) query() string {
	text := "FROM x"
	if g.upTo(3) == 0 {
		text += " | WHERE " + g.fill("%c")
	}
	// What is made has the names of columns of that type, so that conditions read it.
	for range g.upTo(4) {
		text += g.fill(g.pick(
			` | EVAL kb = %T`, ` | EVAL nb = %E, ga = CONCAT(%K, %K)`, ` | EVAL ba = %c`, ` | DISSECT ka "%{kb}b%{?x}"`, ` | DISSECT kb "%{ka}==%{ga}"`,
			` | GROK ka "(?<kb>[a-z])(?<ga>.)?"`, ` | GROK kb "(?<ka>a)|(?<ka>b)"`, ` | GROK kc "%{INT:nb:int}"`, ` | RENAME ka AS kb, kc AS ka | EVAL kc = ka`, ` | EVAL ka = kb | SORT ka`,
		))
	}
	return text + " | WHERE " + g.fill("%c")
}

// document returns a JSON object.
func (g *generator) document() string {
	var members []string
	add := func(name string, value func() string) {
		switch g.upTo(8) {
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
	add("kc", func() string { return g.pick("22", "true", `"a"`, `"ab"`, `"22"`) })
	add("ta", text)
	add("na", number)
	add("nb", number)
	add("xa", func() string { return g.pick("0.5", "2.5", "-1.5", "7", "3") })
	add("ba", func() string { return g.pick("true", "false", `"true"`) })
	add("ia", func() string { return g.pick(`"10.1.2.3"`, `"11.0.0.1"`, `"::1"`, `"::ffff:10.1.2.3"`) })
	add("@timestamp", func() string {
		return g.pick(`"2026-05-04T10:00:00.500Z"`, `"2026-05-04"`, `"2026-05-04T10:59:59Z"`, "1777888800500")
	})
	members = append(members, `"fa":{"x":`+text()+`,"y":[`+text()+`,`+text()+`]}`)
	return "{" + strings.Join(members, ",") + "}"
}

// compareOne compares what a rule with a query says of a document with the rows that the
// query makes of it.
func compareOne(t *testing.T, text, document string) (got, refused bool) {
	t.Helper()
	documents, m := load(t, []json.RawMessage{json.RawMessage(document)}, maps.Clone(fuzzTypes))
	var p *match.Program
	q, err := esql.Language.Query(text)
	if err == nil {
		p, err = match.Compile(q, m)
	}
	lines, tableErr := rows(text, documents, m, time.UnixMilli(0))
	var e, tableE *query.Error
	errors.As(err, &e)
	errors.As(tableErr, &tableE)
	if e != nil || tableE != nil {
		if (e == nil) != (tableE == nil) && !strings.Contains(fmt.Sprint(err), "at most 8") {
			t.Fatalf("%s\nis refused by one of both:\n%v\n%v", text, err, tableErr)
		}
		return false, true
	}
	if err != nil || tableErr != nil {
		t.Fatalf("%s\n%v, %v", text, err, tableErr)
	}
	got = p.Match(documents[0])
	if got != (len(lines) == 1) {
		t.Errorf("%s\n%s\nmatches: %v, and the table has %d rows", document, text, got, len(lines))
	}
	literals, ok := match.NewSet([]*match.Program{p}, m).Literals()
	if ok && got && !slices.ContainsFunc(literals, func(l literal.Text) bool { return strings.Contains(document, l.Text) }) {
		t.Errorf("%s\n%s\nmatches without any of the literals %q", document, text, literals)
	}
	return got, false
}

// FuzzMatch compares compiled rules with tables, for queries and documents that are
// generated from choices.
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
			compareOne(t, g.query(), document)
			if len(g.choices) == 0 {
				return
			}
		}
	})
}

// The same comparison for a few thousand queries, with every run of the tests.
func TestRulesAndTables(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	holds, refused, all := 0, 0, 0
	for range 150 {
		choices := make([]byte, 400)
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		g := generator{choices}
		document := g.document()
		for len(g.choices) > 0 && !t.Failed() {
			got, isRefused := compareOne(t, g.query(), document)
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
	if !t.Failed() && (holds < all/8 || refused > all/4) {
		t.Errorf("of %d queries %d hold and %d are refused: the generator has lost touch", all, holds, refused)
	}
}
