package alert

import (
	"encoding/hex"
	"hash"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// ID identifies an alert.
type ID struct {
	Event hold.Key // the identity of its event: see [event.Schema.Identify]
	Alert hold.Key // of the rule and the event: see [event.AlertID]
}

// IDOf returns the ID of the alert that a rule makes of an event.
func (f *Fields) IDOf(ruleID string, e *event.Event) ID {
	identity := f.schema.Identify(e)
	return ID{Event: identity, Alert: event.AlertID(ruleID, identity)}
}

func write(h hash.Hash, part []byte) {
	_, _ = h.Write(part)
	_, _ = h.Write([]byte{event.IDSeparator})
}

// UUID returns the id as alerts show it, in hex.
func UUID(k hold.Key) string {
	var text [2 * len(k)]byte
	hex.Encode(text[:], k[:])
	return string(text[:])
}
