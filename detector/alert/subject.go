package alert

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// Subject returns what suppression, caps and summaries have to know of an event.
// Nothing in it aliases the event.
func (f *Fields) Subject(s *event.Subject) *hold.Subject {
	attributes := f.sources[s.Source].attributes
	h := &hold.Subject{Time: s.Time, Principal: string(s.Principal), Attributes: make([]hold.Attribute, 0, len(attributes))}
	for i, a := range attributes {
		for _, value := range s.Values[i] {
			h.Attributes = append(h.Attributes, hold.Attribute{Name: a.Name, Value: attributeValue(value), Novel: a.Novel, Summarized: a.Summarized})
		}
	}
	return h
}

// attributeValue returns the value fit to be listed in a summary. Values that are too
// long for that end with a digest, so that those that begin alike stay different.
func attributeValue(value []byte) string {
	text := string(oneLine(value))
	if len(value) > maxReasonPart {
		sum := sha256.Sum256(value)
		text += "…" + hex.EncodeToString(sum[:8])
	}
	return text
}
