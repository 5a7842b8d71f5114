package match

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/query/eql"
	"github.com/fluent-detect/fluent-detect/detector/query/eql/eqltest"
)

func compileEQL(t testing.TB, text string, m Mapping) *Program {
	t.Helper()
	q, err := eql.Language.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(q, m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Matching does not allocate, whatever is computed, once the memory is large enough.
func TestEQLAllocatesNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that queries in EQL are evaluated without allocating")
	}
	eqltest.Run(t, "../..", func(t *testing.T, vectors []eqltest.Vector) {
		for _, v := range vectors {
			if v.Expect == "error" {
				continue
			}
			body, _, err := jsontext.AppendMsgpack(nil, []byte(v.Doc))
			if err != nil {
				t.Fatal(err)
			}
			doc, _, err := msgpack.Read(body, 0)
			if err != nil {
				t.Fatal(err)
			}
			types := map[string]event.Type{}
			for name, typ := range v.Types {
				types[name], _ = event.ParseType(typ)
			}
			m := NewDocuments(types)
			m.Learn(doc)
			p := compileEQL(t, v.Query, m)
			e := event.NewDocument(doc)
			run := func() {
				e.ResetDocument(doc)
				p.Match(e)
			}
			run()
			if n := testing.AllocsPerRun(5, run); n > 0 {
				t.Errorf("%s: %v allocations", v.Query, n)
			}
		}
	})
}

// The index and the prefilter know what queries in EQL need; a literal whose case does
// not count is never searched for as it is written.
func TestEQLLiterals(t *testing.T) {
	f := func(text, providers, literals string) {
		t.Helper()
		p := compileEQL(t, text, ecs)
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
			t.Errorf("%s: needs the providers %s and the literals %s; want %s, %s", text, names, found, providers, literals)
		}
	}
	f(`any where event.provider == "a.example" and user.name : "bob"`, "a.example", "a.example")
	f(`any where event.provider in ("a.example", "b.example")`, "a.example b.example", "a.example b.example")
	f(`any where event.provider like ("a.example", "b.example")`, "a.example b.example", "a.example b.example")
	f(`any where event.provider : "a.example"`, "none", "none")
	f(`any where event.provider in~ ("a.example")`, "none", "none")
	f(`any where event.provider != "a.example"`, "none", "none")
	f(`any where event.provider like "a.ex*ple.org"`, "none", "ple.org")
	f(`any where user_agent.original like "x?longer-part"`, "none", "longer-part")
	f(`any where user_agent.original : "*agent/2024-03-17*"`, "none", "none") // a number could be in binary form
	f(`any where user_agent.original : "*a==##==b*"`, "none", "==##==")
	f(`any where stringContains(user_agent.original, "part*longer")`, "none", "longer")
	f(`any where stringContains~(user_agent.original, "part*longer")`, "none", "none")
	f(`any where startsWith(user_agent.original, "long*start")`, "none", "long*start")
	f(`any where user_agent.original regex ".*(a|b)longer.*x+"`, "none", "longer")
	f(`any where user_agent.original regex~ ".*(a|b)longer.*x+"`, "none", "none")
	f(`any where user_agent.original regex "(longer)?a{0,3}"`, "none", "none")
	f(`any where length(user_agent.original) == 500`, "none", "none")
	f(`iam where event.action == "CreateUser"`, "none", "CreateUser")
}

// Whoever writes an event with many values cannot make a condition on several fields
// take long: what was not tried is counted as truncated.
func TestCombinationsAreBounded(t *testing.T) {
	list := make([]string, 500)
	for i := range list {
		list[i] = fmt.Sprintf("%q", strings.Repeat("a", 100)+fmt.Sprint(i))
	}
	all := "[" + strings.Join(list, ",") + "]"
	body := fmt.Sprintf(`{"event":{"action":"x"},"a":%s,"b":%s,"c":%s,"d":["z"]}`, all, all, all)
	for text, truncated := range map[string]bool{
		`any where stringContains(concat(a, b), concat(c, d))`: true,
		`any where concat(a, d) == "x"`:                        false,
		`any where endsWith~(a, d)`:                            false,
	} {
		p := compileEQL(t, text, ecs)
		visit(t, body, func(e *event.Event) {
			start := time.Now()
			if p.Match(e) {
				t.Errorf("%s matches", text)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s took %v", text, took)
			}
			if e.Truncated() != truncated {
				t.Errorf("%s: truncated is %v", text, e.Truncated())
			}
		})
	}
}

// Comparisons of one field that or joins are one condition, and patterns among them are
// only tried on a text with one of their literals.
func TestEQLListsOfOneField(t *testing.T) {
	p := compileEQL(t, `any where (user.name : "alpha*" or user.name == "b") or (user.name in ("c", "d") or stringContains(user.name, "echo"))`, ecs)
	if n := len(p.Conditions()); n != 1 {
		t.Errorf("%d conditions", n)
	}
	p = compileEQL(t, `any where user.name like ("*alpha*", "*bravo?", "charlie*")`, ecs)
	if _, ok := p.conditions[0].tests[0].match.(guarded); !ok {
		t.Errorf("%T", p.conditions[0].tests[0].match)
	}
	for text, want := range map[string]bool{"xalphax": true, "bravo1": true, "charlie": true, "bravo": false, "Alpha": false, "xcharlie": false} {
		visit(t, fmt.Sprintf(`{"event":{"action":"x"},"user":{"name":%q}}`, text), func(e *event.Event) {
			if p.Match(e) != want {
				t.Errorf("%s: %v", text, !want)
			}
		})
	}
}
