package alert

import (
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
)

func TestNotice(t *testing.T) {
	n := Notice{
		Dataset: "fluent_detect.heartbeat", Kind: "metric", Stream: "metrics", Type: "info", Message: "all is \xff well",
		Time: time.Date(2025, 3, 4, 9, 5, 0, 0, time.UTC),
		Fields: []Field{
			{"fluent_detect.heartbeat.records", uint64(12)},
			{"fluent_detect.heartbeat.lag_ms", int64(-5)},
			{"fluent_detect.heartbeat.shapes.raw", uint64(1<<63 + 5)},
			{"fluent_detect.heartbeat.problem", ""},
			{"fluent_detect.heartbeat.last_event", time.Time{}},
			{"fluent_detect.heartbeat.last_arrival", time.UnixMilli(1_741_079_100_123)},
			{"fluent_detect.heartbeat.near_miss", [][]Field{{{"condition", "a: b"}, {"count", uint64(3)}}}},
			{"fluent_detect.channel", "default"},
		},
	}
	got := n.Append([]byte{0xc0}, testObserver)
	if got[0] != 0xc0 {
		t.Fatal("what was before is gone")
	}
	const want = `{"@timestamp":"2025-03-04T09:05:00.000Z",` +
		`"data_stream":{"dataset":"fluent_detect.heartbeat","namespace":"default","type":"metrics"},"ecs":{"version":"8.17.0"},` +
		`"event":{"dataset":"fluent_detect.heartbeat","kind":"metric","module":"fluent_detect","type":["info"]},` +
		`"fluent_detect":{"channel":"default","heartbeat":{"lag_ms":-5,"last_arrival":"2025-03-04T09:05:00.123Z",` +
		`"near_miss":[{"condition":"a: b","count":3}],"records":12,"shapes":{"raw":9223372036854775807}},"schema":"2"},` +
		`"message":"all is ` + "\ufffd" + ` well","observer":{"hostname":"host.example.org","product":"fluent-detect","type":"detector","vendor":"fluent-detect","version":"v1.2.3"}}`
	if json := string(AppendJSON(nil, got[1:])); json != want {
		t.Errorf("%s\nwant\n%s", json, want)
	}
	// With Match * it comes back to the rules, which ignore it.
	reader := envelope.NewReader(testFields.schema, func(*event.Event) { t.Error("a notice is evaluated") })
	if _, seen, err := reader.Read(got, 1); err != nil || seen.Events > 0 || seen.Unreadable > 0 {
		t.Errorf("a notice is read as %v, %v", seen, err)
	}
}
