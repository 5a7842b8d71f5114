package alert

import (
	"unicode"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// appendReason appends the alert's sentence: the rule's template filled in, or
// one that fits every rule.
func (m *Maker) appendReason(dst []byte, e *event.Event, s *event.Subject, memory *Memory) []byte {
	if t := m.rule.Extension.Reason; !t.IsZero() {
		dst, _ = appendTemplate(dst, t.Parts, func(field string) []byte {
			return oneLine(m.text(e, s, field))
		})
		return dst
	}
	d := &m.doc
	action := d.first(slotEventAction)
	if len(action) == 0 {
		action = view(m.rule.Name)
	}
	if memory != nil {
		return m.appendMemoryReason(dst, action, s, memory)
	}
	dst = append(dst, oneLine(action)...)
	if b := d.first(slotCloudServiceName); len(b) > 0 {
		dst = append(append(append(dst, " ("...), oneLine(b)...), ')')
	}
	dst = appendPart(dst, " on ", m.firstObject(e))
	dst = appendPart(dst, " by ", s.Actor)
	dst = appendPart(dst, " from ", d.first(slotSourceAddress))
	if string(d.first(slotEventOutcome)) != "failure" {
		return dst
	}
	dst = append(dst, " failed"...)
	for _, why := range m.of.failure {
		if text := d.first(why); len(text) > 0 {
			return appendPart(dst, ": ", text)
		}
	}
	return dst
}

// firstObject returns the first text of what the event is about.
func (m *Maker) firstObject(e *event.Event) []byte {
	if v := m.view; !v.searched {
		v.object, v.searched = m.findObject(e), true
	}
	return m.view.object
}

func (m *Maker) findObject(e *event.Event) []byte {
	if !e.IsOpen() { // these fields are looked up by their names
		return e.TextOf(m.of.objectSet)
	}
	for _, f := range m.of.object {
		if b := e.First(f).Bytes(); len(b) > 0 {
			return b
		}
	}
	return nil
}

// appendPart appends a part of a sentence, unless there is nothing to say.
func appendPart(dst []byte, before string, text []byte) []byte {
	if len(text) == 0 {
		return dst
	}
	return append(append(dst, before...), oneLine(text)...)
}

// text returns the text of a field of the alert, or else of the event.
func (m *Maker) text(e *event.Event, s *event.Subject, name string) []byte {
	switch name {
	case "user.name":
		return s.Actor
	case "@timestamp": // in a rule's words that of the event
		name = "event.start"
	}
	if at, ok := m.fields.slots[name]; ok && (m.format != FormatBrief || m.doc.values[at].kind != absent) {
		return m.doc.asText(at)
	}
	return m.doc.textOf(e.First(m.fields.schema.Field(name)))
}

// maxReasonPart is how many bytes of one field a reason carries.
const maxReasonPart = 256

// oneLine returns the text fit to stand in a sentence that is shown on a
// terminal: short, and with a question mark for everything that is not there to
// be read, control characters, marks that turn the direction of writing, bytes
// that are no UTF-8.
func oneLine(b []byte) []byte {
	b = cut(b, maxReasonPart)
	for i := 0; i < len(b); {
		if ' ' <= b[i] && b[i] < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if isPlain(r, size) {
			i += size
			continue
		}
		line := append([]byte(nil), b[:i]...)
		for i < len(b) {
			r, size := utf8.DecodeRune(b[i:])
			if isPlain(r, size) {
				line = append(line, b[i:i+size]...)
			} else {
				line = append(line, '?')
			}
			i += size
		}
		return line
	}
	return b
}

func isPlain(r rune, size int) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7f
	}
	if r == utf8.RuneError && size == 1 {
		return false
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// appendTemplate appends the parts with the values of their fields, and says
// whether every field had one. A group without all of its values is left out.
func appendTemplate(dst []byte, parts []rule.Part, value func(field string) []byte) ([]byte, bool) {
	complete := true
	for _, p := range parts {
		switch {
		case p.Field != "":
			v := value(p.Field)
			complete = complete && len(v) > 0
			dst = append(dst, v...)
		case p.Group != nil:
			begin := len(dst)
			var whole bool
			if dst, whole = appendTemplate(dst, p.Group, value); !whole {
				dst = dst[:begin]
			}
		default:
			dst = append(dst, p.Literal...)
		}
	}
	return dst, complete
}
