package alert

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// Subject returns what suppression, caps and summaries have to know of an event.
// Nothing in it aliases the event.
func (f *Fields) Subject(s *event.Subject) *hold.Subject {
	attributes := f.sources[s.Source].attributes
	h := &hold.Subject{Time: s.Time, Principal: string(s.Principal), Attributes: make([]hold.Attribute, len(attributes))}
	for i, a := range attributes {
		h.Attributes[i] = hold.Attribute{Name: a.Name, Novel: a.Novel, Summarized: a.Summarized}
		if len(s.Values[i]) > 0 {
			h.Attributes[i].Value = string(oneLine(s.Values[i][0]))
		}
	}
	return h
}
