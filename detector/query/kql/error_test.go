package kql

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

var update = flag.Bool("update", false, "write the golden files anew")

// badQueries are refused; testdata/errors.golden holds what is said about them.
var badQueries = []string{
	// a condition or value is missing
	`: x`,
	`> 5`,
	`a:`,
	`a: x and `,
	`a: x or (`,
	"a: x\nand \n",
	`not `,
	`()`,
	`a: ()`,
	`a: (x or )`,
	`a: (x and (y or ))`,
	`d: { }`,
	`a: }`,
	`a >`,
	`{ a: x }`,
	`a: ({ x })`,

	// never closed, or closed without being open
	`(a: x and b: y`,
	"a: (x or y\nor z",
	`d: { a: x`,
	`a: { x`,
	`a: "x`,
	`a: x and b: "y or c: z)`,
	`a: "C:\"`,
	`a: x)`,
	`a: x }`,
	`(a: x }`,
	`d: { (a: x } )`,

	// keywords
	`not not a: x`,
	`a: not x`,
	`a > not 5`,
	`a: do not care`,
	`cannot open`,
	`a: x not b: y`,
	`"x" not b: y`,
	`not(a: x)`,
	`a: x and not(b: y)`,
	`a: (not(x))`,
	`(a: x)and(b: y)`,
	`(a: x)and b: y`,
	`a: x or(b: y)`,
	`"x"or "y"`,
	`"x" and`,
	`(a: x) b: y`,
	`(a: x) android: y`,

	// quotes and escapes
	`a: x"`,
	`a: x "y"`,
	`a: "x"y"`,
	`a: "x" y`,
	`a: “x y” and b: "z" or c: “x:y”`,
	`a: x\q`,
	`a: C\:\Users`,
	`a: x\`,
	`a: x\ y`,
	`a: \u12`,
	`a: ("x" \y)`,
	"a: \\\x1b[31m",

	// colons and comparisons
	`a: b:c`,
	`source.ip: ::1`,
	`source.ip: fe80::1`,
	`a: 1 b: 2`,
	`a: (b: c or d)`,
	`a: "x": y`,
	`a: >5`,
	`a > 5 < 6`,
	`a > (1 or 2)`,
	`a <> 5`,
	`a >> 5`,
	`a: x b > 5`,
	`a: x(y)`,
	`d {a: x}`,

	// other languages
	`a == "x"`,
	`a="x"`,
	`a != "x"`,
	`"a" == "x"`,
	`a: x && b: y`,
	`a: x || b: y`,
	`"x" && "y"`,
	`a in (1, 2)`,
	`a like "x"`,
	`(a: x) = y`,
	`(a: x)(b: y)`,
	`a: ("x", "y")`,
	`a: "x"~2`,
	`a: "x"^2`,
	`a: "x"*`,
	`n: [1 TO 5}`,

	// places
	"a: 1 and\nb: 2 and\r\n\tc: \"3\" d\r\nand e: 4",
	"é: 日本語 and x: \"y\" \u00a0\u3000z: 1",
	"a: e\u0301e\u0301 and b: )",
	"a: \x1b[31m\u202e x)",
	"a: x and\xff b: y",
	strings.Repeat("abc: def and ", 20) + `b: ) and ` + strings.Repeat("abc: def and ", 20) + "x: y",
	strings.Repeat("abc: def and ", 20) + `b: )`,
	`a: ` + strings.Repeat("long ", 20) + `"x"`,
	strings.Repeat("(", MaxDepth+1),
}

func TestErrors(t *testing.T) {
	var b strings.Builder
	for _, query := range badQueries {
		_, err := Parse(query)
		if err == nil {
			t.Errorf("Parse(%q) succeeds", query)
			continue
		}
		fmt.Fprintf(&b, "--- %q\n%v\n", query, err)
	}
	got := b.String()
	golden := filepath.Join("testdata", "errors.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("%s:%d: (-update writes it anew)\n got %s\nwant %s", golden, i+1, gotLines[i], wantLines[i])
		}
	}
	t.Fatalf("%s has %d lines, got %d", golden, len(wantLines), len(gotLines))
}

// Saying what is wrong with a huge query must not cost more than reading it.
func TestErrorOfHugeQuery(t *testing.T) {
	_, err := Parse(strings.Repeat("é", MaxLength) + "\n")
	if err == nil {
		t.Fatal("no error")
	}
	if n := len(err.Error()); n > 1000 {
		t.Errorf("the message has %d bytes", n)
	}
	_, err = Parse("a:" + strings.Repeat("\n", MaxLength-10) + ")")
	if want := fmt.Sprintf("%d:1: found", MaxLength-9); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestErrorPosition(t *testing.T) {
	for _, c := range []struct {
		query        string
		span         query.Span
		line, column int
	}{
		{`a: )`, span(3, 4), 1, 4},
		{`a: x and `, span(8, 8), 1, 9},
		{"é: x and\n\té: )", span(15, 16), 2, 5},
		{`(a: x`, span(0, 1), 1, 1},
		{`a: x "y" z`, span(5, 6), 1, 6},
		{`a: x\q`, span(4, 6), 1, 5},
		{`"x" and(`, span(4, 7), 1, 5},
	} {
		_, err := Parse(c.query)
		var e *query.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q): %v", c.query, err)
			continue
		}
		line, column := e.Position()
		if e.Span != c.span || line != c.line || column != c.column {
			t.Errorf("Parse(%q): span %v, %d:%d; want %v, %d:%d", c.query, e.Span, line, column, c.span, c.line, c.column)
		}
		if e.Query != c.query {
			t.Errorf("Parse(%q): query %q", c.query, e.Query)
		}
	}
}
