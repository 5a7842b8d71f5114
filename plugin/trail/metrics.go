package trail

import (
	"maps"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/metrics"
	"github.com/fluent-detect/fluent-detect/plugin/intake"
)

// families are the metrics of sources. The first label of each is the name of
// the input, another one is more.
var families = []struct {
	name, kind, more, help string
	queue                  bool // only of sources with a queue
	samples                func(c *Counts, add func(value float64, more string))
}{
	{"fluent_detect_s3_events_total", "counter", "", "Events that were passed to Fluent Bit, or that the sidecar evaluated.", false,
		func(c *Counts, add func(float64, string)) { add(float64(c.Objects.Events.Load()), "") }},
	{"fluent_detect_s3_bytes_total", "counter", "", "Bytes of objects that were read, before decompression.", false,
		func(c *Counts, add func(float64, string)) { add(float64(c.Objects.Bytes.Load()), "") }},
	{"fluent_detect_s3_objects_total", "counter", "result", "Objects in S3 or in folders, by what became of them.", false,
		func(c *Counts, add func(float64, string)) {
			for _, r := range intake.AllResults() {
				add(float64(c.Objects.Objects[r].Load()), r.String())
			}
		}},
	{"fluent_detect_s3_unreadable_total", "counter", "", "Parts of objects that could not be read.", false,
		func(c *Counts, add func(float64, string)) { add(float64(c.Objects.Unreadable.Load()), "") }},
	{"fluent_detect_s3_in_flight_bytes", "gauge", "", "Size of the records that are not confirmed.", false,
		func(c *Counts, add func(float64, string)) {
			n, _ := c.Objects.InFlight()
			add(float64(n), "")
		}},
	{"fluent_detect_s3_unconfirmed_age_seconds", "gauge", "", "For how long Fluent Bit has the oldest of them, without pauses; 0 in the sidecar.", false,
		func(c *Counts, add func(float64, string)) {
			_, age := c.Objects.InFlight()
			add(age.Seconds(), "")
		}},
	{"fluent_detect_s3_messages_total", "counter", "outcome", "Messages of the queue: received, deleted, returned to it; ignored are tests and the like, unknown are none that are known.", true,
		func(c *Counts, add func(float64, string)) {
			m := &c.Messages
			add(float64(m.Received.Load()), "received")
			add(float64(m.Deleted.Load()), "deleted")
			add(float64(m.Returned.Load()), "returned")
			add(float64(m.Ignored.Load()), "ignored")
			add(float64(m.Unknown.Load()), "unknown")
		}},
	{"fluent_detect_s3_extensions_total", "counter", "", "Messages whose visibility was extended.", true,
		func(c *Counts, add func(float64, string)) { add(float64(c.Messages.Extended.Load()), "") }},
	{"fluent_detect_s3_errors_total", "counter", "", "Requests to the queue that failed.", true,
		func(c *Counts, add func(float64, string)) { add(float64(c.Messages.Errors.Load()), "") }},
	{"fluent_detect_s3_lag_seconds", "gauge", "", "How long the message that was received last had been in the queue.", true,
		func(c *Counts, add func(float64, string)) {
			add(time.Duration(c.Messages.Lag.Load()).Seconds(), "")
		}},
	{"fluent_detect_s3_queue_visible", "gauge", "", "Messages in the queue that wait, about.", true,
		func(c *Counts, add func(float64, string)) { add(float64(c.Messages.Visible.Load()), "") }},
	{"fluent_detect_s3_queue_in_flight", "gauge", "", "Messages in the queue that somebody has received, about.", true,
		func(c *Counts, add func(float64, string)) { add(float64(c.Messages.NotVisible.Load()), "") }},
}

// Metrics returns the metrics of sources, with samples of those in all, by name.
func Metrics(all map[string]*Counts) []metrics.Family {
	names := slices.Sorted(maps.Keys(all))
	var list []metrics.Family
	for _, m := range families {
		f := metrics.Family{Name: m.name, Type: m.kind, Help: m.help, Labels: []string{"input"}}
		if m.more != "" {
			f.Labels = append(f.Labels, m.more)
		}
		for _, name := range names {
			c := all[name]
			if m.queue && !c.queued.Load() {
				continue
			}
			m.samples(c, func(value float64, more string) {
				f.Samples = append(f.Samples, metrics.Sample{Values: []string{name, more}, Value: value})
			})
		}
		list = append(list, f)
	}
	return list
}
