package trail

import (
	"maps"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/metrics"
	"github.com/fluent-detect/fluent-detect/plugin/aws"
	"github.com/fluent-detect/fluent-detect/plugin/intake"
)

// families are the metrics of sources. The first label of each is the name of
// the input, another one is more.
var families = []struct {
	name, metric, more, help string
	of                       kind // only of inputs with one of these sources
	samples                  func(c *Counts, add func(value float64, more string))
}{
	{"fluent_detect_s3_events_total", "counter", "", "Events from objects that were passed to Fluent Bit, or evaluated by the sidecar.", fromAny,
		func(c *Counts, add func(float64, string)) { add(float64(c.Objects.Events.Load()), "") }},
	{"fluent_detect_s3_bytes_total", "counter", "", "Bytes of objects that were read, before decompression.", fromAny,
		func(c *Counts, add func(float64, string)) { add(float64(c.Objects.Bytes.Load()), "") }},
	{"fluent_detect_s3_objects_total", "counter", "result", "Objects in S3 or in folders, by result.", fromAny,
		func(c *Counts, add func(float64, string)) {
			for _, r := range intake.AllResults() {
				add(float64(c.Objects.Objects[r].Load()), r.String())
			}
		}},
	{"fluent_detect_s3_unreadable_total", "counter", "", "Parts of objects that could not be read.", fromAny,
		func(c *Counts, add func(float64, string)) { add(float64(c.Objects.Unreadable.Load()), "") }},
	{"fluent_detect_s3_learned_events_total", "counter", "", "Events in the bucket of `learn_from` from which rules learned.", fromAWS,
		func(c *Counts, add func(float64, string)) { add(float64(c.Learned.Events.Load()), "") }},
	{"fluent_detect_s3_in_flight_bytes", "gauge", "", "Size of the records that are not confirmed yet.", fromAny,
		func(c *Counts, add func(float64, string)) {
			n, _ := c.Objects.InFlight()
			add(float64(n), "")
		}},
	{"fluent_detect_s3_unconfirmed_age_seconds", "gauge", "", "How long Fluent Bit has had the oldest unconfirmed record, without pauses. 0 in the sidecar.", fromAny,
		func(c *Counts, add func(float64, string)) {
			_, age := c.Objects.InFlight()
			add(age.Seconds(), "")
		}},
	{"fluent_detect_s3_messages_total", "counter", "outcome", "Messages of the queue: received, deleted, or returned to it. ignored: tests and the like. unknown: not a known notification. dead: in the dead letters.", fromQueue,
		func(c *Counts, add func(float64, string)) {
			m := &c.Messages
			add(float64(m.Received.Load()), "received")
			add(float64(m.Deleted.Load()), "deleted")
			add(float64(m.Returned.Load()), "returned")
			add(float64(m.Ignored.Load()), "ignored")
			add(float64(m.Unknown.Load()), "unknown")
			add(float64(m.Dead.Load()), "dead")
		}},
	{"fluent_detect_s3_extensions_total", "counter", "", "Messages whose visibility was extended.", fromQueue,
		func(c *Counts, add func(float64, string)) { add(float64(c.Messages.Extended.Load()), "") }},
	{"fluent_detect_s3_list_requests_total", "counter", "", "Requests that listed a page of the bucket.", fromBucket,
		func(c *Counts, add func(float64, string)) { add(float64(c.Listing.Requests.Load()), "") }},
	{"fluent_detect_s3_dead_objects_total", "counter", "", "Broken objects of the bucket that were given up.", fromBucket,
		func(c *Counts, add func(float64, string)) { add(float64(c.Listing.Dead.Load()), "") }},
	{"fluent_detect_s3_announced_objects_total", "counter", "outcome", "Objects that messages at /v1/sns announced. noted: stored, to be read. done: their alerts are in the outbox. dead: broken and given up. refused: not stored, because too many waited.", fromSNS,
		func(c *Counts, add func(float64, string)) {
			n := &c.Notes
			add(float64(n.Noted.Load()), "noted")
			add(float64(n.Done.Load()), "done")
			add(float64(n.Dead.Load()), "dead")
			add(float64(n.Refused.Load()), "refused")
		}},
	{"fluent_detect_s3_announced_waiting", "gauge", "", "Announced objects that are stored and not read yet, at most 10,000.", fromSNS,
		func(c *Counts, add func(float64, string)) { add(float64(c.Notes.Waiting.Load()), "") }},
	{"fluent_detect_s3_errors_total", "counter", "kind", "Requests to S3 and to the queue that failed.", fromAWS,
		func(c *Counts, add func(float64, string)) {
			errors := &c.Messages.Errors
			if c.reads(fromBucket) {
				errors = &c.Listing.Errors
			}
			for _, k := range aws.AllKinds() {
				add(float64(errors.Of(k)), k.String())
			}
		}},
	{"fluent_detect_s3_lag_seconds", "gauge", "", "How long the last received message had been in the queue, or the last opened object in the bucket.", fromAWS,
		func(c *Counts, add func(float64, string)) {
			lag := c.Messages.Lag.Load()
			if c.reads(fromBucket) {
				lag = c.Listing.Lag.Load()
			}
			add(time.Duration(lag).Seconds(), "")
		}},
	{"fluent_detect_s3_queue_visible", "gauge", "", "About how many messages wait in the queue.", fromQueue,
		func(c *Counts, add func(float64, string)) { add(float64(c.Messages.Visible.Load()), "") }},
	{"fluent_detect_s3_queue_in_flight", "gauge", "", "About how many messages of the queue have been received and not deleted.", fromQueue,
		func(c *Counts, add func(float64, string)) { add(float64(c.Messages.NotVisible.Load()), "") }},
}

// Metrics returns the metrics of sources, with samples of those in all, by name.
func Metrics(all map[string]*Counts) []metrics.Family {
	names := slices.Sorted(maps.Keys(all))
	var list []metrics.Family
	for _, m := range families {
		f := metrics.Family{Name: m.name, Type: m.metric, Help: m.help, Labels: []string{"input"}}
		if m.more != "" {
			f.Labels = append(f.Labels, m.more)
		}
		for _, name := range names {
			c := all[name]
			if !c.reads(m.of) {
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
