package esql

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

var update = flag.Bool("update", false, "write the golden file of errors")

// badQueries are queries that are refused, each for a reason of its own.
var badQueries = []string{
	``, `WHERE a == 1`, `FROM`, `FROM logs WHERE a`, `FROM logs-* METADATA _idd`, `ROW a = 1`, `FROM x |`, `FROM x | FROM y`, `FROM x | WHER a == 1`, `FROM x | MV_EXPAND a`,
	`FROM x | WHERE`, `FROM x | WHERE a = 1`, `FROM x | WHERE a == 'x'`, `FROM x | WHERE a == “x”`, `FROM x | WHERE a == "x`, "FROM x | WHERE a == \"x\ny\"", `FROM x | WHERE a == """x`,
	`FROM x | WHERE a == "a\d"`, `FROM x | WHERE a && b`, `FROM x | WHERE !a`, `FROM x | WHERE a == b == c`, `FROM x | WHERE (a == 1`, `FROM x | WHERE a == 1)`, `FROM x | WHERE a b`,
	`FROM x | WHERE a NOT b`, `FROM x | WHERE a IN ()`, `FROM x | WHERE a IN "x"`, `FROM x | WHERE a LIKE b`, `FROM x | WHERE a LIKE ("x", 1)`, `FROM x | WHERE a IS 1`, `FROM x | WHERE a =~ "x"`,
	`FROM x | WHERE a : b`, `FROM x | WHERE 1a == 1`, `FROM x | WHERE a. == 1`, `FROM x | WHERE a[0] == 1`, `FROM x | WHERE a == ?p`, "FROM x | WHERE `` == 1", "FROM x | WHERE `a == 1",
	`FROM x | WHERE a RLIKE "("`, `FROM x | WHERE a RLIKE "~a"`, `FROM x | WHERE LENGHT(a) == 1`, `FROM x | WHERE GEO(a)`, `FROM x | WHERE URL_DECODE(a) == "x"`, `FROM x | WHERE LENGTH() == 1`, `FROM x | WHERE LENGTH(a, b) == 1`,
	`FROM x | WHERE LENGTH(5) == 1`, `FROM x | WHERE 1 + "a" == 2`, `FROM x | WHERE 1 == "a"`, `FROM x | WHERE "a"`, `FROM x | WHERE LENGTH(a)`, `FROM x | WHERE a == 1e999`, `FROM x | WHERE a::money == 1`,
	`FROM x | WHERE KQL(a)`, `FROM x | WHERE KQL("a: (")`, `FROM x | WHERE COUNT(*) > 1`, `FROM x | WHERE CIDR_MATCH(a, "10.0.0.0/33")`, `FROM x | WHERE a == NOW() - 99999999999999 years`, `FROM x | WHERE 1 + 5 minutes == 2`,
	`FROM x | WHERE REPLACE(a, "(", "") == "x"`, `FROM x | WHERE REPLACE(a, b, "") == "x"`, `FROM x | WHERE DATE_DIFF("fortnights", a, b) == 1`, `FROM x | EVAL a = CASE(1, 2)`,
	`FROM x | EVAL`, `FROM x | EVAL a =`, `FROM x | EVAL a = 5 minutes`, `FROM x | KEEP a-b`, `FROM x | KEEP`, `FROM x | KEEP a | WHERE b == 1`, `FROM x | DROP a | KEEP a`, `FROM x | RENAME a b`, `FROM x | RENAME abc AS b | KEEP abc`, `FROM x | KEEP _id`,
	`FROM x | DISSECT a b`, `FROM x | DISSECT a "x"`, `FROM x | DISSECT a "%{x"`, `FROM x | DISSECT a "%{x}%{y}"`, `FROM x | GROK a "x"`, `FROM x | GROK a "%{WROD:x}"`, `FROM x | GROK a "(?<x>a(?=b))"`, `FROM x | GROK a "%{WORD:x:money}"`,
	`FROM x | STATS`, `FROM x | STATS a = b`, `FROM x | STATS a = SUM(COUNT(*))`, `FROM x | STATS count = COUNT(*) | WHERE cuont > 1`, `FROM x | SORT`, `FROM x | SORT a NULLS`, `FROM x | LIMIT -1`, `FROM x | LIMIT many`,
	`FROM .alerts-security.* | WHERE a == 1`, `FROM x | STATS c = COUNT(*) BY a | STATS d = COUNT(*)`, `FROM x | STATS c = COUNT(*) WHERE @timestamp > NOW() - 1 hour BY a`, `FROM x | STATS c = COUNT(*) BY BUCKET(n, 20)`,
	`FROM x | STATS c = COUNT(*) BY BUCKET(@timestamp, 20, "2026-01-01", "2026-02-01")`, `FROM x | STATS c = COUNT(*) BY TBUCKET()`, `FROM x | STATS c = COUNT(*) BY user.name | WHERE source.ip IS NOT NULL`, `FROM x | KEEP a | STATS c = COUNT(*) BY b`,
	`FROM x | STATS c = COUNT(*) BY a | WHERE KQL("a: b")`, `FROM x | STATS c = TOP(a, 3, "asc") BY b`, `FROM x | STATS c = COUNT(DISTINCT a) BY b`, `FROM x | STATS c = VALUES() BY b`, `FROM x | STATS c = SUM("a") BY b`, `FROM x | STATS BY`,
	`FROM x | STATS c = COUNT(*) BY a,`, `FROM x | STATS c = COUNT(*) GROUP BY a`, `FROM x | STATS c = COUNT(*) WHERE COUNT(*) > 1`, `FROM x | STATS c = COUNT(*) | WHERE SUM(c) > 1`, `FROM x | STATS c = COUNT(*) BY DATE_TRUNC(5 minuets, @timestamp)`,
	`FROM x /* never closed`, `FROM x | WHERE a == 1 # b`, "FROM x | WHERE a == \"\xff\"",
}

