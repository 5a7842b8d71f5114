package ruleset

import (
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// checkSequence refuses what a search over stored events can find, and a stream cannot.
func checkSequence(q query.Query, n *query.Sequence) error {
	refuse := func(at query.Span, message string) error {
		return &query.Error{Query: q.Text, Span: at, Unsupported: true, Message: message}
	}
	if n.MaxSpan == 0 {
		return refuse(n.Keyword, "a sequence without maxspan is not supported: its events would have to be remembered for ever; write sequence by … with maxspan=5m")
	}
	for i := range n.Steps {
		if n.Steps[i].Missing {
			return refuse(n.Steps[i].At, "events that must be missing are not supported: they may come later")
		}
	}
	return nil
}

// addSequence adds what a rule remembers whose query is a sequence.
func (s *Set) addSequence(r *Rule, q query.Query) (err error) {
	n, ok := q.Root.(*query.Sequence)
	if !ok {
		return nil
	}
	if r.Steps, err = match.CompileSteps(q, n, s.mappingOf(q.Language)); err != nil {
		return err
	}
	m := &rule.Memory{Kind: rule.Sequence, Window: n.MaxSpan, Parts: []string{q.Text}}
	m.FieldsAt.Key = "query"
	m.FieldsAt.Line, m.FieldsAt.Column = r.Query.Position(n.Keyword.Position(q.Text))
	for i := range n.Steps {
		m.Steps = append(m.Steps, stepOf(&n.Steps[i]))
		for range n.Steps[i].Runs {
			m.Stages = append(m.Stages, i)
		}
	}
	if n.Until != nil {
		until := stepOf(n.Until)
		m.Until = &until
	}
	for _, k := range m.Steps[0].By {
		m.Fields = append(m.Fields, k.Field)
	}
	r.Memory = m
	return nil
}

func stepOf(s *query.Step) (step rule.Step) {
	for _, k := range s.By {
		step.By = append(step.By, rule.Key{Field: k.Field.Name, Optional: k.Optional})
	}
	return step
}
