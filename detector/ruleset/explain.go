package ruleset

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/match"
)

// Finding is the result of one condition of a query for an event.
type Finding struct {
	Condition string // in the language of the query
	// Values are the values of the condition's field, as JSON text; if it reads
	// several fields, each value comes after the name of its field.
	Values []string
	Holds  bool // by itself, apart from the and, or and not around it
	Absent bool // no event of this form has a field that the condition reads
}

// Explain reports whether the event matches the query of the rule, and returns
// the result of each of its conditions in order, behind that of its index.
func (r *Rule) Explain(e *event.Event) (matches bool, findings []Finding) {
	if limits := r.Program.Limits(); limits != "" {
		findings = append(findings, Finding{Condition: "index: " + limits, Values: indexOf(e), Holds: r.Program.CoversEvent(e)})
	}
	conditions := r.Program.Conditions()
	for i := range conditions {
		c := &conditions[i]
		f := Finding{Condition: c.String(), Holds: c.Holds(e), Absent: !e.IsOpen() && isAbsent(e.Schema(), c)}
		fields := c.Fields()
		for _, field := range fields {
			for _, v := range e.Values(field) {
				text := string(jsontext.AppendJSON(nil, v))
				if len(fields) > 1 {
					text = field.Name + ": " + text
				}
				f.Values = append(f.Values, text)
			}
		}
		findings = append(findings, f)
	}
	return r.Program.Match(e), findings
}

// isAbsent reports whether only documents in ECS form can have what a condition reads.
func isAbsent(s *event.Schema, c *match.Condition) bool {
	for i, source := range s.Sources() {
		if !source.Open && !c.Absent(i) {
			return false
		}
	}
	return true
}
