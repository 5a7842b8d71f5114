package ecs

import (
	"encoding/hex"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// The fields of an alert by which isAlert knows it.
var (
	alertIDs    = event.DocumentField("alert_id", event.TypeKeyword)
	alertRules  = event.DocumentField("alert_rule", event.TypeKeyword)
	ruleIDs     = event.DocumentField("rule.id", event.TypeKeyword)
	modules     = event.DocumentField("event.module", event.TypeKeyword)
	ruleDigests = event.DocumentField("fluent_detect.rule.sha256", event.TypeKeyword)
	integrity   = event.DocumentField("fluent_detect.integrity", event.TypeKeyword)
)

// isAlert reports whether a document in ECS form is an alert of a detector, of
// this one or of another. An alert has an id that follows from its rule and from
// what identifies its event, which the alert has too: a document that only says
// that it is an alert has not. The id of an event without an identity follows
// from the whole event; such an alert says so.
func isAlert(e *event.Event) bool {
	if text(e, modules) != "fluent_detect" || text(e, alertRules) == "" || text(e, ruleDigests) == "" {
		return false
	}
	id, rule := text(e, alertIDs), text(e, ruleIDs)
	if len(id) != hex.EncodedLen(32) || rule == "" {
		return false
	}
	identity := e.Identity()
	if len(e.Values(identity[len(identity)-1])) == 0 {
		for _, v := range e.Values(integrity) {
			if string(v.Bytes()) == "missing_event_id" {
				return true
			}
		}
		return false
	}
	want := event.ID(rule, e, identity)
	return strings.EqualFold(id, hex.EncodeToString(want[:]))
}

// text returns the only value of a field, "" if it has none or several.
func text(e *event.Event, f *event.Field) string {
	if values := e.Values(f); len(values) == 1 {
		return string(values[0].Bytes())
	}
	return ""
}
