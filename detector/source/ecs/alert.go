package ecs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// The fields of an alert by which isAlert knows it.
var (
	alertIDs    = event.DocumentField("alert_id", event.TypeKeyword)
	alertRules  = event.DocumentField("alert_rule", event.TypeKeyword)
	ruleIDs     = event.DocumentField("rule.id", event.TypeKeyword)
	modules     = event.DocumentField("event.module", event.TypeKeyword)
	ruleDigests = event.DocumentField("fluent_detect.rule.sha256", event.TypeKeyword)
	identities  = event.DocumentField("fluent_detect.event.sha256", event.TypeKeyword)
	kinds       = event.DocumentField("fluent_detect.memory.kind", event.TypeKeyword)
	memories    = event.DocumentField("fluent_detect.memory.sha256", event.TypeKeyword)
)

// isAlert reports whether a document in ECS form is an alert of a detector, of
// this one or of another. An alert has an id that follows from its rule and from
// the identity of its event, and for a rule with a memory from a digest of what it is
// about, all of which the alert has too: a document that only says that it is an alert
// has not.
func isAlert(e *event.Event) bool {
	if text(e, modules) != "fluent_detect" || text(e, alertRules) == "" || text(e, ruleDigests) == "" {
		return false
	}
	rule := text(e, ruleIDs)
	id, err := hex.DecodeString(text(e, alertIDs))
	identity, err2 := hex.DecodeString(text(e, identities))
	if rule == "" || err != nil || err2 != nil || len(identity) != sha256.Size {
		return false
	}
	want := event.AlertID(rule, [sha256.Size]byte(identity))
	if digest := text(e, memories); digest != "" {
		values, err := hex.DecodeString(digest)
		if err != nil || len(values) != sha256.Size {
			return false
		}
		if text(e, kinds) == "aggregate" {
			want = event.GroupAlertID(rule, [sha256.Size]byte(values))
		} else {
			want = event.MemoryAlertID(rule, [sha256.Size]byte(identity), [sha256.Size]byte(values))
		}
	}
	return bytes.Equal(id, want[:])
}

// text returns the only value of a field, "" if it has none or several.
func text(e *event.Event, f *event.Field) string {
	if values := e.Values(f); len(values) == 1 {
		return string(values[0].Bytes())
	}
	return ""
}
