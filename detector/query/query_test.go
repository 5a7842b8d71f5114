package query_test

import (
	"errors"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
)

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
	q, err := languages.Query("kuery", "a: b", "")
	if err != nil || q.Text != "a: b" || q.Language.Format(q.Root) != "a: b" {
		t.Errorf("a query: %v, %v", q, err)
	}
	var refused *query.Error
	if _, err := languages.Query("kuery", "a:", ""); !errors.As(err, &refused) {
		t.Errorf("a bad query: %v", err)
	}
	const want = `unknown language "lucene": must be one of kuery, other`
	if _, err := languages.Query("lucene", "a:b", ""); err == nil || err.Error() != want {
		t.Errorf("an unknown language: %v", err)
	}
}
