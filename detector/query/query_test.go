package query_test

import (
	"errors"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
)

func TestEqual(t *testing.T) {
	queries := []string{
		"*", "*:*", "a: x", `a: "x"`, "a: y", "b: x", "x", "a: x*", "a: x**", "a*: x", "a: *", "b: *",
		"a: true", "a: \"true\"", "a > x", "a >= x", "not a: x", "a: (x and y)", "a: (x or y)",
		"a: (x or y or z)", "a: ((x or y) or z)", "a: { x }", "b: { x }", "a: { y }",
	}
	parse := func(text string) query.Node {
		n, err := kql.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i, a := range queries {
		for j, b := range queries {
			if query.Equal(parse(a), parse("  "+b)) != (i == j) {
				t.Errorf("Equal(%s, %s) = %v", a, b, i != j)
			}
		}
	}
	if !query.Equal(nil, nil) || query.Equal(nil, &query.MatchAll{}) || query.Equal(&query.MatchAll{}, nil) {
		t.Error("Equal with nil")
	}
}

func TestError(t *testing.T) {
	e := &query.Error{Query: "a: 1 and\n\tb\x1b: \"ü\"", Span: query.Span{Start: 14, End: 18}, Message: "b\x1b\n is no\tgood"}
	const want = "2:6: b\ufffd\ufffd is no\tgood\n\tb\ufffd: \"ü\"\n\t    ^"
	if got := e.Error(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestLanguages(t *testing.T) {
	languages := query.Languages{kql.Language, {Name: "other"}}
	if l, ok := languages.Lookup("other"); !ok || l.Name != "other" {
		t.Errorf("Lookup(other) = %v, %v", l.Name, ok)
	}
	q, err := languages.Query("kuery", "a: b")
	if err != nil || q.Text != "a: b" || q.Language.Format(q.Root) != "a: b" {
		t.Errorf("a query: %v, %v", q, err)
	}
	var refused *query.Error
	if _, err := languages.Query("kuery", "a:"); !errors.As(err, &refused) {
		t.Errorf("a bad query: %v", err)
	}
	const want = `unknown language "lucene": must be one of kuery, other`
	if _, err := languages.Query("lucene", "a:b"); err == nil || err.Error() != want {
		t.Errorf("an unknown language: %v", err)
	}
}
