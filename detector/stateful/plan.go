package stateful

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/fluent-detect/fluent-detect/detector/event"
	program "github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	rowtable "github.com/fluent-detect/fluent-detect/detector/table"
)

// Plan finds in events what a rule remembers of them. It never changes.
type Plan struct {
	*rule.Memory
	fields   []*event.Field
	distinct *event.Field // nil: none
	ruleID   string

	Stream *rowtable.Stream // of a rule that aggregates: what it makes of events
	steps  *program.Steps   // of a sequence
	lists  []keyList
}

// NewPlan returns the plan of a rule with a memory.
func NewPlan(r *rule.Rule, s *event.Schema) *Plan {
	p := &Plan{Memory: r.Memory, fields: s.FieldsNamed(r.Memory.Fields), ruleID: r.ID}
	if r.Memory.DistinctOf != "" {
		p.distinct = s.Field(r.Memory.DistinctOf)
	}
	p.addSteps(s)
	return p
}

// Scratch is working memory for plans. The zero value is ready for use.
type Scratch struct {
	lists [][][]byte // the values of each field
	place []int
	now   [][]byte
	text  []byte // of values that are not in the event as they are
	all   [][]byte
	inner *Scratch // nil: none
}

// Release forgets the event.
func (s *Scratch) Release() {
	for _, list := range s.lists {
		clear(list)
	}
	clear(s.now)
	clear(s.all)
	if s.inner != nil {
		s.inner.Release()
	}
}

// Combinations calls do with each combination of one value of each field that the event
// has, in the order of the fields: at most [MaxCombinations], and it returns how many more
// there are. There is none if a field has no value. The values are valid until do returns.
func (p *Plan) Combinations(e *event.Event, s *Scratch, do func(values [][]byte)) (beyond int) {
	return s.combinations(p.fields, nil, e, do)
}

// combinations is Combinations for those fields, of which some may be optional: nil is the
// value of one without any.
func (s *Scratch) combinations(fields []*event.Field, optional []bool, e *event.Event, do func(values [][]byte)) (beyond int) {
	n := len(fields)
	s.open(n)
	s.text = s.text[:0]
	for i, f := range fields {
		s.lists[i] = s.values(e, f, s.lists[i][:0])
		if len(s.lists[i]) == 0 {
			if optional == nil || !optional[i] {
				return 0
			}
			s.lists[i] = append(s.lists[i], nil)
		}
	}
	return s.combine(n, do)
}

// Distinct appends a digest of each value of the field of which the distinct ones are
// counted.
func (p *Plan) Distinct(e *event.Event, s *Scratch, d *Digester, id RuleID, dst []uint64) []uint64 {
	if p.distinct == nil {
		return dst
	}
	s.all = s.values(e, p.distinct, s.all[:0])
	for _, v := range s.all {
		d.Begin(id)
		d.Add(v)
		dst = append(dst, d.Short())
	}
	return dst
}

// values appends the values of a field as texts, each once: an address in the one spelling
// that addresses have, of an object all that is in it.
func (s *Scratch) values(e *event.Event, f *event.Field, dst [][]byte) [][]byte {
	var seen map[string]struct{} // of many
	add := func(text []byte) {
		if seen == nil && len(dst) < 32 {
			for _, other := range dst {
				if bytes.Equal(other, text) {
					return
				}
			}
			dst = append(dst, text)
			return
		}
		if seen == nil {
			seen = make(map[string]struct{}, 2*len(dst))
			for _, other := range dst {
				seen[string(other)] = struct{}{}
			}
		}
		if _, again := seen[string(text)]; !again {
			seen[string(text)] = struct{}{}
			dst = append(dst, text)
		}
	}
	for _, v := range e.Values(f) {
		if v.Kind() == msgpack.Map {
			e.AnyLeaf(v, func(_ []byte, leaf msgpack.Value) bool {
				if text, ok := s.textOf(f.Type, leaf); ok {
					add(text)
				}
				return false
			})
		} else if text, ok := s.textOf(f.Type, v); ok {
			add(text)
		}
	}
	return dst
}

func (s *Scratch) textOf(t event.Type, v msgpack.Value) (text []byte, ok bool) {
	begin := len(s.text)
	switch {
	case t == event.TypeIP:
		a, ok := event.ParseIP(v.Bytes())
		if !ok {
			return nil, false
		}
		s.text = a.Unmap().AppendTo(s.text)
	case v.IsText():
		return v.Bytes(), true
	default:
		s.text = event.AppendScalar(s.text, v)
		if len(s.text) == begin {
			return nil, false
		}
	}
	return s.text[begin:len(s.text):len(s.text)], true
}

// Digest returns what the alerts of the rule about these values have in common, on every
// host: a digest without a secret.
func (p *Plan) Digest(values [][]byte) [sha256.Size]byte {
	var room [512]byte
	b := append(append(room[:0], event.IDScheme...), event.IDSeparator)
	b = append(append(b, p.ruleID...), event.IDSeparator)
	for i, v := range values {
		b = append(append(b, p.Fields[i]...), event.IDSeparator)
		if v == nil {
			b = binary.BigEndian.AppendUint32(b, 1<<32-1)
			continue
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
	}
	return sha256.Sum256(b)
}
