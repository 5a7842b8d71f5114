package alert

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/history"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// FollowUpDataset is event.dataset of follow-up records.
const FollowUpDataset = "fluent_detect.follow_up"

// MakeFollowUp appends the record that tells what the actor of an alert did afterwards.
// Its ID is made of that of the alert.
func (m *Maker) MakeFollowUp(dst []byte, f *history.FollowUp, after history.Calls, now time.Time) (hold.Key, []byte) {
	id := f.ID()
	n := Notice{
		Dataset: FollowUpDataset, Kind: "enrichment", Stream: "logs", Type: "info", Time: now, Message: followUpSentence(m.rule.Name, f, after),
		Fields: []Field{
			{"alert_id", hex.EncodeToString(id[:])},
			{"alert_rule", m.slug},
			{"alert_severity", m.rule.Severity.String()},
			{"rule.id", m.rule.ID},
			{"rule.name", m.rule.Name},
			{"event.start", f.Start()},
			{"event.end", f.End()},
			{"fluent_detect.follow_up.of", hex.EncodeToString(f.Alert[:])},
			{"fluent_detect.context.actor.id", clipped(f.ActorID)},
			{"fluent_detect.context.after.events", after.Events},
			{"fluent_detect.context.after.failures", after.Failures},
			{"fluent_detect.context.after.actions", List(after.Actions)},
			{"fluent_detect.context.after.notable", List(after.Notable)},
		},
	}
	return id, n.Append(dst, m.observer)
}

// followUpSentence is the message of a follow-up record.
func followUpSentence(rule string, f *history.FollowUp, after history.Calls) string {
	text := fmt.Sprintf("%s: after %s the actor made %s in %s", rule, string(oneLine(view(f.Action))), count(after.Events, "call"), period(f.End().Sub(f.Start())))
	if after.Failures > 0 {
		text += fmt.Sprintf(", %d failed", after.Failures)
	}
	text += ": " + strings.Join(after.Actions, ", ")
	if len(after.Notable) > 0 {
		text += "; notable: " + strings.Join(after.Notable, ", ")
	}
	return text
}
