package match

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
)

func compileESQL(t testing.TB, text string) *Program {
	t.Helper()
	q, err := esql.Language.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(q, ecs)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The index and the prefilter know what queries in ES|QL need.
func TestESQLLiterals(t *testing.T) {
	f := func(condition, providers, literals string) {
		t.Helper()
		p := compileESQL(t, "FROM x | WHERE "+condition)
		set := NewSet([]*Program{p}, ecs)
		names := "none"
		if values, ok := p.requiredValues(ecs.Field("event.provider")); ok {
			names = strings.Join(values, " ")
		}
		found := "none"
		if texts, ok := set.Literals(); ok {
			found = strings.Trim(fmt.Sprint(texts), "[]")
		}
		if names != providers || found != literals {
			t.Errorf("%s: needs the providers %s and the literals %s; want %s, %s", condition, names, found, providers, literals)
		}
	}
	f(`event.provider == "a.example" AND user.name != "bob"`, "a.example", "a.example")
	f(`event.provider IN ("a.example", "b.example", null)`, "a.example b.example", "a.example b.example")
	f(`event.provider == "a.example" OR event.provider == "b.example"`, "a.example b.example", "a.example b.example")
	f(`NOT (event.provider != "a.example" OR user.name == "bob")`, "a.example", "a.example")
	f(`event.provider != "a.example"`, "none", "none")
	f(`NOT event.provider == "a.example"`, "none", "none")
	f(`user_agent.original LIKE "x?longer-part*"`, "none", "longer-part")
	f(`user_agent.original NOT LIKE "*longer-part*"`, "none", "none")
	f(`user_agent.original RLIKE ".*(a|b)longer.*x+"`, "none", "longer")
	f(`KQL("event.provider: a.example")`, "a.example", "a.example")
	f(`TO_LOWER(event.provider) == "a.example"`, "none", "none")
	f(`event.provider == "a.example" | EVAL event.provider = "b" | WHERE event.provider == "b"`, "a.example", "a.example")
}

// An event that a rule does not match is evaluated without allocating, also if columns
// are computed.
func TestESQLAllocatesNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("not tested: that queries in ES|QL are evaluated without allocating, as the race detector allocates")
	}
	p := compileESQL(t, `FROM x | WHERE event.action == "x" AND user.name != "bob" AND NOT tags == "q" | DISSECT message "%{a} %{b}" | GROK message "never(?<g>.)"`+
		` | EVAL c = TO_LOWER(CONCAT(a, "-", b)) | WHERE c RLIKE ".*(nothing|nobody).*" OR g == "y" OR user.name == c OR c IN ("1", a)`)
	visit(t, `{"event":{"action":"x"},"user":{"name":"alice"},"tags":["p","p"],"message":"ALPHA bravo charlie"}`, func(e *event.Event) {
		if p.Match(e) {
			t.Error("matches")
		}
		if n := testing.AllocsPerRun(100, func() { p.Match(e) }); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// What is computed comes after the conditions that are cheap.
func TestESQLOrder(t *testing.T) {
	p := compileESQL(t, `FROM x | GROK message "(?<g>.)" | WHERE g == "y" AND event.action == "x" AND message RLIKE ".*y.*z"`)
	var order []bool
	for c := p.nodes[0].child; c >= 0; c = p.nodes[c].next {
		order = append(order, p.conditions[p.nodes[c].child].computed != nil)
	}
	if len(order) != 3 || order[0] || order[1] || !order[2] {
		t.Errorf("computed: %v", order)
	}
}
