package stateful

import (
	"fmt"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	rowtable "github.com/fluent-detect/fluent-detect/detector/table"
)

// explainGroups observes an event of a rule that aggregates.
func (x *Explainer) explainGroups(e *event.Event, o *Observation, now time.Time) (findings []Finding) {
	beyond := x.plan.Groups(e, &x.digester, x.memory.RuleID(x.place), func(k Key, a *Aggregate) {
		o.Key, o.Aggregate = k, a
		v := x.memory.Observe(o, now)
		findings = append(findings, Finding{strings.Join(a.By(), ", "), x.groupText(o, &v), v.Alerts()})
	})
	if beyond > 0 {
		findings = append(findings, Finding{Text: fmt.Sprintf("%d more groups are not remembered: %d of an event are", beyond, MaxCombinations)})
	}
	return findings
}

func (x *Explainer) groupText(o *Observation, v *Verdict) string {
	switch v.Result {
	case TooLate:
		if x.plan.Stream.Class == rowtable.Bucket {
			return "too late to count: its bucket of time has ended, and events are newer"
		}
		return "too late to count: the group has newer events"
	case Same:
		return "the same event was counted before"
	}
	g, _ := x.memory.look(x.memory.loaded[x.place], o.Key).(*rows)
	if g == nil {
		return "the group is not remembered"
	}
	columns, passes := o.Aggregate.row(g)
	var values []string
	for _, c := range columns {
		values = append(values, c.Name+" = "+shown(c.Value))
	}
	count := "1 event"
	if n := len(g.list); n != 1 {
		count = fmt.Sprintf("%d events", n)
	}
	row := fmt.Sprintf("a group of %s, %s", count, strings.Join(values, ", "))
	switch {
	case v.Alerts():
		return "the row is left: " + row
	case passes:
		return fmt.Sprintf("the row is left, and the group has alerted at %s: %s", timeOf(g.alerted).Format(time.RFC3339), row)
	}
	return "the row is not left: " + row
}
