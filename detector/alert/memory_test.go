package alert

import (
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
)

// memories are what rules with a memory may say of an event, by name.
func memories(t *testing.T) map[string]struct {
	rule    *rule.Rule
	values  [][]byte
	verdict stateful.Verdict
} {
	t.Helper()
	at := time.Date(2025, 3, 4, 9, 11, 0, 0, time.UTC)
	terms, threshold, ordered, sum, sequence := *anything(t), *anything(t), *anything(t), *anything(t), *anything(t)
	ordered.Source.SHA256, sum.Source.SHA256 = "<sha256>", "<sha256>"
	ordered.Sigma, sum.Sigma = &rule.Sigma{Level: rule.LevelHigh}, &rule.Sigma{Level: rule.LevelLow}
	ordered.Memory = &rule.Memory{Kind: rule.Correlated, Fields: []string{"sourceIPAddress", "userIdentity.accessKeyId"}, Window: 10 * time.Minute, Correlation: &rule.Correlation{Type: rule.TemporalOrdered}}
	sum.Memory = &rule.Memory{Kind: rule.Correlated, Window: time.Hour, Correlation: &rule.Correlation{Type: rule.ValueSum, Values: []string{"additionalEventData.bytes"}}}
	sequence.Source.SHA256 = "<sha256>"
	sequence.Memory = &rule.Memory{Kind: rule.Sequence, Fields: []string{"user.name", "source.address"}, Window: 5 * time.Minute}
	terms.Source.SHA256, threshold.Source.SHA256 = "<sha256>", "<sha256>"
	terms.Memory = &rule.Memory{Kind: rule.NewTerms, Fields: []string{"cloud.account.id", "user.name", "source.ip"}, Window: 240 * time.Hour}
	threshold.Memory = &rule.Memory{Kind: rule.Threshold, Fields: []string{"user.name"}, Window: 6 * time.Minute, Count: 3, DistinctOf: "event.action", Distinct: 2}
	return map[string]struct {
		rule    *rule.Rule
		values  [][]byte
		verdict stateful.Verdict
	}{
		"terms": {&terms, [][]byte{[]byte("111122223333"), []byte("maria"), []byte("203.0.113.25")}, stateful.Verdict{
			Result: stateful.New, At: at, Since: at.Add(-300 * time.Hour), Previous: at.Add(-250 * time.Hour)}},
		"threshold": {&threshold, [][]byte{[]byte("maria")}, stateful.Verdict{
			Result: stateful.Reached, At: at, Since: at.Add(-300 * time.Hour),
			Window: &stateful.Window{From: at.Add(-time.Minute), To: at.Add(time.Second), Count: 3, Distinct: 2, EventIDs: []string{"a", "b"}}}},
		"ordered": {&ordered, [][]byte{[]byte("203.0.113.25"), nil}, stateful.Verdict{
			Result: stateful.Reached, At: at, Since: at.Add(-300 * time.Hour),
			Window: &stateful.Window{From: at.Add(-time.Minute), To: at, Count: 3, Number: 2, Rules: []int{0, 1}, EventIDs: []string{"a", "b", "c"}}}},
		"sum": {&sum, nil, stateful.Verdict{
			Result: stateful.Reached, At: at, Since: at.Add(-300 * time.Hour),
			Window: &stateful.Window{From: at.Add(-time.Minute), To: at, Count: 2, Number: 1234567.5, Rules: []int{0}}}},
		"sequence": {&sequence, [][]byte{[]byte("maria"), nil}, stateful.Verdict{
			Result: stateful.Completed, At: at, Since: at.Add(-300 * time.Hour),
			Sequence: &stateful.Sequence{Digest: [32]byte{1}, Events: []stateful.SequenceStep{
				{At: at.Add(-time.Minute), ID: "a", Action: "CreateUser", Source: "203.0.113.25"}, {At: at.Add(-time.Second), Action: "CreateUser"}, {At: at, ID: "b", Action: "AttachUserPolicy"}}}}},
	}
}

