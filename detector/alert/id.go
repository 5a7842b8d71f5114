package alert

import (
	"encoding/hex"
	"hash"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// ID returns the id of the alert that a rule makes of an event: see [event.ID].
func ID(ruleID string, e *event.Event, identity []*event.Field) hold.Key {
	return event.ID(ruleID, e, identity)
}

func write(h hash.Hash, part []byte) {
	_, _ = h.Write(part)
	_, _ = h.Write([]byte{event.IDSeparator})
}

// UUID returns the id as alerts show it, in hex.
func UUID(k hold.Key) string { return hex.EncodeToString(k[:]) }
