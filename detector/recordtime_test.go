package detector

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// The time of a record stands for that of an event without one, which is marked all the
// same. It does not become part of the identity of the event: the record of a repeat may
// have another.
func TestRecordTime(t *testing.T) {
	at := time.Date(2026, 5, 4, 10, 11, 12, 0, time.UTC)
	without := strings.Replace(push(1), `"eventTime":"2026-03-02T09:00:00Z",`, "", 1)
	const none = "<nil>"
	for _, c := range []struct {
		name, event      string
		at               time.Time
		ignore           bool
		start, integrity string
		last             time.Time
	}{
		{"no time", without, at, false, "2026-05-04T10:11:12.000Z", "[missing_event_time]", at},
		{"an empty time", strings.Replace(push(1), "2026-03-02T09:00:00Z", "", 1), at, false, "2026-05-04T10:11:12.000Z", "[missing_event_time]", at},
		{"an event in a list", `{"Records":[` + without + `]}`, at, false, "2026-05-04T10:11:12.000Z", "[missing_event_time]", at},
		{"a time", push(1), at, false, "2026-03-02T09:00:00.000Z", "[]", time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)},
		{"a time that is none", strings.Replace(push(1), "2026-03-02", "yesterday", 1), at, false, none, "[missing_event_time]", time.Time{}},
		{"a record without a time", without, time.Unix(0, 0), false, none, "[missing_event_time]", time.Time{}},
		{"the time of a replay", without, at, true, none, "[missing_event_time]", time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.engine.Close(false)
			b.openWith(func(config *Config) { config.IgnoreRecordTime = c.ignore })
			scan := func(at time.Time) {
				chunk := msgpacktest.FromJSON(t, c.event, msgpacktest.At(msgpacktest.Time{Sec: uint32(at.Unix())}))
				if _, err := b.engine.Scan("cloudtrail", chunk); err != nil {
					t.Fatal(err)
				}
			}
			scan(c.at)
			if last := b.engine.Report().LastEvent; !last.Equal(c.last) {
				t.Errorf("the last event was at %v, want %v", last, c.last)
			}
			a := b.wantAlerts(1)[0]
			event, _ := a["event"].(map[string]any)
			own, _ := a["fluent_detect"].(map[string]any)
			if start, integrity := fmt.Sprint(event["start"]), fmt.Sprint(own["integrity"]); start != c.start || integrity != c.integrity {
				t.Errorf("event.start is %s, integrity %s, want %s, %s", start, integrity, c.start, c.integrity)
			}
			scan(c.at.Add(time.Hour))
			b.wantAlerts(0) // a duplicate
		})
	}
}
