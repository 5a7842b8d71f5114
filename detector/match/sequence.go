package match

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// sequence compiles a sequence, which an event matches that is one of its steps.
func (c *compiler) sequence(n *query.Sequence) (int32, error) {
	var nodes []query.Node
	var err error
	n.Parts(func(s *query.Step) {
		nodes = append(nodes, s.Node)
		for i := range s.By {
			if err == nil {
				err = c.checkKey(&s.By[i])
			}
		}
	})
	if err != nil {
		return 0, err
	}
	return c.group(opOr, nodes)
}

// checkKey refuses a field by which events cannot belong together.
func (c *compiler) checkKey(k *query.Key) error {
	t := c.target(c.fullName(k.Field.Name))
	switch {
	case t.typ == event.TypeText:
		return c.refuse(k.Field.At, "%s is of type text: only its words are known, and it cannot be a key", t.describe())
	case t.typ == event.TypeObject, t.typ == event.TypeNested:
		return c.refuse(k.Field.At, "%s is of type %s: only the fields in it have values", t.describe(), t.typ)
	case nestedParent(c.mapping, t.field.Name) != "":
		return c.refuse(k.Field.At, "%s is in a nested field, and cannot be a key", t.describe())
	}
	return nil
}

// Steps are the programs of the steps of a sequence, and the one of what ends it, nil if
// nothing does.
type Steps struct {
	Programs []*Program
	Until    *Program
}

// CompileSteps compiles each step of a sequence, which has been compiled as a whole.
func CompileSteps(q query.Query, n *query.Sequence, m Mapping) (s Steps, err error) {
	for i := range n.Steps {
		one := q
		one.Root = n.Steps[i].Node
		p, err := Compile(one, m)
		if err != nil {
			return s, err
		}
		s.Programs = append(s.Programs, p)
	}
	if n.Until != nil {
		q.Root = n.Until.Node
		s.Until, err = Compile(q, m)
	}
	return s, err
}

// UntilStep is the bit of what ends a sequence, among those that [Steps.Of] returns.
const UntilStep = 1 << 63

// Of returns the steps that an event is, as bits by their places.
func (s *Steps) Of(e *event.Event) (steps uint64) {
	for i, p := range s.Programs {
		if p.Match(e) {
			steps |= 1 << i
		}
	}
	if s.Until != nil && s.Until.Match(e) {
		steps |= UntilStep
	}
	return steps
}
