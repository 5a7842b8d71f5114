package envelope

import (
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// bombs returns compressed bombs within compressed bombs, as base64: each level has as
// many as fit in what a text may be decompressed to.
func bombs(levels int) string {
	text := encode64(gzipped(`{"eventName":"` + strings.Repeat(" ", 900<<10)))
	for range levels {
		text = encode64(gzipped(strings.Repeat(text+"\n", (500<<10)/len(text))))
	}
	return text
}

// hostile are texts that cost as much as they can.
var hostile = []struct{ name, text string }{
	{"lines each of which begins a value of several", strings.Repeat(`{"eventName":{"a":[`+"\n", 400)},
	{"beginnings of values in a line", strings.Repeat(`{"eventName":[`, 400)},
	{"a list in lists", strings.Repeat(`{"Records":[{"eventName":[`+"\n", 400)},
	{"bombs", strings.Repeat(bombs(0)+"\n", 3)},
	{"bombs in bombs", strings.Repeat(bombs(1)+"\n", 2)},
}

// What a neighbour costs is not taken from the event: in every list and wrapping, the
// hostile one before it.
func TestNeighboursHaveBudgetsOfTheirOwn(t *testing.T) {
	type wrapping struct {
		name string
		wrap func(bad string) string // around an element that has the text, and the event
	}
	wrappings := []wrapping{
		{"members", func(bad string) string {
			return `{"a":` + quote(bad) + `,"b":` + quote(bad) + `,"c":` + quote(eventA) + `}`
		}},
		{"members and lists", func(bad string) string {
			return `{"a":[` + quote(bad) + `],"b":{"c":{"Records":[` + eventA + `]}}}`
		}},
		{"texts in a list", func(bad string) string { return `{"log":[` + quote(bad) + `,` + quote(eventA) + `]}` }},
		{"lists in a list", func(bad string) string {
			return `{"log":[[[` + quote(bad) + `],[` + quote(bad) + `]],[[{"detail":` + eventA + `}]]]}`
		}},
		{"lines of a text", func(bad string) string {
			return `{"log":` + quote(`{"log":`+quote(bad)+"}\n"+`{"detail":`+eventA+`}`) + `}`
		}},
		{"broken lines of a text", func(bad string) string { return `{"log":` + quote(bad+"\n"+`{"detail":`+eventA+`}`) + `}` }},
		{"base64 in a text", func(bad string) string {
			return `{"log":` + quote("x: "+encode64(bad)+" "+encode64(gzipped(bad))+" "+encode64(gzipped(`{"detail":`+eventA+`}`))) + `}`
		}},
		{"a list that is cut short", func(bad string) string {
			return `{"log":` + quote(`{"Records":[{"log":`+quote(bad)+`},{"detail":`+eventA+`},{"x":`) + `}`
		}},
	}
	for _, f := range forms {
		inner := []string{`{"log":"x"}`, eventA}
		if len(f.wrap(inner)) == 1 { // a list
			wrappings = append(wrappings, wrapping{f.name, func(bad string) string {
				return f.wrap([]string{`{"log":` + quote(bad) + `}`, eventA})[0]
			}}, wrapping{f.name + " with packed texts", func(bad string) string {
				return f.wrap([]string{`{"log":` + quote(encode64(gzipped(bad))) + `}`, eventA})[0]
			}})
		}
	}
	for _, w := range wrappings {
		if events, seen := read(t, w.wrap("x")); !strings.Contains(events, ":A") || seen.Unreadable > 1 {
			t.Fatalf("%s: %q, %+v", w.name, events, seen)
		}
		for _, h := range hostile {
			line := w.wrap(h.text)
			begin := time.Now()
			events, seen := read(t, line)
			if !strings.Contains(events, ":A") || seen.Unreadable == 0 {
				t.Errorf("%s: %s: %.100q, %+v", w.name, h.name, events, seen)
			}
			if took := time.Since(begin); took > 3*time.Second {
				t.Errorf("%s: %s: %d bytes take %v", w.name, h.name, len(line), took)
			}
		}
	}
}

// What is decompressed of a record is bounded by its length, however often it was
// compressed.
func TestBombsAreBounded(t *testing.T) {
	for levels := range 3 {
		line := `{"log":` + quote(strings.Repeat(bombs(levels)+" ", 20)) + `}`
		body := msgpacktest.Value(t, msgpacktest.JSON(line))
		r := NewReader(schema, func(*event.Event) {})
		_, seen, err := r.Read(body, 0)
		if whole := budgetOf(len(body)).inflate; err != nil || seen.Unreadable == 0 || r.budget.inflate < 0 || r.budget.inflate > whole {
			t.Errorf("%d levels: %d of %d bytes are left, %+v, %v", levels, r.budget.inflate, whole, seen, err)
		}
	}
}
