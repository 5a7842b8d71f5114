package detector

import (
	"crypto/sha256"
	"hash"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/detector/table"
)

// activeRule is a rule with what decides between its match and its alert.
type activeRule struct {
	*alert.Maker
	plan        *stateful.Plan            // nil: the rule is about one event, or a correlation
	correlation *stateful.CorrelationPlan // nil: the rule is not a correlation
	inputs      []string                  // the names of the rules of a correlation
	feeds       []stateful.Feed           // correlations that have to know of the matches
	silent      bool                      // it makes no alerts by itself
	mark        uint16                    // how the history names it
	exceptions  []*ruleset.Exception
	warned      []bool // by exception: that it has expired
	dedupBy     []*event.Field
	suppressBy  []*event.Field
	stream      *table.Stream // of a rule in ES|QL
	outcomes    *stats.Outcomes
	suppressFor time.Duration
}

func newActiveRule(r *ruleset.Rule, c Config, o alert.Observer, fields *alert.Fields, s *event.Schema) activeRule {
	a := activeRule{
		Maker:       alert.NewMaker(r.Rule, o, c.Format, fields),
		mark:        markOf(r.ID),
		exceptions:  r.Exceptions,
		warned:      make([]bool, len(r.Exceptions)),
		dedupBy:     s.FieldsNamed(r.Extension.DedupBy),
		suppressBy:  s.FieldsNamed(r.Extension.SuppressBy),
		suppressFor: r.Extension.SuppressFor,
		stream:      r.Stream,
	}
	a.Prove(r.Program)
	switch {
	case r.IsCorrelation():
		a.correlation = stateful.NewCorrelationPlan(r)
		for _, input := range r.Inputs {
			a.inputs = append(a.inputs, input.Rule.Name)
		}
		a.credit(r)
	case r.Memory != nil:
		a.plan = stateful.NewPlan(r.Rule, s).WithSteps(&r.Steps)
		a.plan.Stream = r.Stream
	}
	a.silent = r.Silent
	a.Name(r.Parts, r.Asked)
	if len(a.suppressBy) == 0 {
		a.suppressBy, a.suppressFor = s.FieldsNamed(c.SuppressBy), c.SuppressFor
	}
	if a.suppressFor == 0 {
		a.suppressFor = c.SuppressFor
	}
	if a.suppressFor == 0 {
		a.suppressFor = r.IntervalDuration // as Elastic's "per rule execution"
	}
	a.suppressFor = min(a.suppressFor, maxSuppression)
	return a
}

// credit makes alerts of a correlation name the authors of the rules that it is about.
func (a *activeRule) credit(r *ruleset.Rule) {
	for _, input := range r.Inputs {
		a.Credit(input.Rule.Author)
		a.credit(input.Rule)
	}
}

// excepted reports whether an exception of the rule covers the event. An expired
// exception does not; the first event that it would have covered is reported.
func (a *activeRule) excepted(e *event.Event, now time.Time, warn func(string)) bool {
	for i, x := range a.exceptions {
		expired := x.Expired(now)
		if expired && a.warned[i] || !x.Program.Match(e) {
			continue
		}
		if !expired {
			return true
		}
		a.warned[i] = true
		warn(x.ExpiredWarning() + "; an event that it covered alerts")
	}
	return false
}

// mayWarn reports whether excepted may have to warn of the event: then it must not be
// called without the state locked.
func (a *activeRule) mayWarn(now time.Time) bool {
	return slices.ContainsFunc(a.exceptions, func(x *ruleset.Exception) bool { return x.Expired(now) })
}

// dedupKey returns the key by which events are duplicates: the ID of the alert, or
// a digest of the rule's own fields if the event has all of them.
func (a *activeRule) dedupKey(id hold.Key, e *event.Event) hold.Key {
	if key, ok := a.digest("dedup", a.dedupBy, e); ok {
		return key
	}
	return id
}

// digest returns a hash of the values of fields, and false if there are no fields or
// the event lacks one: a missing value equals no other.
func (a *activeRule) digest(purpose string, fields []*event.Field, e *event.Event) (key [32]byte, ok bool) {
	if len(fields) == 0 {
		return key, false
	}
	h := sha256.New()
	writePart(h, []byte(purpose))
	writePart(h, []byte(a.Rule().ID))
	for _, f := range fields {
		texts := textsOf(e, f)
		if len(texts) == 0 {
			return key, false
		}
		for _, t := range texts {
			writePart(h, t)
		}
		_, _ = h.Write([]byte{0x1e})
	}
	h.Sum(key[:0])
	return key, true
}

// columns returns the columns that the query of the rule makes, of an event or of the row of
// a group.
func (a *activeRule) columns(e *event.Event, memory *alert.Memory) []table.Column {
	switch {
	case a.stream == nil:
		return nil
	case memory != nil:
		return memory.Verdict.Group.Columns
	}
	return a.stream.Made(e)
}

// suppressed returns what alerts of the rule have in common that are suppressed after the
// first, and "field: value" for each of its fields; false if there is nothing like it. Of a
// rule in ES|QL the fields are columns first; without STATS those of the event too. A
// missing value is one if the rule says so.
func (a *activeRule) suppressed(e *event.Event, columns []table.Column) (key [32]byte, by func() []string, ok bool) {
	if a.stream == nil {
		if key, ok = a.digest("suppress", a.suppressBy, e); !ok {
			return key, nil, false
		}
		return key, func() []string { return a.by(e) }, ok
	}
	ofRule := len(a.Rule().Extension.SuppressBy) > 0
	h := sha256.New()
	writePart(h, []byte("suppress"))
	writePart(h, []byte(a.Rule().ID))
	var list []string
	for _, f := range a.suppressBy {
		var texts [][]byte
		i := slices.IndexFunc(columns, func(c table.Column) bool { return c.Name == f.Name })
		switch {
		case i >= 0:
			texts = textsIn(columns[i].Value)
		case !ofRule || a.stream.Class == table.PerEvent:
			texts = textsOf(e, f)
		}
		if len(texts) == 0 && !(ofRule && a.Rule().Extension.SuppressMissing) {
			return key, nil, false
		}
		line := f.Name + ":"
		for _, t := range texts {
			writePart(h, t)
			line += " " + string(t[:min(len(t), 256)])
		}
		list = append(list, line)
		_, _ = h.Write([]byte{0x1e})
	}
	h.Sum(key[:0])
	return key, func() []string { return list }, len(list) > 0
}

// textsIn returns the values of a column as texts, sorted.
func textsIn(v expr.Value) (texts [][]byte) {
	for _, member := range v.Members() {
		texts = append(texts, member.AppendText(nil))
	}
	slices.SortFunc(texts, slices.Compare[[]byte])
	return texts
}

func writePart(h hash.Hash, part []byte) {
	_, _ = h.Write(part)
	_, _ = h.Write([]byte{0x1f})
}

// textsOf returns the values of a field as texts, sorted.
func textsOf(e *event.Event, f *event.Field) [][]byte {
	var texts [][]byte
	for _, v := range e.Values(f) {
		if v.IsText() {
			texts = append(texts, v.Bytes())
		} else {
			texts = append(texts, jsontext.AppendJSON(nil, v))
		}
	}
	slices.SortFunc(texts, slices.Compare[[]byte])
	return texts
}

// by returns "user.name: alice" for each field of suppression.
func (a *activeRule) by(e *event.Event) []string {
	var list []string
	for _, f := range a.suppressBy {
		line := f.Name + ":"
		for _, t := range textsOf(e, f) {
			line += " " + string(t[:min(len(t), 256)])
		}
		list = append(list, line)
	}
	return list
}
