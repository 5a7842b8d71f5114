package match

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// documentProgram compiles a query for a document.
func documentProgram(t testing.TB, query, document string, types map[string]event.Type) (*Program, *event.Event) {
	t.Helper()
	body, _, err := jsontext.AppendMsgpack(nil, []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := msgpack.Read(body, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := NewDocuments(types)
	m.Learn(v)
	p, err := compileKQL(query, m)
	if err != nil {
		t.Fatal(err)
	}
	return p, event.NewDocument(v)
}

// The time is linear in the length of the text, whatever is in it. Patterns and
// phrases that nearly fit many times are the worst cases of naive algorithms.
func TestTimeIsLinear(t *testing.T) {
	for _, c := range []struct {
		about string
		query func(n int) string
		value func(n int) string
	}{
		{"many stars", func(int) string { return "k: " + strings.Repeat("a*", 60) + "b" }, func(n int) string { return strings.Repeat("a", 100*n) }},
		{"a star and a long part", func(int) string { return "k: *" + strings.Repeat("a", 200) + "b*" }, func(n int) string { return strings.Repeat("a", 100*n) }},
		{"more stars than text", func(n int) string { return "k: " + strings.Repeat("*a", n) + "*c" }, func(n int) string { return strings.Repeat("ab", n) }},
		{"a phrase that nearly fits", func(int) string { return `m: "` + strings.Repeat("a ", 100) + `b"` }, func(n int) string { return strings.Repeat("a ", 50*n) }},
		{"many words", func(n int) string { return "m: " + strings.Repeat("x ", n) }, func(n int) string { return strings.Repeat("y ", 50*n) }},
		{"one long word", func(int) string { return "m: *b*c*" }, func(n int) string { return strings.Repeat("b", 100*n) }},
		{"digits", func(int) string { return "n > 5" }, func(n int) string { return strings.Repeat("9", 100*n) }},
	} {
		took := func(n int) time.Duration {
			value, _ := json.Marshal(c.value(n))
			p, e := documentProgram(t, c.query(n), fmt.Sprintf(`{"k":%[1]s,"m":%[1]s,"n":%[1]s}`, value), typesOf("m=text n=long"))
			best := time.Hour
			for range 5 {
				began := time.Now()
				if p.Match(e) {
					t.Errorf("%s: a match", c.about)
				}
				best = min(best, time.Since(began))
			}
			return best
		}
		const n, times = 500, 8
		once, more := took(n), took(times*n)
		if more > 4*times*once+20*time.Millisecond {
			t.Errorf("%s: %s for one length, %s for %d times as much", c.about, once, more, times)
		}
	}
}

// Values below the maximum depth of documents are ignored. Deep queries compile.
func TestDepth(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + `"x"` + strings.Repeat("}", n) }
	lists := func(n int) string { return `{"a":` + strings.Repeat("[", n) + `"x"` + strings.Repeat("]", n) + "}" }
	for _, document := range []string{deep(60), lists(60)} {
		if got, err := verdict("x", document, nil); !got || err != nil {
			t.Errorf("%s: %v, %v", document, got, err)
		}
	}
	for _, document := range []string{deep(120), lists(120)} {
		for _, query := range []string{"x", "a*: x", "a: *", "f: x", "d: { x*: * }"} {
			got, err := verdict(query, document, typesOf("f=flattened d=nested"))
			if err != nil {
				t.Errorf("%s: %v", query, err)
			}
			if got {
				t.Errorf("%s finds what lies too deep", query)
			}
		}
	}
	query := strings.Repeat("not (", 60) + "a: x" + strings.Repeat(")", 60)
	if got, err := verdict(query, `{"a":"x"}`, nil); !got || err != nil {
		t.Errorf("%s: %v, %v", query, got, err)
	}
}

// A list of thousands of values is one condition.
func TestLongLists(t *testing.T) {
	var list []string
	for i := range 1000 {
		list = append(list, fmt.Sprintf("v%d", i), fmt.Sprintf("*p%d", i))
	}
	p, err := compileKQL("event.action: ("+strings.Join(list, " or ")+")", ecs)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Conditions()); n != 1 {
		t.Errorf("%d conditions", n)
	}
	for action, want := range map[string]bool{"v0": true, "v999": true, "xp999": true, "v1000": false, "p": false} {
		visit(t, `{"eventSource":"a","eventName":"`+action+`"}`, func(e *event.Event) {
			if p.Match(e) != want {
				t.Errorf("%s is %v", action, !want)
			}
		})
	}
}
