package match

import (
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// Matching does not allocate, whether a program matches or not, once the buffers are
// large enough.
func TestMatchingAllocatesNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that matching allocates nothing")
	}
	for _, body := range []string{rawEvent, ecsEvent} {
		set := NewSet(compileAll(t, []string{
			`event.provider: ec2.amazonaws.com and event.action: (DescribeInstances or RunInstances) and not user.name: a*z`,
			`event.action: RunInstances and source.ip: 192.0.0.0/8 and event.outcome: success`,
			`event.provider: ec2.amazonaws.com and aws.cloudtrail.flattened.request_parameters.tags.value: w* and not user_agent.original: (*x* or *y*)`,
			`@timestamp >= "2026-03-01" and aws.cloudtrail.request_parameters: *tags*i-2*`,
			`not event.action: Describe*`,
			`event.provider: ec2.amazonaws.com and event.action: RunInstances and cloud.region: gone`, // a near miss
			`user: * and aws.cloudtrail: * and not source.geo: *`,
			`delta: { action: ADD and role: own* } or delta: { not (role: x and a: { b: c }) }`,
			`message: quick or message: "brown fox" or message: qu*k or message > zebra`,
			`labels.*: red or source.*: * or nowhere or "no where" or no* where`,
			`source.port > 5 and source.as.number: 1 or event.duration <= 3.5`,
			`destination.ip: (11.0.0.0/8 or 192.0.2.1) and aws.cloudtrail.read_only: true`,
			`process.command_line: x* *later and aws.cloudtrail.flattened.request_parameters: nothing`,
		}), ecs)
		var scratch Scratch
		allocations, matched := 0.0, 0
		visit(t, body, func(e *event.Event) {
			run := func() { matched = len(set.Match(e, &scratch)) }
			run()
			allocations = testing.AllocsPerRun(100, run)
		})
		if matched < 3 || matched > 8 {
			t.Errorf("%d match", matched)
		}
		if allocations > 0 {
			t.Errorf("%v allocations for an event: %s", allocations, body)
		}
	}
}

// Nor does it for plain documents, with fields of any type.
func TestDocumentsAllocateNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that documents are matched without allocating")
	}
	for _, c := range meanings {
		body, _, err := jsontext.AppendMsgpack(nil, []byte(c.document))
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := msgpack.Read(body, 0)
		if err != nil {
			t.Fatal(err)
		}
		m := NewDocuments(typesOf(c.types))
		m.Learn(v)
		var programs []*Program
		for _, query := range append(c.holds, c.not...) {
			p, err := compileKQL(query, m)
			if err != nil {
				t.Fatal(err)
			}
			programs = append(programs, p)
		}
		e := event.NewDocument(v)
		run := func() {
			e.ResetDocument(v)
			m.Learn(v)
			for _, p := range programs {
				p.Match(e)
			}
		}
		run()
		// Texts with an exponent in a field of whole numbers need big numbers.
		if n := testing.AllocsPerRun(20, run); n > 0 {
			t.Errorf("%s: %v allocations", c.about, n)
		}
	}
}

// Nor do lists of any length, which are looked at to their end.
func TestLongListsAllocateNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that long lists are matched without allocating")
	}
	list := "[" + strings.Repeat("1,", 5000) + `"last"]`
	body := `{"eventSource":"ec2.amazonaws.com","eventName":` + list + `,"userIdentity":{"arn":` + list + `},"requestParameters":{"ids":` + list + `,"a":[{"b.c":` + list + `}]}}`
	set := NewSet(compileAll(t, []string{
		`event.action: last`,
		`event.provider: ec2.amazonaws.com and event.action: last and aws.cloudtrail.user_identity.arn: last`,
		`aws.cloudtrail.flattened.request_parameters.ids: last`,
		`aws.cloudtrail.flattened.request_parameters.a.b.c: la*`,
		`aws.cloudtrail.flattened.request_parameters.a.b: last`,
		`aws.cloudtrail.flattened.request_parameters: last`,
	}), ecs)
	var scratch Scratch
	visit(t, body, func(e *event.Event) {
		var matched []int32
		run := func() { matched = set.Match(e, &scratch) }
		run()
		if n := testing.AllocsPerRun(10, run); n > 0 || len(matched) < 5 {
			t.Errorf("%v allocations, %v match", n, matched)
		}
		if e.Truncated() {
			t.Error("truncated")
		}
	})
}
