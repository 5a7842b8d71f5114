package kql

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

func FuzzParse(f *testing.F) {
	for _, table := range parseTables {
		for _, c := range table {
			f.Add(c.query)
		}
	}
	for _, query := range badQueries {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return // the oracle would take long; TestHostileQueries has long ones
		}
		n, err := Parse(text)
		if err != nil {
			checkError(t, text, err)
			limited := strings.Count(text, "(")+strings.Count(text, "{") > MaxDepth || !utf8.ValidString(text)
			if limited {
				return
			}
			if want, ok := oracle(text); ok {
				t.Errorf("refused, the oracle has %s", want)
			}
			return
		}
		walk(n, func(n query.Node) { checkSpans(t, text, n) })
		checkRoundTrip(t, n)
		if strings.Contains(text, `\u`) || strings.ContainsAny(text, "|"+string(pegStar)) {
			return // the oracle does not know these
		}
		if want, ok := oracle(text); !ok || sexpr(n) != want {
			t.Errorf("got %s, the oracle %s (%v)", sexpr(n), want, ok)
		}
	})
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	e, ok := err.(*query.Error)
	if !ok {
		t.Fatalf("%T", err)
	}
	if e.Query != text || !inside(text, e.Span) {
		t.Errorf("span %v of %d bytes", e.Span, len(text))
	}
	line, column := e.Position()
	if line < 1 || column < 1 {
		t.Errorf("position %d:%d", line, column)
	}
	message := e.Error()
	if lines := strings.Count(message, "\n"); lines != 2 || !strings.HasSuffix(message, "^") {
		t.Errorf("%d line ends in %q", lines, message)
	}
	if !utf8.ValidString(message) {
		t.Errorf("not UTF-8: %q", message)
	}
	for _, r := range message {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) {
			t.Errorf("%q in %q", r, message)
		}
	}
}

func checkSpans(t *testing.T, text string, n query.Node) {
	t.Helper()
	spans := []query.Span{n.Span()}
	switch n := n.(type) {
	case *query.Exists:
		spans = append(spans, n.Field.At)
	case *query.Compare:
		spans = append(spans, n.Field.At, n.Value.At)
	case *query.Nested:
		spans = append(spans, n.Path.At)
	}
	for _, s := range spans {
		if !inside(text, s) {
			t.Errorf("%T: span %v of %d bytes", n, s, len(text))
		}
	}
}

func inside(text string, s query.Span) bool {
	return 0 <= s.Start && s.Start <= s.End && s.End <= len(text)
}
