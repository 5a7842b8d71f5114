package stateful

import (
	"bytes"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	program "github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// keyList is the keys of some steps of a sequence.
type keyList struct {
	keys     []rule.Key
	fields   []*event.Field
	optional []bool
	steps    uint64 // as bits by their places
}

// addSteps finds the steps of a sequence that have the same keys.
func (p *Plan) addSteps(s *event.Schema) {
	add := func(step *rule.Step, bit uint64) {
		i := slices.IndexFunc(p.lists, func(l keyList) bool { return slices.Equal(l.keys, step.By) })
		if i < 0 {
			l := keyList{keys: step.By}
			for _, k := range step.By {
				l.fields, l.optional = append(l.fields, s.Field(k.Field)), append(l.optional, k.Optional)
			}
			i, p.lists = len(p.lists), append(p.lists, l)
		}
		p.lists[i].steps |= bit
	}
	for i := range p.Memory.Steps {
		add(&p.Memory.Steps[i], 1<<i)
	}
	if p.Until != nil {
		add(p.Until, program.UntilStep)
	}
}

// keysOf returns the keys of those steps, which have the same ones.
func (p *Plan) keysOf(steps uint64) []rule.Key {
	for i := range p.lists {
		if p.lists[i].steps&steps == steps {
			return p.lists[i].keys
		}
	}
	return nil
}

// WithSteps gives the plan the programs of the steps of a sequence.
func (p *Plan) WithSteps(steps *program.Steps) *Plan {
	p.steps = steps
	return p
}

// Keys calls do with each combination of keys that the event has as a step of a sequence,
// and with which steps it is with these keys, as bits by their places. It returns how many
// combinations there are beyond [MaxCombinations]. The values are valid until do returns; one
// that the event does not have is nil.
func (p *Plan) Keys(e *event.Event, s *Scratch, do func(steps uint64, values [][]byte)) (beyond int) {
	steps := p.steps.Of(e)
	var several []keyed
	for i := range p.lists {
		l := &p.lists[i]
		own := steps & l.steps
		if own == 0 {
			continue
		}
		if own == steps {
			return s.combinations(l.fields, l.optional, e, func(values [][]byte) { do(own, values) })
		}
		beyond += s.combinations(l.fields, l.optional, e, func(values [][]byte) {
			same := func(k keyed) bool { return slices.EqualFunc(k.values, values, sameValue) }
			if i := slices.IndexFunc(several, same); i >= 0 {
				several[i].steps |= own
			} else {
				several = append(several, keyed{own, cloneValues(values)})
			}
		})
	}
	for _, k := range several {
		do(k.steps, k.values)
	}
	return beyond
}

// keyed is the steps that an event is with some keys.
type keyed struct {
	steps  uint64
	values [][]byte
}

func sameValue(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

func cloneValues(values [][]byte) [][]byte {
	own := make([][]byte, len(values))
	for i, v := range values {
		own[i] = bytes.Clone(v)
	}
	return own
}

// AddValues adds values to a digest, of which nil is none.
func (d *Digester) AddValues(values [][]byte) {
	for _, v := range values {
		if v == nil {
			d.AddNone()
		} else {
			d.Add(v)
		}
	}
}
