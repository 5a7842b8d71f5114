package kql

import (
	"strings"
	"testing"
	"unicode/utf8"
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
	f.Fuzz(func(t *testing.T, query string) {
		if len(query) > 1000 {
			return // the oracle would take long; TestHostileQueries has long ones
		}
		n, err := Parse(query)
		if err != nil {
			checkError(t, query, err)
			limited := strings.Count(query, "(")+strings.Count(query, "{") > MaxDepth || !utf8.ValidString(query)
			if limited {
				return
			}
			if want, ok := oracle(query); ok {
				t.Errorf("refused, the oracle has %s", want)
			}
			return
		}
		walk(n, func(n Node) { checkSpans(t, query, n) })
		checkRoundTrip(t, n)
		if strings.Contains(query, `\u`) || strings.ContainsAny(query, "|"+string(pegStar)) {
			return // the oracle does not know these
		}
		if want, ok := oracle(query); !ok || sexpr(n) != want {
			t.Errorf("got %s, the oracle %s (%v)", sexpr(n), want, ok)
		}
	})
}

func checkError(t *testing.T, query string, err error) {
	t.Helper()
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("%T", err)
	}
	if e.Query != query || !inside(query, e.Span) {
		t.Errorf("span %v of %d bytes", e.Span, len(query))
	}
	line, column := e.Position()
	if line < 1 || column < 1 {
		t.Errorf("position %d:%d", line, column)
	}
	text := e.Error()
	if lines := strings.Count(text, "\n"); lines != 2 || !strings.HasSuffix(text, "^") {
		t.Errorf("%d line ends in %q", lines, text)
	}
	if !utf8.ValidString(text) {
		t.Errorf("not UTF-8: %q", text)
	}
	for _, r := range text {
		if r != '\n' && r != printable(r) {
			t.Errorf("%q in %q", r, text)
		}
	}
}

func checkSpans(t *testing.T, query string, n Node) {
	t.Helper()
	spans := []Span{n.Span()}
	switch n := n.(type) {
	case *Is:
		spans = append(spans, n.Field.Span, n.Value.Span)
	case *Exists:
		spans = append(spans, n.Field.Span)
	case *Range:
		spans = append(spans, n.Field.Span, n.Value.Span)
	case *Nested:
		spans = append(spans, n.Path.Span)
	}
	for _, s := range spans {
		if !inside(query, s) {
			t.Errorf("%T: span %v of %d bytes", n, s, len(query))
		}
	}
}

func inside(query string, s Span) bool {
	return 0 <= s.Start && s.Start <= s.End && s.End <= len(query)
}
