package alert

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// appendReason appends the alert's sentence: the rule's template filled in, or
// one that fits every rule.
func (m *Maker) appendReason(dst []byte, e *cloudtrail.Event, s *subject) []byte {
	if t := m.rule.Extension.Reason; !t.IsZero() {
		dst, _ = appendTemplate(dst, t.Parts, func(field string) []byte {
			return oneLine(s.text(e, field))
		})
		return dst
	}
	dst = append(dst, oneLine(e.First(fieldAction).Bytes())...)
	if len(dst) == 0 {
		dst = append(dst, m.rule.Name...)
	}
	if len(s.actor) > 0 {
		dst = append(dst, " by "...)
		dst = append(dst, oneLine(s.actor)...)
	}
	if b := e.First(fieldAddress).Bytes(); len(b) > 0 {
		dst = append(dst, " from "...)
		dst = append(dst, oneLine(b)...)
	}
	return dst
}

// text returns the text of a field of the alert.
func (s *subject) text(e *cloudtrail.Event, name string) []byte {
	switch name {
	case "user.name":
		return s.actor
	case "cloud.target.instance.id":
		return s.instance
	case "user.target.name":
		if len(s.osUser) > 0 {
			return s.osUser
		}
	case "fluent_detect.key.fingerprint":
		return []byte(s.key.Fingerprint)
	}
	return e.First(cloudtrail.FieldNamed(name)).Bytes()
}

// maxReasonPart is how many bytes of one field a reason carries.
const maxReasonPart = 256

// oneLine returns the text fit to stand in a sentence: short, and with a
// question mark for every control character.
func oneLine(b []byte) []byte {
	b = cut(b, maxReasonPart)
	for i, c := range b {
		if c >= ' ' && c != 0x7f {
			continue
		}
		clean := slices.Clone(b)
		for ; i < len(clean); i++ {
			if clean[i] < ' ' || clean[i] == 0x7f {
				clean[i] = '?'
			}
		}
		return clean
	}
	return b
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
