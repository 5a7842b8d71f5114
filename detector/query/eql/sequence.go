package eql

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

const (
	// MaxSteps is the maximum number of steps of a sequence.
	MaxSteps = 60
	// MaxRuns is the maximum number of events of a step, as in Elasticsearch.
	MaxRuns = 100
	// MaxStages is the maximum number of events of a sequence.
	MaxStages = 256
)

// sequence is a parsed sequence.
type sequence struct {
	keyword query.Span
	by      []query.Key
	steps   []step
	until   *step
	maxSpan time.Duration
	at      query.Span
}

// step is a parsed step, or what is behind until.
type step struct {
	*event
	by      []query.Key
	runs    int
	runsAt  query.Span
	missing bool
	at      query.Span
}

// sequence reads "sequence by a with maxspan=5m [category where condition] by b … until […]".
func (p *parser) sequence() (*sequence, *query.Error) {
	s := &sequence{keyword: p.Token.Span}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	var err *query.Error
	if s.by, err = p.keys(); err != nil {
		return nil, err
	}
	if p.IsKeyword("with") {
		if s.maxSpan, err = p.maxSpan(); err != nil {
			return nil, err
		}
		if p.IsKeyword("by") {
			return nil, p.Refuse(p.Token.Span, `"by" stands before "with": sequence by a with maxspan=5m`)
		}
	}
	for p.IsOperator("[") || p.IsOperator("!") {
		one, err := p.step()
		if err != nil {
			return nil, err
		}
		if s.steps = append(s.steps, *one); len(s.steps) > MaxSteps {
			return nil, p.Refuse(one.at, "the sequence has more than %d steps", MaxSteps)
		}
	}
	if len(s.steps) == 0 {
		return nil, p.Unexpected(`the first event of the sequence, as in [any where true]`)
	}
	if p.IsKeyword("until") {
		if err := p.Advance(); err != nil {
			return nil, err
		}
		if !p.IsOperator("[") {
			return nil, p.Unexpected(`an event, as in [any where true]`)
		}
		if s.until, err = p.step(); err != nil {
			return nil, err
		}
		if s.until.runsAt.End > 0 {
			return nil, p.Refuse(s.until.runsAt, `"with runs" belongs to the steps of the sequence, not to "until"`)
		}
	}
	s.at = syntax.Span(s.keyword.Start, p.Behind)
	return s, p.checkSequence(s)
}

// keys reads "by a, ?b", if it is there.
func (p *parser) keys() (by []query.Key, err *query.Error) {
	if !p.IsKeyword("by") {
		return nil, nil
	}
	for more := true; more; {
		if err := p.Advance(); err != nil {
			return nil, err
		}
		start, optional := p.Token.Span.Start, p.IsOperator("?")
		if optional {
			if err := p.Advance(); err != nil {
				return nil, err
			}
		}
		if t := p.Token; t.Kind != syntax.Quoted && (t.Kind != syntax.Name || keywords[t.Text]) {
			return nil, p.nameExpected("the name of a field")
		}
		key, err := p.fieldName(start)
		if err != nil {
			return nil, err
		}
		if p.IsOperator("(") {
			return nil, p.Refuse(p.Token.Span, "a key is a field, and no function")
		}
		by = append(by, query.Key{Field: key.Field, Optional: optional})
		more = p.IsOperator(",")
	}
	return by, nil
}

// parameter reads "with NAME = N", and returns the number and where it stands.
func (p *parser) parameter(what string) (n int, at query.Span, err *query.Error) {
	at = p.Token.Span
	if err := p.Advance(); err != nil {
		return 0, at, err
	}
	if p.Token.Kind != syntax.Name || p.Token.Text != what {
		return 0, at, p.Unexpected(fmt.Sprintf("%q", what))
	}
	if err := p.Advance(); err != nil {
		return 0, at, err
	}
	if err := p.Expect("="); err != nil {
		return 0, at, err
	}
	if p.Token.Kind != syntax.Integer {
		return 0, at, p.Unexpected("a whole number")
	}
	at = p.Token.Span
	n, parseErr := strconv.Atoi(p.Token.Text)
	if parseErr != nil {
		return 0, at, p.Refuse(at, "the number is too large")
	}
	return n, at, p.Advance()
}

// units are the units of maxspan.
var units = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}

