package kql

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{" ", "*:*"},
		{"*:*", "*:*"},
		{"*", "*"},
		{"a:x", "a: x"},
		{`a:"x y"`, `a: "x y"`},
		{"a>=5", "a >= 5"},
		{"a: *", "a: *"},
		{"d:{a:1 and b:2}", "d: { a: 1 and b: 2 }"},
		{"a: 1 and (b: 2 or c: 3)", "a: 1 and (b: 2 or c: 3)"},
		{"(a: 1 and b: 2) or c: 3", "a: 1 and b: 2 or c: 3"},
		{"(a: 1 or b: 2) or c: 3", "(a: 1 or b: 2) or c: 3"},
		{"not (a: 1 or b: 2)", "not (a: 1 or b: 2)"},
		{"not (not a: 1)", "not (not a: 1)"},
		{"x or y", "x or y"},
		{"null: x or null > y", `x or "null" > y`},
		{"a > null", "a: *"},

		// conditions on one field become a list
		{"a: x or a: y", "a: (x or y)"},
		{"b: 1 and (a: x or a: y)", "b: 1 and a: (x or y)"},
		{"b: 1 and not (a: x or not a: *)", "b: 1 and not a: (x or not *)"},
		{"a: (x and (y or z))", "a: (x and (y or z))"},
		{"a: (not (not x))", "not (not a: x)"},
		{"a: x or a > y", "a: x or a > y"},

		// field names
		{`"a b": x`, `a b: x`},
		{`"a*": x`, `"a*": x`},
		{`a*b: x`, `a*b: x`},
		{`"": x`, `"": x`},
		{`"null": x`, `"null": x`},
		{`"a:b": x`, `"a:b": x`},
		{`"x or y": x`, `"x or y": x`},
		{`" a": x`, `" a": x`},

		// text
		{`a: \(x\)\:\\`, `a: \(x\)\:\\`},
		{`a: x \and y`, `a: x \and y`},
		{`a: x and`, `a: x \and`},
		{`a: Not`, `a: \Not`},
		{`a: cannot`, `a: can\u006eot`},
		{`a: \t`, `a: \t`},
		{`a: x\ty`, `a: x\ty`},
		{"a: x\u00a0y", `a: x\u00a0y`},
		{`a: x \u2028 y`, `a: x \u2028 y`},
		{`a: x\udb40\udc01y`, `a: x\udb40\udc01y`},
		{"a: \"x\ny\"", `a: "x\ny"`},
		{`a: "\q\"\\"`, `a: "\\q\"\\"`},
		{`a: \*x*\*`, `a: \*x*\*`},
	} {
		n, err := Parse(c.query)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.query, err)
			continue
		}
		if got := Format(n); got != c.want {
			t.Errorf("Format of %q\n got %s\nwant %s", c.query, got, c.want)
		}
		checkRoundTrip(t, n)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, table := range parseTables {
		for _, c := range table {
			n, err := Parse(c.query)
			if err != nil {
				t.Errorf("Parse(%q): %v", c.query, err)
				continue
			}
			checkRoundTrip(t, n)
		}
	}
}

func checkRoundTrip(t *testing.T, n query.Node) {
	t.Helper()
	text := Format(n)
	if len(text) > MaxLength {
		return
	}
	again, err := Parse(text)
	if err != nil {
		t.Errorf("Format gave a bad query: %v", err)
		return
	}
	if !equal(n, again) {
		t.Errorf("Parse(%q)\n got %s\nwant %s", text, sexpr(again), sexpr(n))
	}
	if Format(again) != text {
		t.Errorf("Format of %q gives %q", text, Format(again))
	}
}

// Trees that Parse does not build.
func TestFormatBuiltByHand(t *testing.T) {
	a := query.Field{Name: "a"}
	x, y := &query.Compare{Field: a, Value: query.Value{Text: "x"}}, &query.Compare{Field: a, Value: query.Value{Text: "y"}}
	for _, c := range []struct {
		node query.Node
		want string
	}{
		{nil, ""},
		{&query.And{Nodes: []query.Node{x}}, "a: x"},
		{&query.And{Nodes: []query.Node{&query.Or{Nodes: []query.Node{x, y}}}}, "a: (x or y)"},
		{&query.Not{Node: &query.And{Nodes: []query.Node{&query.Or{Nodes: []query.Node{x, &query.MatchAll{}}}}}}, "not (a: x or *:*)"},
		{&query.Not{Node: &query.And{Nodes: []query.Node{&query.Not{Node: x}}}}, "not (not a: x)"},
		{&query.And{}, "*:*"},
		{&query.Not{Node: &query.Or{}}, "not (not *:*)"},
		{&query.Compare{Field: a, Value: query.Value{Text: "true"}}, `a: "true"`},
		{&query.Compare{Field: a, Value: query.Value{Text: " x"}}, `a: " x"`},
		{&query.Exists{Field: query.Field{Any: true}}, "*"},
	} {
		if got := Format(c.node); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
