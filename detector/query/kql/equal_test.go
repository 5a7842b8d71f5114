package kql

import (
	"slices"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// equal reports whether two trees are the same, wherever they were written.
func equal(a, b query.Node) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case *query.MatchAll:
		_, ok := b.(*query.MatchAll)
		return ok
	case *query.And:
		b, ok := b.(*query.And)
		return ok && slices.EqualFunc(a.Nodes, b.Nodes, equal)
	case *query.Or:
		b, ok := b.(*query.Or)
		return ok && slices.EqualFunc(a.Nodes, b.Nodes, equal)
	case *query.Not:
		b, ok := b.(*query.Not)
		return ok && equal(a.Node, b.Node)
	case *query.Compare:
		b, ok := b.(*query.Compare)
		return ok && a.Op == b.Op && sameField(a.Field, b.Field) && equalValues(a.Value, b.Value)
	case *query.Exists:
		b, ok := b.(*query.Exists)
		return ok && sameField(a.Field, b.Field)
	case *query.Nested:
		b, ok := b.(*query.Nested)
		return ok && sameField(a.Path, b.Path) && equal(a.Node, b.Node)
	}
	return false
}

func equalValues(a, b query.Value) bool {
	if a.Kind != b.Kind || a.Phrase != b.Phrase {
		return false
	}
	if a.Kind == query.Wildcard {
		return slices.Equal(a.Pattern, b.Pattern)
	}
	return a.Text == b.Text
}

func TestEqual(t *testing.T) {
	queries := []string{
		"*", "*:*", "a: x", `a: "x"`, "a: y", "b: x", "x", "a: x*", "a: x**", "a*: x", "a: *", "b: *",
		"a: true", "a: \"true\"", "a > x", "a >= x", "not a: x", "a: (x and y)", "a: (x or y)",
		"a: (x or y or z)", "a: ((x or y) or z)", "a: { x }", "b: { x }", "a: { y }",
	}
	parse := func(text string) query.Node {
		n, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i, a := range queries {
		for j, b := range queries {
			if equal(parse(a), parse("  "+b)) != (i == j) {
				t.Errorf("Equal(%s, %s) = %v", a, b, i != j)
			}
		}
	}
	if !equal(nil, nil) || equal(nil, &query.MatchAll{}) || equal(&query.MatchAll{}, nil) {
		t.Error("Equal with nil")
	}
}
