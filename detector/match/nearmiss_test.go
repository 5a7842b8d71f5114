package match

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

const denied = `{"eventSource":"s","eventName":"A","errorCode":"AccessDenied","awsRegion":"r","userIdentity":{"userName":"alice"}}`

// The conditions that alone kept a rule from matching.
func TestNearMisses(t *testing.T) {
	const candidate = "event.provider: s and event.action: A and "
	for _, c := range []struct{ query, want string }{
		{candidate + "event.outcome: success", "event.outcome: success"},
		{candidate + "event.outcome: success and user.name: bob", ""},
		{candidate + "user.name: (bob or carol)", "user.name: (bob or carol)"},
		{candidate + "(user.name: bob or cloud.region: x)", "user.name: bob; cloud.region: x"},
		{candidate + "(user.name: bob and cloud.region: x or event.outcome: success)", "event.outcome: success"},
		{candidate + "(user.name: bob and cloud.region: r or event.outcome: success)", "user.name: bob; event.outcome: success"},
		{candidate + "not user.name: alice", "user.name: alice"},
		{candidate + "not (user.name: alice and cloud.region: r)", "user.name: alice; cloud.region: r"},
		{candidate + "not (user.name: alice or cloud.region: r)", ""},
		{candidate + "not (user.name: alice or cloud.region: x)", "user.name: alice"},
		{candidate + "user.name: alice", ""},                                                        // it matches
		{"event.provider: s and event.action: B", ""},                                               // not its business
		{"event.provider: s and event.action: B*", ""},                                              // its provider, and that is not enough
		{"event.outcome: success and user.name: alice", ""},                                         // everything is its business
		{"event.action: A and user.name: alice and cloud.region: x", "cloud.region: x"},             // its action
		{"(" + candidate + "user.name: bob) or event.provider: t", ""},                              // likewise
		{"(" + candidate + "user.name: bob) or event.action: B", "user.name: bob; event.action: B"}, // no provider, but one of two actions
	} {
		set := NewSet(compileAll(t, []string{"user.name: nobody", c.query}), ecs)
		var scratch Scratch
		visit(t, denied, func(e *event.Event) { set.Match(e, &scratch) })
		var got []string
		for _, m := range scratch.NearMisses() {
			if m.Program != 1 {
				t.Fatalf("a near miss of program %d", m.Program)
			}
			got = append(got, set.programs[1].Conditions()[m.Condition].String())
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%s\nnear misses: %s\nwant: %s", c.query, g, c.want)
		}
	}
}

// holdsWith evaluates a program with one condition inverted.
func holdsWith(p *Program, i, turned int32, e *event.Event) bool {
	n := &p.nodes[i]
	var children []bool
	if n.op != opCondition {
		for c := n.child; c >= 0; c = p.nodes[c].next {
			children = append(children, holdsWith(p, c, turned, e))
		}
	}
	switch n.op {
	case opAnd:
		return !slices.Contains(children, false)
	case opOr:
		return slices.Contains(children, true)
	case opNot:
		return !children[0]
	case opCondition:
		return p.conditions[n.child].Holds(e) != (n.child == turned)
	}
	return n.op == opTrue
}

// A condition is a near miss exactly if the program matches with it inverted.
func TestNearMissesAreThoseThatAloneDecide(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var query func(depth int) string
	query = func(depth int) string {
		if depth == 0 || r.IntN(4) == 0 {
			return []string{
				"event.outcome: success", "event.outcome: failure", "user.name: alice", "user.name: bob", "cloud.region: r",
				"cloud.region: x", "event.action: A", "event.provider: t", "*",
			}[r.IntN(9)]
		}
		switch r.IntN(5) {
		case 0:
			return "not (" + query(depth-1) + ")"
		case 1, 2:
			return "(" + query(depth-1) + ") or (" + query(depth-1) + ")"
		}
		return "(" + query(depth-1) + ") and (" + query(depth-1) + ")"
	}
	found := 0
	for range 3000 {
		text := query(4)
		p := compileAll(t, []string{text})[0]
		visit(t, denied, func(e *event.Event) {
			matches, near := p.matchOrNearMiss(nil, 0, e)
			if matches != p.Match(e) || matches && len(near) > 0 {
				t.Fatalf("%s: matches %v, near misses %v", text, matches, near)
			}
			if matches {
				return
			}
			var got, want []int32
			for _, m := range near {
				got = append(got, m.Condition)
			}
			for c := range int32(len(p.conditions)) {
				if holdsWith(p, 0, c, e) {
					want = append(want, c)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("%s\nnear misses: conditions %v, want %v", text, got, want)
			}
			found += len(got)
		})
	}
	if found < 1000 {
		t.Errorf("only %d near misses: the test is about nothing", found)
	}
}
