package alert

import (
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
)

// Name makes alerts carry the names of the parts that matched, and the values of fields
// that the rule wants to be looked at.
func (m *Maker) Name(parts []match.Named, fields []*event.Field) { m.parts, m.asked = parts, fields }

// name adds what Name asks for.
func (m *Maker) name(e *event.Event) {
	d := &m.doc
	begin := len(m.texts)
	for i := range m.parts {
		if p := m.parts[i].Program; p == nil || p.Match(e) {
			m.texts = append(m.texts, view(m.parts[i].Name))
		}
	}
	d.setTexts(slotRuleSelections, m.texts[begin:len(m.texts):len(m.texts)])
	if m.format == FormatBrief {
		return
	}
	begin = len(m.texts)
	for _, f := range m.asked {
		for _, v := range e.Values(f) {
			if len(m.texts)-begin == maxEvidence {
				break
			}
			at := len(d.text)
			d.text = append(append(d.text, f.Name...), ": "...)
			if v.IsText() {
				d.text = append(d.text, cut(v.Bytes(), maxReasonPart)...)
			} else {
				d.text = event.AppendScalar(d.text, v)
			}
			m.texts = append(m.texts, d.text[at:len(d.text):len(d.text)])
		}
	}
	d.setTexts(slotRuleFields, m.texts[begin:len(m.texts):len(m.texts)])
}

// Credit adds authors that alerts name: those of the rules that a correlation refers to.
func (m *Maker) Credit(authors []string) {
	for _, a := range authors {
		if !slices.Contains(m.authors, a) {
			m.authors = append(m.authors, a)
		}
	}
	m.credit = strings.Join(m.authors, ", ")
}

// appendAuthor appends the author of a Sigma rule to a sentence: the licence of rules that
// are shared wants him in every message about a match.
func (m *Maker) appendAuthor(dst []byte) []byte {
	if m.credit == "" {
		return dst
	}
	dst = append(dst, " (rule by "...)
	dst = append(dst, oneLine(view(m.credit))...)
	return append(dst, ')')
}
