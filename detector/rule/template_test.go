package rule

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseTemplate(t *testing.T) {
	f := func(text string, want ...Part) {
		t.Helper()
		got, err := ParseTemplate(text)
		if err != nil || !reflect.DeepEqual(got.Parts, want) || got.String() != text {
			t.Errorf("%q: %+v, %v, want %+v", text, got.Parts, err, want)
		}
	}
	lit := func(s string) Part { return Part{Literal: s} }
	field := func(s string) Part { return Part{Field: s} }
	group := func(p ...Part) Part { return Part{Group: p} }

	f("")
	f("plain ö", lit("plain ö"))
	f("{a.b}", field("a.b"))
	f("{a}{b}", field("a"), field("b"))
	f("x {@timestamp} y", lit("x "), field("@timestamp"), lit(" y"))
	f("key[ to {i}][ by {u.n}]", lit("key"), group(lit(" to "), field("i")), group(lit(" by "), field("u.n")))
	f("[{a}/{b}]", group(field("a"), lit("/"), field("b")))
	f("{{{a}}} [[x]]", lit("{"), field("a"), lit("} [x]"))
	f("[({a}) [[1]]]", group(lit("("), field("a"), lit(") [1]")))
}

func TestTemplateErrors(t *testing.T) {
	f := func(text string, at int, want string) {
		t.Helper()
		_, err := ParseTemplate(text)
		var e *TemplateError
		if !errors.As(err, &e) || e.Offset != at || !strings.Contains(e.Message, want) {
			t.Errorf("%q: %v, want %s at %d", text, err, want, at)
		}
	}
	f("a {b", 2, "never closed")
	f("a }", 2, "without")
	f("a [{b}", 2, "never closed")
	f("a ]", 2, "without")
	f("[{a}[{b}]]", 4, "do not nest")
	f("a [b]", 2, "no {field}")
	f("a []", 2, "no {field}")
	f("{}", 1, "empty")
	f("ö {a b}", 4, `"a b"`)
	f("{a..b}", 1, "before a dot")
	f("{a.}", 1, "after a dot")
	f("[ {a} [", 6, "do not nest")
}

func TestTemplateFields(t *testing.T) {
	got, err := ParseTemplate("{b}[ {a} {b}] {c}")
	if want := []string{"b", "a", "c"}; err != nil || !reflect.DeepEqual(got.Fields(), want) {
		t.Errorf("%v, %v, want %v", got.Fields(), err, want)
	}
	if !(Template{}).IsZero() || got.IsZero() {
		t.Error("IsZero")
	}
}
