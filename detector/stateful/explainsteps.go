package stateful

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	program "github.com/fluent-detect/fluent-detect/detector/match"
)

// explainSteps is Explain for a sequence.
func (x *Explainer) explainSteps(e *event.Event, o Observation, identity [sha256.Size]byte, now time.Time) (findings []Finding) {
	own := SequenceEvent{Identity: identity}
	own.Action = Text(e.First(x.schema.Field("event.action")).Bytes())
	id := x.memory.RuleID(x.place)
	beyond := x.plan.Keys(e, &x.scratch, func(steps uint64, values [][]byte) {
		x.digester.Begin(id)
		x.digester.AddValues(values)
		var by []string
		for i, v := range values {
			text := "no value"
			if v != nil {
				text = string(v[:min(len(v), 256)])
			}
			by = append(by, x.plan.keysOf(steps)[i].Field+": "+text)
		}
		one := own
		one.Steps = steps
		o.Key, o.Sequence = x.digester.Key(), &one
		v := x.memory.Observe(&o, now)
		findings = append(findings, Finding{strings.Join(by, ", "), x.plan.describeSteps(steps) + ": " + x.sequenceText(&o, &v), v.Alerts()})
	})
	return appendBeyond(findings, beyond)
}

// describeSteps returns "step 1 and 2 of 3".
func (p *Plan) describeSteps(steps uint64) string {
	var parts []string
	for i := range p.Memory.Steps {
		if steps>>i&1 != 0 {
			parts = append(parts, fmt.Sprint(i+1))
		}
	}
	text := ""
	if len(parts) > 0 {
		text = fmt.Sprintf("step %s of %d", strings.Join(parts, " and "), len(p.Memory.Steps))
	}
	if steps&program.UntilStep != 0 {
		if text != "" {
			text += ", and "
		}
		text += "until"
	}
	return text
}

func (x *Explainer) sequenceText(o *Observation, v *Verdict) string {
	switch v.Result {
	case Same:
		return "the same event came before"
	case TooLate:
		return "too late to count: with these keys there are newer events"
	case Completed:
		var times []string
		for _, e := range v.Sequence.Events {
			times = append(times, strings.TrimSpace(e.At.Format(time.RFC3339)+" "+e.Action))
		}
		return "the sequence is complete: " + strings.Join(times, ", ")
	}
	n := 0
	if p, ok := x.memory.look(x.memory.loaded[x.place], o.Key).(*pending); ok {
		n = len(p.list)
	}
	if n == 1 {
		return "no sequence is complete; it is the only event with these keys"
	}
	return fmt.Sprintf("no sequence is complete; %d events with these keys are remembered", n)
}