func TestErrors(t *testing.T) {
	var out strings.Builder
	for _, text := range badQueries {
		_, err := Language.Parse(text)
		if err == nil {
			t.Errorf("%s is not refused", text)
			continue
		}
		checkError(t, text, err)
		out.WriteString(err.Error() + "\n\n")
	}
	golden := filepath.Join("testdata", "errors.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("%s differs; -update writes it anew. Got:\n%s", golden, out.String())
	}
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var e *query.Error
	if !errors.As(err, &e) || e.Query != text || e.Span.Start > e.Span.End || e.Span.End > len(text) || e.Message == "" || !utf8.ValidString(err.Error()) {
		t.Errorf("%q is refused by a bad error: %#v", text, err)
	}
}

// What is not evaluated here is told from what is wrong.
func TestUnsupported(t *testing.T) {
	for text, want := range map[string]bool{
		`FROM x | MV_EXPAND a`: true, `FROM x | INLINE STATS a = COUNT(*)`: true, `FROM x | WHERE URL_DECODE(a) == "b"`: true, `FROM x | WHERE a RLIKE "~x"`: true, `ROW a = 1`: true,
		`FROM x | GROK a "(?<b>c(?!d))"`: true, `FROM x | WHERE REPLACE(a, "x++", "") == "b"`: true, `FROM x | MV_EXPLODE a`: false, `FROM x | WHERE a = 1`: false, `FROM x | WHERE a RLIKE "x)&"`: false,
	} {
		_, err := Language.Parse(text)
		var e *query.Error
		if !errors.As(err, &e) || e.Unsupported != want {
			t.Errorf("%s: %#v", text, err)
		}
	}
}

