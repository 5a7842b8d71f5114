package match

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
)

func compileKQL(text string, m Mapping) (*Program, error) {
	q, err := kql.Language.Query(text)
	if err != nil {
		return nil, err
	}
	return Compile(q, m)
}

func compileAll(t testing.TB, queries []string) []*Program {
	t.Helper()
	programs := make([]*Program, len(queries))
	for i, q := range queries {
		p, err := compileKQL(q, ecs)
		if err != nil {
			t.Fatal(err)
		}
		programs[i] = p
	}
	return programs
}

// visit calls do for the events of a record in JSON.
func visit(t testing.TB, text string, do func(*event.Event)) {
	t.Helper()
	body, _, err := jsontext.AppendMsgpack(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := envelope.NewReader(ecs.Schema, do).Read(body, 0); err != nil {
		t.Fatal(err)
	}
}

// The index leaves no candidate out: a set matches what its programs match.
func TestSetMatchesAsItsPrograms(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	provider := func() string { return pick("a", "b", `"c"`, "d*", "*") }
	action := func() string { return pick("A", "B", `"C"`, "D*", "*") }
	var query func(depth int) string
	query = func(depth int) string {
		if depth == 0 || r.IntN(4) == 0 {
			return pick(
				"event.provider: "+provider(), "event.action: "+action(),
				"event.provider: ("+provider()+" or "+provider()+")", "event.action: ("+action()+" or "+action()+")",
				"event.provider: (a and b)", "event.action > B", "user.name: alice", "event.*: A", "A", "*",
				"event.provider: "+provider()+" and event.action: "+action(),
			)
		}
		switch r.IntN(5) {
		case 0:
			return "not (" + query(depth-1) + ")"
		case 1, 2:
			return "(" + query(depth-1) + ") or (" + query(depth-1) + ")"
		}
		return "(" + query(depth-1) + ") and (" + query(depth-1) + ")"
	}
	for range 300 {
		var queries []string
		for range 1 + r.IntN(12) {
			queries = append(queries, query(2))
		}
		programs := compileAll(t, queries)
		set := NewSet(programs, ecs)
		var scratch Scratch
		for range 20 {
			twice := ""
			if r.IntN(4) == 0 {
				twice = `,"eventName":"` + pick("A", "B", "C", "D1") + `"`
			}
			body := fmt.Sprintf(`{"eventSource":%q,"eventName":%q%s,"userIdentity":{"userName":%q}}`, pick("a", "b", "c", "d1", "e"), pick("A", "B", "C", "D1", "E"), twice, pick("alice", "bob"))
			visit(t, body, func(e *event.Event) {
				var want []int32
				for i, p := range programs {
					if p.Match(e) {
						want = append(want, int32(i))
					}
				}
				if got := set.Match(e, &scratch); !slices.Equal(got, want) {
					t.Errorf("%s\n%s\nmatched %v, want %v", body, strings.Join(queries, "\n"), got, want)
				}
			})
		}
	}
}

// The time is linear in the number of times that a member occurs.
func TestSetWithManyValues(t *testing.T) {
	set := NewSet(compileAll(t, []string{"event.provider: a and event.action: A", "event.provider: b and event.action: B", "user.name: x"}), ecs)
	var scratch Scratch
	body := `{"eventSource":"a"` + strings.Repeat(`,"eventSource":"c","eventName":"C"`, 20_000) + `,"eventName":"A"}`
	began := time.Now()
	visit(t, body, func(e *event.Event) {
		if got := set.Match(e, &scratch); !slices.Equal(got, []int32{0}) {
			t.Errorf("matched %v, want the first", got)
		}
	})
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}
