package stateful

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// CorrelationPlan finds in matches of rules what a correlation remembers of them. It never
// changes.
type CorrelationPlan struct {
	*rule.Memory
	ruleID string
	inputs []ruleset.Input
}

// NewCorrelationPlan returns the plan of a correlation that is linked to its rules.
func NewCorrelationPlan(r *ruleset.Rule) *CorrelationPlan {
	return &CorrelationPlan{Memory: r.Memory, ruleID: r.ID, inputs: r.Inputs}
}

// Feed says which correlation has to know of the matches of a rule.
type Feed struct {
	Rule int // the place of the correlation
	Step int // the place of the rule in it
}

// Feeds returns by the place of each rule which correlations have to know of its matches.
func Feeds(rules []*ruleset.Rule) [][]Feed {
	places := make(map[*ruleset.Rule]int, len(rules))
	for i, r := range rules {
		places[r] = i
	}
	feeds := make([][]Feed, len(rules))
	for i, r := range rules {
		for step, input := range r.Inputs {
			if at, ok := places[input.Rule]; ok {
				feeds[at] = append(feeds[at], Feed{i, step})
			}
		}
	}
	return feeds
}

// Groups calls do with each combination of one value of each name in group-by that a match
// of the rule at that step has: nil of one that has none. The group is that of the match's
// alert, if the rule is a correlation itself. There are at most [MaxCombinations], and it
// returns how many more. The values are valid until do returns.
func (p *CorrelationPlan) Groups(step int, e *event.Event, group [][]byte, s *Scratch, do func(values [][]byte)) (beyond int) {
	fields := p.inputs[step].Group
	s.text = s.text[:0]
	s.open(len(fields))
	for i, f := range fields {
		if s.lists[i] = s.valuesOf(e, f, group, s.lists[i][:0]); len(s.lists[i]) == 0 {
			s.lists[i] = append(s.lists[i], nil)
		}
	}
	return s.combine(len(fields), do)
}

// Values appends the values of a match of the rule at that step that the correlation counts,
// as digests, or computes with, as the bits of floating-point numbers.
func (p *CorrelationPlan) Values(step int, e *event.Event, group [][]byte, s *Scratch, d *Digester, id RuleID, dst []uint64) []uint64 {
	fields := p.inputs[step].Values
	if len(fields) == 0 {
		return dst
	}
	s.text = s.text[:0]
	s.open(len(fields))
	for i, f := range fields {
		if s.lists[i] = s.valuesOf(e, f, group, s.lists[i][:0]); len(s.lists[i]) == 0 {
			return dst
		}
	}
	if p.Correlation.Type.IsNumeric() {
		for _, text := range s.lists[0] {
			if x, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64); err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
				dst = append(dst, math.Float64bits(x))
			}
		}
		return dst
	}
	s.combine(len(fields), func(values [][]byte) {
		d.Begin(id)
		for _, v := range values {
			d.Add(v)
		}
		dst = append(dst, d.Short())
	})
	return dst
}

// AddGroup adds the values of a group, nil for one that is missing.
func (d *Digester) AddGroup(values [][]byte) {
	for _, v := range values {
		if v == nil {
			d.buf = binary.BigEndian.AppendUint32(d.buf, math.MaxUint32)
		} else {
			d.Add(v)
		}
	}
}

// Inner returns the scratch for what is looked up while this one is in use.
func (s *Scratch) Inner() *Scratch {
	if s.inner == nil {
		s.inner = new(Scratch)
	}
	return s.inner
}

// open makes room for so many lists of values.
func (s *Scratch) open(n int) {
	for len(s.lists) < n {
		s.lists = append(s.lists, nil)
	}
}

// combine calls do with the combinations of one value of each of the first n lists, none of
// which is empty: at most [MaxCombinations], and it returns how many more there are.
func (s *Scratch) combine(n int, do func(values [][]byte)) (beyond int) {
	s.place, s.now = s.place[:0], s.now[:0]
	total := 1
	for i := range n {
		total = min(total*len(s.lists[i]), 1<<40)
		s.place, s.now = append(s.place, 0), append(s.now, s.lists[i][0])
	}
	for range MaxCombinations {
		do(s.now)
		i := n - 1
		for ; i >= 0; i-- {
			if s.place[i]++; s.place[i] < len(s.lists[i]) {
				s.now[i] = s.lists[i][s.place[i]]
				break
			}
			s.place[i], s.now[i] = 0, s.lists[i][0]
		}
		if i < 0 {
			break
		}
	}
	return max(total-MaxCombinations, 0)
}

// valuesOf appends the values of a name in a match as texts, each once: of an object its
// compact JSON.
func (s *Scratch) valuesOf(e *event.Event, f ruleset.InputField, group [][]byte, dst [][]byte) [][]byte {
	if f.Place > 0 && f.Place <= len(group) {
		if v := group[f.Place-1]; v != nil {
			dst = append(dst, v)
		}
		return dst
	}
	if f.Field == nil {
		return dst
	}
	for _, v := range e.Values(f.Field) {
		begin := len(s.text)
		var text []byte
		switch kind := v.Kind(); {
		case v.IsText():
			text = v.Bytes()
		case kind == msgpack.Map, kind == msgpack.Array:
			s.text = jsontext.AppendJSON(s.text, v)
			text = s.text[begin:len(s.text):len(s.text)]
		default:
			if s.text = event.AppendScalar(s.text, v); len(s.text) == begin {
				continue
			}
			text = s.text[begin:len(s.text):len(s.text)]
		}
		if text == nil {
			text = []byte{}
		}
		dst = append(dst, text)
	}
	if len(dst) > 1 {
		slices.SortFunc(dst, bytes.Compare)
		dst = slices.CompactFunc(dst, bytes.Equal)
	}
	return dst
}

// Digest returns what the alerts of the correlation about these values have in common, on
// every host: a digest without a secret. Those of a temporal type are about all events in
// the window, the others about the group.
func (p *CorrelationPlan) Digest(values [][]byte, w *Window) [sha256.Size]byte {
	var room [512]byte
	b := append(append(room[:0], event.IDScheme...), event.IDSeparator)
	b = append(append(b, p.ruleID...), event.IDSeparator)
	for i, v := range values {
		b = append(append(b, p.Fields[i]...), event.IDSeparator)
		if v == nil {
			b = binary.BigEndian.AppendUint32(b, math.MaxUint32)
			continue
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
	}
	events := slices.Sorted(slices.Values(w.Events))
	for _, one := range events {
		b = binary.BigEndian.AppendUint64(append(b, event.IDSeparator), one)
	}
	return sha256.Sum256(b)
}
