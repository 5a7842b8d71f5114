package stateful

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Explainer shows what a memory says of events that match a rule's query, and lets the
// memory observe them: the next event meets it as it would in a detector. Exceptions and
// duplicates are not considered.
type Explainer struct {
	memory   *Memory
	plan     *Plan
	place    int
	schema   *event.Schema
	scratch  Scratch
	digester Digester
}

// NewExplainer returns an explainer for the rule with that plan, at that place of those that the
// memory uses. What it changes is in the newest transaction of the memory.
func NewExplainer(m *Memory, place int, plan *Plan, s *event.Schema) *Explainer {
	return &Explainer{memory: m, place: place, plan: plan, schema: s, digester: m.Digester()}
}

// Finding is what the memory says of a combination of values, or a group, of an event.
type Finding struct {
	By     string // "user.name: alice, source.ip: 203.0.113.7"; empty: all events are one group
	Text   string
	Alerts bool
}

// Explain observes an event that matches the rule's query, and arrives now. Without a
// finding a field has no value.
func (x *Explainer) Explain(e *event.Event, now time.Time) (findings []Finding) {
	identity := x.schema.Identify(e)
	o := Observation{
		Rule: x.place, Event: binary.BigEndian.Uint64(identity[:]),
		At: Moment{Event: MillisOf(event.ParseTime(e.First(x.schema.Field("@timestamp")))), Record: Undated},
		ID: string(e.First(x.schema.Field("event.id")).Bytes()),
	}
	id := x.memory.RuleID(x.place)
	if x.plan.Stream != nil {
		return x.explainGroups(e, &o, now)
	}
	if x.plan.Kind == rule.Sequence {
		return x.explainSteps(e, o, identity, now)
	}
	values := x.plan.Distinct(e, &x.scratch, &x.digester, id, nil)
	beyond := x.plan.Combinations(e, &x.scratch, func(combination [][]byte) {
		x.digester.Begin(id)
		var by []string
		for i, v := range combination {
			x.digester.Add(v)
			by = append(by, x.plan.Fields[i]+": "+string(v[:min(len(v), 256)]))
		}
		o.Key = x.digester.Key()
		o.Values = append([]uint64(nil), values...)
		last, seen := x.memory.last(x.place, o.Key)
		v := x.memory.Observe(&o, now)
		findings = append(findings, Finding{strings.Join(by, ", "), x.text(&o, &v, last, seen), v.Alerts()})
	})
	return appendBeyond(findings, beyond)
}

func appendBeyond(findings []Finding, beyond int) []Finding {
	if beyond > 0 {
		findings = append(findings, Finding{Text: fmt.Sprintf("%d more combinations are not remembered: %d of an event are", beyond, MaxCombinations)})
	}
	return findings
}

// last returns when a combination of a rule of type new_terms came last.
func (m *Memory) last(place int, k Key) (at int64, ok bool) {
	terms := &m.loaded[place].terms
	if slot, ok := terms.find(&k); ok {
		return terms.at(slot).value.last, true
	}
	return 0, false
}

func (x *Explainer) text(o *Observation, v *Verdict, last int64, seen bool) string {
	since := v.Since.Format(time.RFC3339)
	switch {
	case v.Result == TooLate:
		return "too late to count: the group has newer events"
	case v.Result == Same:
		return "the same event was counted before"
	case x.plan.Kind == rule.Threshold:
		if w := v.Window; w != nil {
			return fmt.Sprintf("reached with %s from %s to %s", x.amount(w.Count, w.Distinct), w.From.Format(time.RFC3339), w.To.Format(time.RFC3339))
		}
		return x.progress(o.Key, v.At)
	case v.Result == New && !v.Previous.IsZero():
		return fmt.Sprintf("new: last seen at %s, longer ago than the window of %s", v.Previous.Format(time.RFC3339), strings.TrimSuffix(x.plan.Window.String(), "0m0s"))
	case v.Result == New:
		return "new: not seen since " + since
	case v.Result == Learned:
		return "learned: not seen since " + since + ", and the rule is still learning"
	case seen:
		return "known: last seen at " + timeOf(last).Format(time.RFC3339)
	}
	return "known"
}

// amount returns "3 of 10 events, 2 of 5 values of FIELD".
func (x *Explainer) amount(count, distinct int) string {
	text := fmt.Sprintf("%d of %d events", count, x.plan.Count)
	if x.plan.Memory.Distinct > 0 {
		text += fmt.Sprintf(", %d of %d values of %s", distinct, x.plan.Memory.Distinct, x.plan.DistinctOf)
	}
	return text
}

// progress returns how far a group is that does not alert on an event of that time.
func (x *Explainer) progress(k Key, at time.Time) string {
	r := x.memory.loaded[x.place]
	g, _ := x.memory.look(r, k).(*group)
	if g == nil {
		return "not reached: " + x.amount(0, 0)
	}
	end := at.UnixMilli()
	if end <= g.consumed {
		return "not counted: an alert was about the events up to " + timeOf(g.consumed).Format(time.RFC3339)
	}
	count, values := 0, map[uint64]struct{}{}
	for _, h := range g.hits {
		if h.at < end-r.window || h.at > end {
			continue
		}
		count++
		for _, v := range h.values {
			values[v] = struct{}{}
		}
	}
	amount := x.amount(count, len(values))
	if g.heldOff != none && end <= g.heldOff {
		return fmt.Sprintf("held off until %s, after an alert: %s in the window that ends with this event", timeOf(g.heldOff).Format(time.RFC3339), amount)
	}
	return "not reached: " + amount + " in the window that ends with this event"
}
