package eql

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/query"
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
	s := &sequence{keyword: p.token.span}
	if err := p.advance(); err != nil {
		return nil, err
	}
	var err *query.Error
	if s.by, err = p.keys(); err != nil {
		return nil, err
	}
	if p.isKeyword("with") {
		if s.maxSpan, err = p.maxSpan(); err != nil {
			return nil, err
		}
		if p.isKeyword("by") {
			return nil, p.refuse(p.token.span, `"by" stands before "with": sequence by a with maxspan=5m`)
		}
	}
	for p.isOperator("[") || p.isOperator("!") {
		one, err := p.step()
		if err != nil {
			return nil, err
		}
		if s.steps = append(s.steps, *one); len(s.steps) > MaxSteps {
			return nil, p.refuse(one.at, "the sequence has more than %d steps", MaxSteps)
		}
	}
	if len(s.steps) == 0 {
		return nil, p.unexpected(`the first event of the sequence, as in [any where true]`)
	}
	if p.isKeyword("until") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !p.isOperator("[") {
			return nil, p.unexpected(`an event, as in [any where true]`)
		}
		if s.until, err = p.step(); err != nil {
			return nil, err
		}
		if s.until.runsAt.End > 0 {
			return nil, p.refuse(s.until.runsAt, `"with runs" belongs to the steps of the sequence, not to "until"`)
		}
	}
	s.at = span(s.keyword.Start, p.behind)
	return s, p.checkSequence(s)
}

// keys reads "by a, ?b", if it is there.
func (p *parser) keys() (by []query.Key, err *query.Error) {
	if !p.isKeyword("by") {
		return nil, nil
	}
	for more := true; more; {
		if err := p.advance(); err != nil {
			return nil, err
		}
		start, optional := p.token.span.Start, p.isOperator("?")
		if optional {
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
		if t := p.token; t.kind != quoted && (t.kind != name || keywords[t.text]) {
			p.operand = true
			return nil, p.unexpected("the name of a field")
		}
		key, err := p.fieldName(start)
		if err != nil {
			return nil, err
		}
		if p.isOperator("(") {
			return nil, p.refuse(p.token.span, "a key is a field, and no function")
		}
		by = append(by, query.Key{Field: key.Field, Optional: optional})
		more = p.isOperator(",")
	}
	return by, nil
}

// parameter reads "with NAME = N", and returns the number and where it stands.
func (p *parser) parameter(what string) (n int, at query.Span, err *query.Error) {
	at = p.token.span
	if err := p.advance(); err != nil {
		return 0, at, err
	}
	if p.token.kind != name || p.token.text != what {
		return 0, at, p.unexpected(fmt.Sprintf("%q", what))
	}
	if err := p.advance(); err != nil {
		return 0, at, err
	}
	if err := p.expect("="); err != nil {
		return 0, at, err
	}
	if p.token.kind != integer {
		return 0, at, p.unexpected("a whole number")
	}
	at = p.token.span
	n, parseErr := strconv.Atoi(p.token.text)
	if parseErr != nil {
		return 0, at, p.refuse(at, "the number is too large")
	}
	return n, at, p.advance()
}

// units are the units of maxspan.
var units = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}

// maxSpan reads "with maxspan=5m".
func (p *parser) maxSpan() (time.Duration, *query.Error) {
	n, at, err := p.parameter("maxspan")
	if err != nil {
		return 0, err
	}
	if p.token.kind != name || p.isKeyword("by") {
		return 0, p.refuse(span(at.Start, at.End), "maxspan needs a unit: one of ms, s, m, h, d, as in maxspan=5m")
	}
	unit, ok := units[p.token.text]
	at.End = p.token.span.End
	switch {
	case !ok:
		return 0, p.refuse(p.token.span, "unknown unit %q: must be one of ms, s, m, h, d", p.shown(p.token.span))
	case n == 0:
		return 0, p.refuse(at, "maxspan must be more than 0")
	case n > int(math.MaxInt64/unit):
		return 0, p.refuse(at, "maxspan is too long")
	}
	return time.Duration(n) * unit, p.advance()
}

// step reads "[category where condition] by a with runs=2".
func (p *parser) step() (*step, *query.Error) {
	s := &step{runs: 1, at: p.token.span}
	if p.isOperator("!") {
		s.missing = true
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	opened := p.token.span
	err := p.expect("[")
	if err != nil {
		return nil, err
	}
	if s.event, err = p.event(); err != nil {
		return nil, err
	}
	if p.token.kind == nothing {
		return nil, p.refuse(opened, `"[" is never closed, expected "]" before the end of the query`)
	}
	if !p.isOperator("]") {
		return nil, p.unexpected(`an operator, "and", "or" or "]"`)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if s.by, err = p.keys(); err != nil {
		return nil, err
	}
	if p.isKeyword("with") {
		if s.runs, s.runsAt, err = p.parameter("runs"); err != nil {
			return nil, err
		}
		switch {
		case s.runs < 1 || s.runs > MaxRuns:
			return nil, p.refuse(s.runsAt, "runs must be from 1 to %d", MaxRuns)
		case s.missing:
			return nil, p.refuse(s.runsAt, `"with runs" is not allowed behind an event that must be missing`)
		}
	}
	s.at.End = p.behind
	return s, nil
}

// checkSequence refuses what no step by itself shows.
func (p *parser) checkSequence(s *sequence) *query.Error {
	stages, missing := 0, 0
	for i := range s.steps {
		one := &s.steps[i]
		if len(one.by) != len(s.steps[0].by) {
			return p.refuse(one.at, "the steps must have the same number of keys: this one has %d, the first one %d", len(s.by)+len(one.by), len(s.by)+len(s.steps[0].by))
		}
		if one.missing {
			missing++
			if s.maxSpan == 0 {
				return p.refuse(one.at, "events that must be missing need maxspan, as in sequence with maxspan=5m")
			}
			continue
		}
		stages += one.runs
	}
	switch last := len(s.steps) - 1; {
	case s.until != nil && len(s.until.by) != len(s.steps[0].by):
		return p.refuse(s.until.at, `"until" must have as many keys as the steps: it has %d, they have %d`, len(s.by)+len(s.until.by), len(s.by)+len(s.steps[0].by))
	case stages == 0:
		return p.refuse(s.keyword, "a sequence needs at least one event that must be there")
	case stages+missing < 2:
		return p.refuse(s.steps[0].at, "a sequence needs at least two events")
	case stages > MaxStages:
		return p.refuse(s.keyword, "the sequence has %d events with all runs, at most %d are allowed", stages, MaxStages)
	case s.steps[0].missing && s.steps[last].missing:
		return p.unsupported(s.steps[last].at, "events that must be missing both before the first and behind the last event are not supported")
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