// An alert of a rule with a memory says what the memory knows, in every format, and is
// recognised as an alert.
func TestMemory(t *testing.T) {
	for name, c := range memories(t) {
		plan := stateful.NewPlan(c.rule, testFields.schema)
		for _, f := range formats {
			m := NewMaker(c.rule, testObserver, f, testFields)
			if c.rule.Memory.Kind == rule.Correlated {
				m.Credit([]string{"B. A. Uthor"})
			}
			var alert []byte
			visit(t, eventFile(t, "iam"), func(e *event.Event) {
				memory := &Memory{Memory: plan.Memory, Values: c.values, Digest: plan.Digest(c.values), Verdict: &c.verdict}
				if c.verdict.Window != nil {
					for _, i := range c.verdict.Window.Rules {
						memory.Rules = append(memory.Rules, []string{"User created", "Key created"}[i])
					}
				}
				id := idFor(c.rule.ID, e)
				id.Alert = event.MemoryAlertID(c.rule.ID, id.Event, memory.Digest)
				if s := c.verdict.Sequence; s != nil {
					id.Alert = event.MemoryAlertID(c.rule.ID, s.Digest, memory.Digest)
					memory.Tracer = NewTracer(testFields, stateful.Digester{})
					s.Common = inCommon(t, memory.Tracer, e)
				}
				arrival := testArrival
				arrival.Memory = memory
				alert = m.Make(nil, id, e, subjectOf(e), arrival)
			})
			golden(t, "memory-"+name+"."+f.String(), alert)
			checkAlert(t, f, alert)
			if n := visit(t, alert, func(*event.Event) {}); n > 0 {
				t.Errorf("%s, %s: the alert would be evaluated", name, f)
			}
			if f == FormatOCSF {
				for _, fault := range faultsOf(t, decode(t, alert)) {
					t.Errorf("%s: %s", name, fault)
				}
			} else {
				checkTypes(t, "", map[string]any(decode(t, alert)))
			}
		}
	}
}

// inCommon returns the traits that an event has in common with one of another action, name and
// region.
func inCommon(t *testing.T, tracer *Tracer, e *event.Event) map[uint32]struct{} {
	own := map[uint32]struct{}{}
	for _, trait := range tracer.Append(nil, e, subjectOf(e), stateful.RuleID{}) {
		own[trait] = struct{}{}
	}
	common := map[uint32]struct{}{}
	other := strings.NewReplacer("AttachUserPolicy", "DetachUserPolicy", "maria", "mario", "us-east-1", "eu-west-1")
	visit(t, other.Replace(eventFile(t, "iam")), func(e *event.Event) {
		for _, trait := range tracer.Append(nil, e, subjectOf(e), stateful.RuleID{}) {
			if _, ok := own[trait]; ok {
				common[trait] = struct{}{}
			}
		}
	})
	return common
}

// An alert about a sequence has the fields that its events have in common.
func TestCommonFields(t *testing.T) {
	c := memories(t)["sequence"]
	plan := stateful.NewPlan(c.rule, testFields.schema)
	m := NewMaker(c.rule, testObserver, FormatECS, testFields)
	tracer := NewTracer(testFields, stateful.Digester{})
	var whole, alert []byte
	visit(t, eventFile(t, "iam"), func(e *event.Event) {
		whole = m.Make(nil, idFor(c.rule.ID, e), e, subjectOf(e), testArrival)
		c.verdict.Sequence.Common = inCommon(t, tracer, e)
		arrival := testArrival
		arrival.Memory = &Memory{Memory: plan.Memory, Values: c.values, Verdict: &c.verdict, Tracer: tracer}
		alert = m.Make(nil, idFor(c.rule.ID, e), e, subjectOf(e), arrival)
	})
	for field, common := range map[string]bool{
		"event.action": false, "user.name": false, "cloud.region": false, "related.user": false,
		"event.provider": true, "cloud.account.id": true, "source.ip": true, "event.id": true, "event.start": true, "user_agent.original": true, "related.ip": true,
	} {
		before, after := decode(t, whole).at(field), decode(t, alert).at(field)
		if before == "" || (after != "") != common || common && before != after {
			t.Errorf("%s is %s, of the event %s", field, after, before)
		}
	}
}

