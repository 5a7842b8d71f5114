package match

import "github.com/fluent-detect/fluent-detect/detector/event"

// decided says for which sources the result of a condition is known without an event: all
// events of these sources have the same values in its fields.
type decided struct {
	sources, result uint8 // a bit for each source
}

// decide returns for which sources the result of a condition is known.
func (c *compiler) decide(cond *Condition) (d decided) {
	schema, ok := c.mapping.(interface{ Sources() []*event.Source })
	if !ok || c.nested != "" || c.isRaw() || cond.unmapped != nil || cond.nested != nil || cond.computed != nil || cond.keyword != nil {
		return d
	}
	for source := range schema.Sources() {
		holds, known := cond.decide(source)
		if known {
			d.sources |= 1 << source
		}
		if known && holds {
			d.result |= 1 << source
		}
	}
	return d
}

// decide returns the result of the condition for all events of a source, and whether it is
// the same for all.
func (c *Condition) decide(source int) (holds, known bool) {
	for i := range c.tests {
		t := &c.tests[i]
		values := t.field.Prospect(source).Constant
		if len(values) != 1 || t.presence || t.path != "" && t.path != t.field.Name {
			return false, false
		}
		holds = holds || t.match.match(values[0]) != c.inverse
	}
	return holds, len(c.tests) > 0
}
