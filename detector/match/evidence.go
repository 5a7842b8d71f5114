package match

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Part is a part of a text: the bytes from Start up to, not including, End.
type Part struct{ Start, End int }

// maxEvidence is the maximum number of values of one field that a condition gives as
// evidence.
const maxEvidence = 16

// Evidence calls do with the values that make the event match, for each condition that
// contributes to it: with the parts of a text that suffice for the condition, in their
// order, or none if it takes the whole value. Of a field with very many such values it
// gives the first. Objects of nested fields and fields that only the document has are
// left out. A value and its parts are valid until do returns.
func (p *Program) Evidence(e *event.Event, do func(f *event.Field, v msgpack.Value, parts []Part)) {
	p.evidence(0, e, true, do)
}

// evidence is Evidence for a node that has that value.
func (p *Program) evidence(i int32, e *event.Event, is bool, do func(*event.Field, msgpack.Value, []Part)) {
	n := &p.nodes[i]
	switch n.op {
	case opNot:
		p.evidence(n.child, e, !is, do)
	case opAnd, opOr:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if p.eval(c, e, msgpack.Value{}) == is {
				p.evidence(c, e, is, do)
			}
		}
	case opCondition:
		if !is {
			return // it has no value that the condition asks for
		}
		tests := p.conditions[n.child].tests
		for i := range tests {
			t, count := &tests[i], 0
			add := func(v msgpack.Value) bool {
				if t.match.match(v) {
					do(t.field, v, locate(t.match, v, nil))
					count++
				}
				return count == maxEvidence
			}
			e.Any(t.field, func(v msgpack.Value) bool {
				if v.Kind() == msgpack.Map { // a flattened field of a document
					return e.AnyLeaf(v, func(_ []byte, leaf msgpack.Value) bool { return add(leaf) })
				}
				return add(v)
			})
		}
	}
}

// locator is a matcher for which parts of a text suffice.
type locator interface {
	matcher
	// locate appends the parts of a text that matches, in their order.
	locate(text []byte, parts []Part) []Part
}

// locate appends the parts of a value that matches, in their order, or nothing if the
// whole value counts.
func locate(m matcher, v msgpack.Value, parts []Part) []Part {
	switch m := m.(type) {
	case union:
		for _, one := range m {
			if one.match(v) {
				return locate(one, v, parts)
			}
		}
	case anyLeaf: // the value is a leaf
		return locate(m.matcher, v, parts)
	case locator:
		if v.IsText() {
			return m.locate(v.Bytes(), parts)
		}
	}
	return parts
}

func (p pattern) locate(text []byte, parts []Part) []Part {
	parts = appendPart(parts, 0, len(p.first))
	at := len(p.first)
	for _, run := range p.middle {
		at += bytes.Index(text[at:len(text)-len(p.last)], run)
		parts = appendPart(parts, at, at+len(run))
		at += len(run)
	}
	return appendPart(parts, len(text)-len(p.last), len(text))
}

// A text that is equal to one in the query is needed whole.

func (m exact) locate(text []byte, parts []Part) []Part { return appendPart(parts, 0, len(text)) }

func (m textSet) locate(text []byte, parts []Part) []Part { return appendPart(parts, 0, len(text)) }

func appendPart(parts []Part, start, end int) []Part {
	if start == end {
		return parts
	}
	return append(parts, Part{start, end})
}

func (m anyWord) locate(text []byte, parts []Part) []Part {
	return locateWord(text, parts, func(word []byte) bool { _, ok := m[string(word)]; return ok })
}

func (m wordPattern) locate(text []byte, parts []Part) []Part {
	return locateWord(text, parts, (*pattern)(&m).fits)
}

func (m wordOrder) locate(text []byte, parts []Part) []Part {
	return locateWord(text, parts, func(word []byte) bool { return satisfies(m.op, bytes.Compare(word, m.text)) })
}

// locateWord appends the first word that fits, with what is between it and the word
// before.
func locateWord(text []byte, parts []Part, fits func(word []byte) bool) []Part {
	var buf [wordBuffer]byte
	start := 0
	for word, end, ok := nextWord(buf[:0], text, 0); ok; word, end, ok = nextWord(buf[:0], text, end) {
		if fits(word) {
			return append(parts, Part{start, end})
		}
		start = end
	}
	return parts
}

func (m phrase) locate(text []byte, parts []Part) []Part {
	var buf [wordBuffer]byte
	ends := []int{0} // of the words before, at most as many as the phrase has
	found := 0
	for word, end, ok := nextWord(buf[:0], text, 0); ok; word, end, ok = nextWord(buf[:0], text, end) {
		for found > 0 && m.words[found] != string(word) {
			found = m.prefix[found]
		}
		if m.words[found] == string(word) {
			found++
		}
		if found == len(m.words) {
			return append(parts, Part{ends[0], end})
		}
		if ends = append(ends, end); len(ends) > len(m.words) {
			ends = ends[1:]
		}
	}
	return parts
}