func TestMemoryReason(t *testing.T) {
	reason := func(name string, change func(*rule.Rule, *stateful.Verdict)) string {
		c := memories(t)[name]
		c.rule.Extension.Reason = rule.Template{}
		change(c.rule, &c.verdict)
		plan := stateful.NewPlan(c.rule, testFields.schema)
		values := c.values[:len(plan.Fields)]
		m := NewMaker(c.rule, testObserver, FormatECS, testFields)
		var alert []byte
		visit(t, eventFile(t, "iam"), func(e *event.Event) {
			arrival := testArrival
			arrival.Memory = &Memory{
				Memory: plan.Memory, Values: values, Verdict: &c.verdict, Rules: []string{"User created", "Key created"},
				Tracer: NewTracer(testFields, stateful.Digester{}),
			}
			alert = m.Make(nil, idFor(c.rule.ID, e), e, subjectOf(e), arrival)
		})
		return strings.Trim(decode(t, alert).at("event.reason"), `"`)
	}
	same := func(*rule.Rule, *stateful.Verdict) {}
	for _, c := range []struct {
		name   string
		change func(*rule.Rule, *stateful.Verdict)
		want   string
	}{
		{"terms", same, "first AttachUserPolicy by maria from 203.0.113.25 in 10 days"},
		{"terms", func(r *rule.Rule, v *stateful.Verdict) {
			r.Memory.Fields, v.Since = []string{"cloud.account.id"}, v.At.Add(-time.Hour)
		}, "first AttachUserPolicy by maria in account 111122223333 since 2025-03-04T08:11:00.000Z, where memory begins"},
		{"threshold", same, "3 AttachUserPolicy events with 2 values of event.action by maria in 6 minutes"},
		{"threshold", func(r *rule.Rule, _ *stateful.Verdict) {
			r.Memory.Fields, r.Memory.DistinctOf, r.Memory.Window = nil, "", time.Hour
		}, "3 AttachUserPolicy events in 1 hour"},
		{"ordered", same, "3 events of User created, then Key created with sourceIPAddress 203.0.113.25, userIdentity.accessKeyId missing in 10 minutes (rule by Maria, Jan)"},
		{"ordered", func(r *rule.Rule, _ *stateful.Verdict) {
			r.Memory.Correlation.Type, r.Author = rule.Temporal, []string{"A", "B"}
		}, "3 events of User created, Key created with sourceIPAddress 203.0.113.25, userIdentity.accessKeyId missing in 10 minutes (rule by A, B)"},
		{"ordered", func(r *rule.Rule, v *stateful.Verdict) {
			r.Memory.Correlation = &rule.Correlation{Type: rule.ValueCount, Values: []string{"eventName", "awsRegion"}}
			r.Memory.Fields, v.Window.Distinct = nil, 2
		}, "3 events with 2 values of eventName, awsRegion of User created, Key created in 10 minutes (rule by Maria, Jan)"},
		{"sum", same, "2 events with a sum of 1234567.5 in additionalEventData.bytes of User created, Key created in 1 hour (rule by Maria, Jan)"},
		{"sum", func(r *rule.Rule, v *stateful.Verdict) {
			r.Memory.Correlation.Type, r.Memory.Correlation.Percentile, v.Window.Count = rule.ValuePercentile, 99.5, 1
		}, "1 event with 1234567.5 at percentile 99.5 of additionalEventData.bytes of User created, Key created in 1 hour (rule by Maria, Jan)"},
		{"sequence", same, "CreateUser (2 times), then AttachUserPolicy by maria within 5 minutes"},
		{"sequence", func(r *rule.Rule, v *stateful.Verdict) {
			r.Memory.Fields = nil
			for i := range 9 {
				v.Sequence.Events = append(v.Sequence.Events, stateful.SequenceStep{Action: string(rune('A' + i))})
			}
		}, "CreateUser (2 times), then AttachUserPolicy, then A, then B, then C, then 6 more within 5 minutes"},
	} {
		if got := reason(c.name, c.change); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}
