package match

import (
	"errors"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
)

// compare compares the verdict of the program for a query with that of the plain
// evaluator, and returns it.
func compare(t *testing.T, query, document string) (got, refused bool) {
	t.Helper()
	tree, err := kql.Parse(query)
	if err != nil {
		return false, false
	}
	want, wantRefused, err := plainVerdict(tree, document, declared)
	if err != nil {
		return false, false
	}
	got, err = verdict(query, document, declaredTypes)
	if refused = isRefused(t, query, err); refused != wantRefused {
		t.Errorf("%s\n%s\nrefused is %v (%v), and %v for the plain evaluator", document, query, refused, err, wantRefused)
	} else if got != want {
		t.Errorf("%s\n%s\nis %v, and %v for the plain evaluator", document, query, got, want)
	}
	return got, refused
}

// isRefused reports whether a query was refused, and checks the position in the error.
func isRefused(t *testing.T, text string, err error) bool {
	t.Helper()
	if err == nil {
		return false
	}
	var refused *query.Error
	if !errors.As(err, &refused) || refused.Query != text || refused.Span.Start > refused.Span.End || refused.Span.End > len(text) || refused.Message == "" {
		t.Errorf("%s\nis refused by a bad error: %#v", text, err)
	}
	return true
}

// FuzzMatch compares programs with the plain evaluator. A query or document that is
// empty is generated from choices.
func FuzzMatch(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		choices := make([]byte, 60+r.IntN(300))
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		f.Add(choices, "", "")
	}
	for _, c := range meanings {
		for _, query := range append(c.holds, c.not...) {
			f.Add([]byte{}, query, c.document)
		}
	}
	f.Fuzz(func(t *testing.T, choices []byte, query, document string) {
		if len(choices) > 2000 || len(query) > 300 || len(document) > 2000 || !utf8.ValidString(document) {
			return
		}
		g := generator{choices}
		if document == "" {
			document = g.document(2)
		}
		if query != "" {
			compare(t, query, document)
			return
		}
		for range 8 {
			query := kql.Format(g.query(3))
			compare(t, query, document)
			if len(g.choices) == 0 {
				break
			}
		}
	})
}

// The same comparison for a few thousand queries, with every run of the tests.
func TestAgainstThePlainEvaluator(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	holds, refused, all := 0, 0, 0
	for range 300 {
		choices := make([]byte, 400)
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		g := generator{choices}
		document := g.document(2)
		for len(g.choices) > 0 {
			query := kql.Format(g.query(3))
			got, isRefused := compare(t, query, document)
			all++
			if got {
				holds++
			}
			if isRefused {
				refused++
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d queries: %d hold, %d are refused", all, holds, refused)
	if holds < all/5 || refused > all/2 || refused < all/50 {
		t.Errorf("of %d queries %d hold and %d are refused: the generator has lost touch", all, holds, refused)
	}
}

// A document with a key twice has the values of both: what is true for one half is
// true for the whole.
func TestRepeatedKeys(t *testing.T) {
	for _, query := range []string{`a.b: x`, `a.b: y`, `a.b: (x and y)`, `a: *`, `a.*: x`, `y`} {
		got, err := verdict(query, `{"a":{"b":"x"},"a":{"b":"y"}}`, nil)
		if err != nil || !got {
			t.Errorf("%s: %v, %v", query, got, err)
		}
	}
}

// verdict compiles the query for the document and reports whether it matches. Fields
// that are not in types have those of dynamic mapping.
func verdict(query, document string, types map[string]event.Type) (bool, error) {
	body, _, err := jsontext.AppendMsgpack(nil, []byte(document))
	if err != nil {
		return false, err
	}
	v, _, err := msgpack.Read(body, 0)
	if err != nil {
		return false, err
	}
	m := NewDocuments(types)
	m.Learn(v)
	p, err := compileKQL(query, m)
	if err != nil {
		return false, err
	}
	return p.Match(event.NewDocument(v)), nil
}