// maxSpan reads "with maxspan=5m".
func (p *parser) maxSpan() (time.Duration, *query.Error) {
	n, at, err := p.parameter("maxspan")
	if err != nil {
		return 0, err
	}
	if p.Token.Kind != syntax.Name || p.IsKeyword("by") {
		return 0, p.Refuse(syntax.Span(at.Start, at.End), "maxspan needs a unit: one of ms, s, m, h, d, as in maxspan=5m")
	}
	unit, ok := units[p.Token.Text]
	at.End = p.Token.Span.End
	switch {
	case !ok:
		return 0, p.Refuse(p.Token.Span, "unknown unit %q: must be one of ms, s, m, h, d", p.Shown(p.Token.Span))
	case n == 0:
		return 0, p.Refuse(at, "maxspan must be more than 0")
	case n > int(math.MaxInt64/unit):
		return 0, p.Refuse(at, "maxspan is too long")
	}
	return time.Duration(n) * unit, p.Advance()
}

// step reads "[category where condition] by a with runs=2".
func (p *parser) step() (*step, *query.Error) {
	s := &step{runs: 1, at: p.Token.Span}
	if p.IsOperator("!") {
		s.missing = true
		if err := p.Advance(); err != nil {
			return nil, err
		}
	}
	opened := p.Token.Span
	err := p.Expect("[")
	if err != nil {
		return nil, err
	}
	if s.event, err = p.event(); err != nil {
		return nil, err
	}
	if p.Token.Kind == syntax.End {
		return nil, p.Refuse(opened, `"[" is never closed, expected "]" before the end of the query`)
	}
	if !p.IsOperator("]") {
		return nil, p.Unexpected(`an operator, "and", "or" or "]"`)
	}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	if s.by, err = p.keys(); err != nil {
		return nil, err
	}
	if p.IsKeyword("with") {
		if s.runs, s.runsAt, err = p.parameter("runs"); err != nil {
			return nil, err
		}
		switch {
		case s.runs < 1 || s.runs > MaxRuns:
			return nil, p.Refuse(s.runsAt, "runs must be from 1 to %d", MaxRuns)
		case s.missing:
			return nil, p.Refuse(s.runsAt, `"with runs" is not allowed behind an event that must be missing`)
		}
	}
	s.at.End = p.Behind
	return s, nil
}

// checkSequence refuses what no step by itself shows.
func (p *parser) checkSequence(s *sequence) *query.Error {
	stages, missing := 0, 0
	for i := range s.steps {
		one := &s.steps[i]
		if len(one.by) != len(s.steps[0].by) {
			return p.Refuse(one.at, "the steps must have the same number of keys: this one has %d, the first one %d", len(s.by)+len(one.by), len(s.by)+len(s.steps[0].by))
		}
		if one.missing {
			missing++
			if s.maxSpan == 0 {
				return p.Refuse(one.at, "events that must be missing need maxspan, as in sequence with maxspan=5m")
			}
			continue
		}
		stages += one.runs
	}
	switch last := len(s.steps) - 1; {
	case s.until != nil && len(s.until.by) != len(s.steps[0].by):
		return p.Refuse(s.until.at, `"until" must have as many keys as the steps: it has %d, they have %d`, len(s.by)+len(s.until.by), len(s.by)+len(s.steps[0].by))
	case stages == 0:
		return p.Refuse(s.keyword, "a sequence needs at least one event that must be there")
	case stages+missing < 2:
		return p.Refuse(s.steps[0].at, "a sequence needs at least two events")
	case stages > MaxStages:
		return p.Refuse(s.keyword, "the sequence has %d events with all runs, at most %d are allowed", stages, MaxStages)
	case s.steps[0].missing && s.steps[last].missing:
		return p.Unsupported(s.steps[last].at, "events that must be missing both before the first and behind the last event are not supported")
	}
	return nil
}

// sequence returns the node of a sequence.
func (b *builder) sequence(s *sequence) (*query.Sequence, *query.Error) {
	node := &query.Sequence{MaxSpan: s.maxSpan, Keyword: s.keyword, At: s.at}
	for i := range s.steps {
		one, err := b.step(s, &s.steps[i])
		if err != nil {
			return nil, err
		}
		node.Steps = append(node.Steps, *one)
	}
	if s.until != nil {
		var err *query.Error
		if node.Until, err = b.step(s, s.until); err != nil {
			return nil, err
		}
	}
	return node, nil
}

func (b *builder) step(s *sequence, one *step) (*query.Step, *query.Error) {
	condition, err := b.event(one.event)
	if err != nil {
		return nil, err
	}
	by := append(append([]query.Key(nil), s.by...), one.by...)
	return &query.Step{Node: condition, By: by, Runs: one.runs, Missing: one.missing, At: one.at}, nil
}