// Limits keep time and stack within bounds.
func TestLimits(t *testing.T) {
	deep := func(n int, open, inner, closing string) string {
		return "FROM x | WHERE " + strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	double := func(n int) string {
		return "FROM x | EVAL a = CONCAT(s, s)" + strings.Repeat(" | EVAL a = CONCAT(a, a)", n) + ` | WHERE a == "x"`
	}
	for _, text := range []string{
		deep(MaxDepth, "(", "true", ")"), deep(MaxDepth, "not ", "a == 1", ""), "FROM x | WHERE a == 1" + strings.Repeat(" and a == 1", 1000), "FROM x | WHERE 1" + strings.Repeat(" + 1", MaxChain) + " == 1",
		"FROM x" + strings.Repeat(" | LIMIT 1", MaxCommands), double(9),
	} {
		if _, err := Language.Parse(text); err != nil {
			t.Errorf("%.40s…: %v", text, err)
		}
	}
	for _, text := range []string{
		deep(MaxDepth+1, "(", "true", ")"), deep(100000, "(", "true", ")"), deep(100000, "not ", "a == 1", ""), deep(100000, "-", "a == 1", ""), deep(20000, "TO_STRING(", "a", ")"),
		"FROM x | WHERE 1" + strings.Repeat(" + 1", MaxChain+1) + " == 1", "FROM x " + strings.Repeat(" ", MaxLength), `FROM x | WHERE a RLIKE "` + strings.Repeat("(", 100000) + `"`,
		"FROM x" + strings.Repeat(" | LIMIT 1", MaxCommands+1), double(60), "FROM x | WHERE a" + strings.Repeat("::long", 1000) + " == 1",
	} {
		_, err := Language.Parse(text)
		if err == nil {
			t.Errorf("%.40s… is not refused", text)
			continue
		}
		checkError(t, text, err)
	}
}

// The order and the number of rows have no effect on a rule, and a warning says so.
func TestAdvice(t *testing.T) {
	for text, want := range map[string]string{
		`FROM x | WHERE a == 1`:                 "",
		`FROM x | SORT a | LIMIT 5`:             "1:10 1:19",
		"FROM x\n| WHERE a == 1\n| SORT a DESC": "3:3",
	} {
		var places []string
		for _, advice := range Language.Advise(text) {
			checkError(t, text, advice)
			places = append(places, strings.SplitN(advice.Error(), ": ", 2)[0])
		}
		if got := strings.Join(places, " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// FuzzParse parses anything. What is accepted has all its nodes where they were written.
func FuzzParse(f *testing.F) {
	for _, text := range badQueries {
		f.Add(text)
	}
	for _, text := range []string{
		"FROM logs-*, \"x:y\" METADATA _id, _index // c\n| where not `a b`.c in (\"x\", null) and d rlike (\"\"\"[a-c]+\\.?\"\"\") /* e /* f */ */ | keep a*, b.*.c",
		`FROM x | EVAL a = CASE(b > 5 minutes + c, -d % 3, .5e-1), e = f::ip | STATS n = COUNT(*) WHERE g : "x", MAX(h) BY i, j = DATE_TRUNC(1 hour, k) | WHERE n > 1 | SORT n DESC NULLS LAST | LIMIT 3`,
		`FROM x | DISSECT a "%{+b/2->} %{?c}-%{b}" APPEND_SEPARATOR = "," | GROK b "%{NUMBER:d.e:int} (?<f>[^ ]+)" | WHERE KQL("g: (h or not i)") and MV_COUNT(d.e) >= 2 | RENAME f AS j, k = b | DROP d.*`,
	} {
		if _, err := Language.Parse(text); err != nil {
			f.Errorf("%s: %v", text, err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Language.Parse(text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		walk(n, func(n query.Node) {
			if at := n.Span(); at.Start > at.End || at.End > len(text) {
				t.Errorf("%q: %T at %v", text, n, at)
			}
		})
		for _, advice := range Language.Advise(text) {
			checkError(t, text, advice)
		}
	})
}

func walk(n query.Node, do func(query.Node)) {
	do(n)
	switch n := n.(type) {
	case *query.And:
		for _, n := range n.Nodes {
			walk(n, do)
		}
	case *query.Or:
		for _, n := range n.Nodes {
			walk(n, do)
		}
	case *query.Not:
		walk(n.Node, do)
	case *query.Only:
		walk(n.Node, do)
	case *query.Table:
		walk(n.Node, do)
	}
}
