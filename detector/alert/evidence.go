package alert

import (
	"bytes"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// maxEvidence is how many values fluent_detect.evidence has at most.
const maxEvidence = 32

// Prove makes alerts carry what made the program of the rule match, in
// fluent_detect.evidence, where a field does not carry it: because it is truncated, or
// because alerts do not have the field.
func (m *Maker) Prove(p *match.Program) {
	m.program, m.uncarried, m.added = p, false, false
	for _, f := range p.Fields() {
		if !m.carries(f.Name) {
			m.uncarried, m.added = true, m.added || f.MayBeAdded()
		}
	}
}

// carries reports whether alerts have the field, or an object that it is in.
func (m *Maker) carries(name string) bool {
	if _, ok := m.fields.slots[name]; ok {
		return true
	}
	for _, o := range m.fields.objects {
		if strings.HasPrefix(name, o.Name+".") {
			return true
		}
	}
	return false
}

// prove adds the evidence that the other fields do not carry.
func (m *Maker) prove(e *event.Event) {
	d := &m.doc
	if m.program == nil || m.format == FormatBrief || len(d.truncated) == 0 && !(m.uncarried && (m.added || e.IsOpen())) {
		return
	}
	begin := len(m.texts)
	m.program.Evidence(e, func(f *event.Field, v msgpack.Value, parts []match.Part) {
		if len(m.texts)-begin == maxEvidence || v.Kind() == msgpack.Map || !m.isMissing(f.Name) {
			return
		}
		at := len(d.text)
		d.text = append(append(d.text, f.Name...), ": "...)
		if v.IsText() {
			d.text = appendExcerpt(d.text, v.Bytes(), parts)
		} else {
			d.text = event.AppendScalar(d.text, v)
		}
		text := d.text[at:len(d.text):len(d.text)]
		for _, other := range m.texts[begin:] {
			if bytes.Equal(other, text) {
				return
			}
		}
		m.texts = append(m.texts, text)
	})
	d.setTexts(slotEvidence, m.texts[begin:len(m.texts):len(m.texts)])
}

// isMissing reports whether the alert does not carry all of the field.
func (m *Maker) isMissing(name string) bool {
	for _, t := range m.doc.truncated {
		if below, ok := strings.CutPrefix(name, t); ok && (below == "" || below[0] == '.') {
			return true
		}
	}
	return !m.carries(name)
}
