package kql

import (
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Hostile queries are answered in time proportional to their length.
func TestHostileQueries(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, MaxLength/len(s)) }
	for name, query := range map[string]string{
		"parentheses":      strings.Repeat("(", 10_000),
		"fields in groups": strings.Repeat("((((a:", 10_000),
		"lists":            "a:" + strings.Repeat("(", 10_000),
		"lists of fields":  strings.Repeat("a:(", 10_000),
		"braces":           strings.Repeat("a:{", 10_000),
		"nots":             strings.Repeat("not ", 10_000),
		"nots in groups":   strings.Repeat("not (", 10_000),
		"nots in lists":    "a:" + strings.Repeat("(not ", 10_000),
		"closed groups":    strings.Repeat("(", MaxDepth) + "a" + strings.Repeat(")", 10_000),
		"groups":           fill("((((a: x)))) or "),
		"blanks":           "a: x" + fill(" ")[10:] + "y",
		"blanks and words": fill("x     an "),
		"no-break spaces":  "a: x" + fill("\u00a0")[10:] + "y",
		"keywords":         fill(" or or "),
		"not":              fill("not"),
		"stars":            fill("*"),
		"quotes":           fill(`"`),
		"escapes":          fill(`\\`),
		"surrogates":       fill(`\ud800`),
		"no end of quote":  `"` + fill(`\"`)[10:],
		"values":           "a:(" + fill("x or ")[10:] + "y)",
		"long field":       strings.Repeat("f", MaxLength/2) + ":(" + strings.Repeat("x or ", MaxLength/11) + "y)",
		"pattern field":    strings.Repeat("f*", 1000) + ":(" + strings.Repeat("x or ", MaxLength/11) + "y)",
		"conditions":       fill("a:b and c:d or ")[15:] + "e",
		"ranges":           fill("a > 5 and ")[10:] + "e",
	} {
		start := time.Now()
		n, err := Parse(query)
		if err != nil {
			_ = err.Error()
		} else {
			_ = Format(n)
		}
		// They take some 100 ms at most; were one quadratic, it would take minutes.
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if err == nil {
			checkRoundTrip(t, n)
		}
	}
}

func TestDepth(t *testing.T) {
	for _, c := range []struct{ open, inside, closing string }{
		{"(", "a: x", ")"},
		{"a: { ", "x", " }"},
		{"not (", "a: x or b: y and c: z", ")"},
		{"b: 1 and (", "a: x or a: y", ")"},
		{"b: 1 and (", "a: x or (a: y)", ")"},
	} {
		levels := MaxDepth - strings.Count(c.inside, "(")
		query := strings.Repeat(c.open, levels) + c.inside + strings.Repeat(c.closing, levels)
		n, err := Parse(query)
		if err != nil {
			t.Errorf("%d levels of %s: %v", levels, c.open, err)
			continue
		}
		checkRoundTrip(t, n)
		if _, err = Parse("(" + query + ")"); err == nil {
			t.Errorf("%d levels of %s: no error", levels+1, c.open)
		}
	}
	query := "a:" + strings.Repeat("(", MaxDepth) + "x" + strings.Repeat(")", MaxDepth)
	if _, err := Parse(query); err != nil {
		t.Error(err)
	}
}

func TestLength(t *testing.T) {
	text := "a:" + strings.Repeat("x", MaxLength-2)
	if _, err := Parse(text); err != nil {
		t.Error(err)
	}
	_, err := Parse(text + "x")
	if err == nil {
		t.Fatal("no error")
	}
	if got := err.(*query.Error).Span; got != span(MaxLength, MaxLength+1) {
		t.Errorf("span %v", got)
	}
}
