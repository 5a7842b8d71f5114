package program

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/record/recordtest"
)

func compileAll(t testing.TB, queries []string) []*Program {
	t.Helper()
	programs := make([]*Program, len(queries))
	for i, q := range queries {
		p, err := Compile(q)
		if err != nil {
			t.Fatal(err)
		}
		programs[i] = p
	}
	return programs
}

// visit calls do for the events of a record in JSON.
func visit(t testing.TB, text string, do func(*cloudtrail.Event)) {
	t.Helper()
	body, _, err := jsontext.Append(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := cloudtrail.NewReader(do).Read(body, 0); err != nil {
		t.Fatal(err)
	}
}

// The index leaves no candidate out: what a set matches is what each of its
// programs matches by itself.
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
		set := NewSet(programs)
		var scratch Scratch
		for range 20 {
			twice := ""
			if r.IntN(4) == 0 {
				twice = `,"eventName":"` + pick("A", "B", "C", "D1") + `"`
			}
			event := fmt.Sprintf(`{"eventSource":%q,"eventName":%q%s,"userIdentity":{"userName":%q}}`, pick("a", "b", "c", "d1", "e"), pick("A", "B", "C", "D1", "E"), twice, pick("alice", "bob"))
			visit(t, event, func(e *cloudtrail.Event) {
				var want []int32
				for i, p := range programs {
					if p.Match(e) {
						want = append(want, int32(i))
					}
				}
				if got := set.Match(e, &scratch); !slices.Equal(got, want) {
					t.Errorf("%s\n%s\nmatched %v, want %v", event, strings.Join(queries, "\n"), got, want)
				}
			})
		}
	}
}

// Members that are there thousands of times cost their number, not its square.
func TestSetWithManyValues(t *testing.T) {
	set := NewSet(compileAll(t, []string{"event.provider: a and event.action: A", "event.provider: b and event.action: B", "user.name: x"}))
	var scratch Scratch
	event := `{"eventSource":"a"` + strings.Repeat(`,"eventSource":"c","eventName":"C"`, 20_000) + `,"eventName":"A"}`
	began := time.Now()
	visit(t, event, func(e *cloudtrail.Event) {
		if got := set.Match(e, &scratch); !slices.Equal(got, []int32{0}) {
			t.Errorf("matched %v, want the first", got)
		}
	})
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

const plainEvent = `{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","eventTime":"2026-03-02T09:00:00Z","userIdentity":{"type":"IAMUser","userName":"alice","arn":"arn:aws:iam::111122223333:user/alice"},` +
	`"sourceIPAddress":"192.0.2.1","userAgent":"aws-cli","requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"}]}},"recipientAccountId":"111122223333"}`

func TestMatchingAllocatesNothing(t *testing.T) {
	if recordtest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that matching allocates nothing")
	}
	set := NewSet(compileAll(t, []string{
		`event.provider: ec2.amazonaws.com and event.action: (DescribeInstances or RunInstances) and not user.name: a*z`,
		`event.action: DescribeInstances and source.ip: 192.0.0.0/8 and event.outcome: success`,
		`event.provider: ec2.amazonaws.com and aws.cloudtrail.flattened.request_parameters.instancesSet.items.instanceId: i-* and not user_agent.original: (*x* or *y*)`,
		`@timestamp >= "2026-03-01" and aws.cloudtrail.request_parameters: *instancesSet*i-2*`,
		`not event.action: Describe*`,
	}))
	var scratch Scratch
	allocations, matched := 0.0, 0
	visit(t, plainEvent, func(e *cloudtrail.Event) {
		run := func() { matched = len(set.Match(e, &scratch)) }
		run()
		allocations = testing.AllocsPerRun(100, run)
	})
	if matched != 3 {
		t.Errorf("%d match, want 3", matched)
	}
	if allocations > 1 { // a date is parsed from a string
		t.Errorf("%v allocations for an event", allocations)
	}
}

// The cost of an event that no rule asks for hardly depends on the rules.
func BenchmarkSet(b *testing.B) {
	for _, n := range []int{1, 10, 85, 1000} {
		b.Run(fmt.Sprint(n, " rules"), func(b *testing.B) {
			var queries []string
			for i := range n {
				queries = append(queries, fmt.Sprintf("event.dataset: aws.cloudtrail and event.provider: s%d.amazonaws.com and event.action: (A%d or B%d) and event.outcome: success", i%60, i, i))
			}
			set := NewSet(compileAll(b, queries))
			var scratch Scratch
			body, _, err := jsontext.Append(nil, []byte(plainEvent))
			if err != nil {
				b.Fatal(err)
			}
			reader := cloudtrail.NewReader(func(e *cloudtrail.Event) {
				if len(set.Match(e, &scratch)) != 0 {
					b.Fatal("a match")
				}
			})
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := reader.Read(body, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
