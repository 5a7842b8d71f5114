package eql

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
	``, `any`, `any where`, `where a == 1`, `42 where true`, "`net` where true", `?net where true`, `net-a where true`, `and where true`,
	`ANY WHERE true`, `any where a == 1 AND b == 2`, `any where a = 1`, `any where a == 'x'`, `any where a == ?"x"`, `any where a == “x”`,
	`any where a == "x`, "any where a == \"x\ny\"", `any where a == """x`, `any where a == "a\d"`, `any where a == "\u{1}"`, `any where a == "\u{110000}"`,
	`any where !a`, `any where a && b`, `any where a || b`, `any where a == 1 == true`, `any where (a == 1`, `any where a == 1)`, `any where a == 1 b == 2`,
	`any where a not like "x"`, `any where a not : "x"`, `any where "x" : a`, `any where a : 7`, `any where a : (7, 8)`, `any where a like concat("a")`, `any where a : ()`,
	`any where a in ()`, `any where a in (1, "x")`, `any where a in (b, 2)`, `any where a in "x"`, `any where a == b`, `any where length(a) == length(b)`,
	`any where string(a == b) == "true"`, `any where "a"`, `any where 7`, `any where length(a)`, `any where a + 1`, `any where not concat(a)`, `any where a and length(b)`,
	`any where length(a, b) == 1`, `any where length() == 1`, `any where substring(a) == "x"`, `any where concat() == "x"`, `any where cidrMatch(a) == true`,
	`any where number("abc") == 1`, `any where length(5) == 1`, `any where 1 + "a" == 2`, `any where lenght(a) == 1`, `any where arrayContains(a, "x")`, `any where length~(a) == 1`, `any where a~ == 1`,
	`any where endsWith(a, 5)`, `any where cidrMatch(a, "10.0.0.0/33")`, `any where cidrMatch(a, b)`, `any where a == 1e999`,
	`any where a[0] == 1`, `any where a.in == 1`, `any where sequence == 1`, `any where 6x == 1`, `any where a. == 1`, `any where ?in == 1`, `any where a ~ "x"`, "any where `a == 1", "any where `` == 1",
	`any where a == 1 and descendant of [any where true]`, `any where a == 1 /* b`, `any where a == 1 # b`,
	`any where a == 1 | sort a`, `any where a == 1 | head`, `any where a == 1 |`,
	`sample by a [any where true] [any where true]`, `join by a [any where true] [any where true]`,
	`sequence`, `sequence by`, `sequence by a, [any where true] [any where true]`, `sequence by length(a) [any where true] [any where true]`,
	`sequence by any [any where true] [any where true]`, `sequence by "a" [any where true] [any where true]`,
	`sequence with maxspan=10 [any where true] [any where true]`, `sequence with maxspan=10w [any where true] [any where true]`, `sequence with maxspan=0s [any where true] [any where true]`,
	`sequence with maxspan [any where true] [any where true]`, `sequence with maxspan=m [any where true] [any where true]`, `sequence with span=1m [any where true] [any where true]`,
	`sequence with maxspan=99999999999999d [any where true] [any where true]`, `sequence with maxspan=1m by a [any where true] [any where true]`,
	`sequence [any where true]`, `sequence by a [any where true] by b [any where true]`, `sequence [any where true] [any where true] until [any where true] by a`,
	`sequence [any where true] [any where true`, `sequence [any where true] [any where true] any where true`, `sequence [any true] [any where true]`, `sequence [] [any where true]`,
	`sequence [any where true] with runs=0 [any where true]`, `sequence [any where true] with runs=101`, `sequence [any where true] with [any where true]`,
	`sequence [any where true] [any where true] until any where true`, `sequence [any where true] [any where true] until [any where true] with runs=2`,
	`sequence [any where true] ![any where true] [any where true]`, `sequence with maxspan=1m ![any where true] ![any where true]`, `sequence with maxspan=1m ![any where true] [any where true] ![any where true]`,
	`sequence with maxspan=1m [any where true] ![any where true] with runs=2 [any where true]`, `sequence [any where a = 1] [any where true]`, `sequence [any where a == b] [any where true]`,
	`sequence [any where true] [any where true] | head 1`, `sequence [any where true] [any where true] | sort a`, `sequence by a [sequence [any where true]] [any where true]`,
	`any where a regex "("`, `any where a regex "a)"`, `any where a regex "[a"`, `any where a regex "a{3,2}"`, `any where a regex "b|"`, `any where a regex "~a"`, `any where a regex "a&b"`,
	`any where a regex "<1-5>"`, `any where a regex "[z-a]"`, `any where a regex "x{1001}"`, `any where substring(a, 1) regex "(?=a)"`, "any where a == \"\xff\"",
}

func TestErrors(t *testing.T) {
	var out strings.Builder
	for _, text := range badQueries {
		_, err := Parse(text)
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
		`sequence [any where true] [any where true] | tail 3`: true, `sequence with maxspan=1m ![any where true] [any where true] ![any where true]`: true, `sequence [any where true]`: false, `sample by a [any where true]`: true, `any where a regex "~x"`: true, `any where a regex "x&y"`: true,
		`any where a regex "x)&"`: false, `any where a = 1`: false,
	} {
		_, err := Parse(text)
		var e *query.Error
		if !errors.As(err, &e) || e.Unsupported != want {
			t.Errorf("%s: %#v", text, err)
		}
	}
}

// Limits keep time and stack within bounds.
func TestLimits(t *testing.T) {
	deep := func(n int, open, inner, closing string) string {
		return "any where " + strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	for _, text := range []string{
		deep(MaxDepth, "(", "true", ")"), deep(MaxDepth, "not ", "a == 1", ""), "any where a == 1" + strings.Repeat(" and a == 1", 5000), "any where 1" + strings.Repeat(" + 1", MaxChain) + " == 1",
	} {
		if _, err := Parse(text); err != nil {
			t.Errorf("%.40s…: %v", text, err)
		}
	}
	for _, text := range []string{
		deep(MaxDepth+1, "(", "true", ")"), deep(100000, "(", "true", ")"), deep(100000, "not ", "a == 1", ""), deep(100000, "-", "a == 1", ""), deep(30000, "string(", "a", ") == 1"),
		"any where 1" + strings.Repeat(" + 1", MaxChain+1) + " == 1", "any where " + strings.Repeat(" ", MaxLength), `any where a regex "` + strings.Repeat("(", 100000) + `"`,
	} {
		_, err := Parse(text)
		if err == nil {
			t.Errorf("%.40s… is not refused", text)
			continue
		}
		checkError(t, text, err)
	}
}

// FuzzParse parses anything. What is accepted has all its nodes where they were written.
func FuzzParse(f *testing.F) {
	for _, text := range badQueries {
		f.Add(text)
	}
	for _, text := range []string{
		`any where not ?a.b in~ ("x", null) and c like ("*", """\?""") // d`, "\"my kind\" where `a-b`.c regex~ \"[^a-z]+?(x|y{2,})\" | head 5",
		`iam where startsWith~(concat(a, 1), "x") != true or -n % 3 >= .5e-1`, `any where null == (a == 1) and cidrMatch(b, "::/0") == false`,
	} {
		if _, err := Parse(text); err != nil {
			f.Errorf("%s: %v", text, err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text)
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
	}
}
