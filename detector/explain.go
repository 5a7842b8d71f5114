package detector

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
)

// Finding is what one condition of a query came to on an event.
type Finding struct {
	Condition string // in KQL
	// Values are what the event has in the condition's field, as JSON text, none
	// if it has nothing; with the names of the fields when they are several.
	Values []string
	Holds  bool // by itself, whatever and, or and not make of it
}

// Explain reports whether the event matches the query of the rule at place i of
// Rules, and what each condition of it finds, in their order.
func (r *Rules) Explain(i int, e *event.Event) (matches bool, findings []Finding) {
	p := r.compiled[i]
	conditions := p.Conditions()
	for j := range conditions {
		c := &conditions[j]
		f := Finding{Condition: c.String(), Holds: c.Holds(e)}
		fields := c.Fields()
		for _, field := range fields {
			for _, v := range e.Values(field) {
				text := string(jsontext.AppendValue(nil, v))
				if len(fields) > 1 {
					text = field.Name + ": " + text
				}
				f.Values = append(f.Values, text)
			}
		}
		findings = append(findings, f)
	}
	return p.Match(e), findings
}

// explainInput explains the rule at place i for each event in an input.
func (r *Rules) explainInput(i int, input []byte) (all [][]Finding) {
	c := ingest.ChunkOf(input, time.Now())
	reader := event.NewReader(func(e *event.Event) {
		_, findings := r.Explain(i, e)
		all = append(all, findings)
	})
	for _, one := range c.Records {
		_, _, _ = reader.Read(c.Data, one.Body) // of our own making
	}
	return all
}
