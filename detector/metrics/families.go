package metrics

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// family is all samples of one name.
type family struct {
	name, kind, help string
	write            func(*writer, *view)
}

// counter is a family of one counter for each detector.
func counter(name, help string, of func(*view) uint64) family {
	return family{name, "counter", help, func(w *writer, v *view) { w.sample(of(v), v.labels()...) }}
}

func gauge(name, help string, of func(*view) uint64) family {
	return family{name, "gauge", help, func(w *writer, v *view) { w.sample(of(v), v.labels()...) }}
}

// database is a family of one sample for each database of addresses.
func database(name, kind, help string, of func(*geo.Stat) uint64) family {
	return family{name, kind, help, func(w *writer, v *view) {
		for i := range v.Databases {
			w.sample(of(&v.Databases[i]), v.labels("file", v.Databases[i].Path)...)
		}
	}}
}

// ofMemory is a family of one sample for each rule with a memory.
func ofMemory(name, kind, help string, of func(*stateful.Report) uint64) family {
	return family{name, kind, help, func(w *writer, v *view) {
		for i := range v.Rules {
			if m := v.Rules[i].Memory; m != nil {
				w.sample(of(m), v.labels("rule", v.rules[i])...)
			}
		}
	}}
}

// ofHistory is a family of one sample for each detector that keeps a history of actors.
func ofHistory(name, kind, help string, of func(*stats.History) uint64) family {
	return family{name, kind, help, func(w *writer, v *view) {
		if v.History != nil {
			w.sample(of(v.History), v.labels()...)
		}
	}}
}

// labels returns the labels of all samples of the detector, followed by more.
func (v *view) labels(more ...string) []string {
	return append([]string{"channel", v.Channel, "detector", v.Name}, more...)
}

// families are those of detectors; outboxes belong to channels.
var families = []family{
	{"fluent_detect_start_time_seconds", "gauge", "When the counters began, as a Unix time.", func(w *writer, v *view) { w.moment(v.Began, v.labels()...) }},

	counter("fluent_detect_chunks_total", "Chunks that were evaluated.", func(v *view) uint64 { return v.Chunks }),
	counter("fluent_detect_read_bytes_total", "Bytes of the chunks that were evaluated.", func(v *view) uint64 { return v.Bytes }),
	counter("fluent_detect_broken_chunks_total", "Chunks that could not be read to the end.", func(v *view) uint64 { return v.Broken }),
	{"fluent_detect_records_total", "counter", "Records by the shape in which they carry events. other: without an event. dismissed: not read, because nothing in the chunk can match. unreadable: they look like events, but none could be read. unrecognised: they have the names of an event in a form that is not read.", func(w *writer, v *view) {
		for i, n := range v.Shapes {
			w.sample(n, v.labels("shape", envelope.Shape(i).String())...)
		}
		w.sample(v.Skipped, v.labels("shape", "dismissed")...)
		w.sample(v.Unread, v.labels("shape", "unreadable")...)
		w.sample(v.Unrecognized, v.labels("shape", "unrecognised")...)
	}},
	counter("fluent_detect_events_total", "Events in the records.", func(v *view) uint64 { return v.Events }),
	counter("fluent_detect_odd_values_total", "Values in chunks that are not records.", func(v *view) uint64 { return v.Odd }),
	counter("fluent_detect_unreadable_total", "Records, or parts of records, that look like events and could not be read.", func(v *view) uint64 { return v.Unreadable }),
	{"fluent_detect_unrecognised_total", "counter", "Records that have the names of an event in a form that is not read, by the member that contains it. other: further members.", func(w *writer, v *view) {
		var other uint64
		for _, k := range v.Keys {
			if k.Name == stats.OtherKeys {
				other = k.Count
				continue
			}
			w.sample(k.Count, v.labels("key", k.Name)...)
		}
		w.sample(other, v.labels("key", stats.OtherKeys)...)
	}},
	counter("fluent_detect_panics_total", "Panics that were recovered. Each lost a chunk.", func(v *view) uint64 { return v.Panics }),
	{"fluent_detect_last_arrival_timestamp_seconds", "gauge", "When the last chunk with an event was evaluated.", func(w *writer, v *view) { w.moment(v.LastArrival, v.labels()...) }},
	{"fluent_detect_last_event_timestamp_seconds", "gauge", "The time of the first event in the last chunk with an event.", func(w *writer, v *view) { w.moment(v.LastEvent, v.labels()...) }},
	{"fluent_detect_event_lag_seconds", "gauge", "How old the first event in the last chunk with an event was when it arrived.", func(w *writer, v *view) {
		if !v.LastEvent.IsZero() {
			w.seconds(v.Lag(), v.labels()...)
		}
	}},

	counter("fluent_detect_matches_total", "Matches of all rules: the sum of their outcomes.", func(v *view) uint64 { return v.Matched() }),
	{"fluent_detect_outcomes_total", "counter", "Matches by outcome.", func(w *writer, v *view) {
		for outcome, n := range v.Outcomes.All() {
			w.sample(n, v.labels("outcome", outcome.String())...)
		}
	}},
	counter("fluent_detect_summaries_total", "Summary alerts about what was suppressed, capped, learned or held off.", func(v *view) uint64 { return v.Summaries }),

	gauge("fluent_detect_rules", "Rules that are loaded.", func(v *view) uint64 { return uint64(len(v.Rules)) }),
	{"fluent_detect_rule_matches_total", "counter", "Matches of the rule: the sum of their outcomes.", func(w *writer, v *view) {
		for i := range v.Rules {
			w.sample(v.Rules[i].Outcomes.Matched(), v.labels("rule", v.rules[i])...)
		}
	}},
	{"fluent_detect_rule_outcomes_total", "counter", "Matches of the rule by outcome.", func(w *writer, v *view) {
		for i := range v.Rules {
			for outcome, n := range v.Rules[i].Outcomes.All() {
				w.sample(n, v.labels("rule", v.rules[i], "outcome", outcome.String())...)
			}
		}
	}},
	{"fluent_detect_near_misses_total", "counter", "Events with the rule's provider and action that only this condition kept from matching.", func(w *writer, v *view) {
		for i := range v.Rules {
			names := conditionNames(v.Rules[i].Conditions)
			for j, c := range v.Rules[i].Conditions {
				w.sample(c.NearMisses, v.labels("rule", v.rules[i], "condition", names[j])...)
			}
		}
	}},

	ofMemory("fluent_detect_rule_memory_keys", "gauge", "Combinations of values, groups or keys that the rule remembers.", func(m *stateful.Report) uint64 { return uint64(m.Keys) }),
	ofMemory("fluent_detect_rule_memory_bytes", "gauge", "About how much memory the rule's memory takes.", func(m *stateful.Report) uint64 { return uint64(m.Bytes) }),
	ofMemory("fluent_detect_rule_memory_late_total", "counter", "Events that came too late for the rule to count, see lateness.", func(m *stateful.Report) uint64 { return m.Late }),
	ofMemory("fluent_detect_rule_memory_evicted_total", "counter", "Entries that the rule forgot too early, because there were too many. A rule of type new_terms may then alert again; a threshold, sequence or correlation may miss.", func(m *stateful.Report) uint64 { return m.Evicted }),
	ofMemory("fluent_detect_rule_memory_beyond_total", "counter", "Combinations of values that were left out, beyond the first 1,000 of an event.", func(m *stateful.Report) uint64 { return m.Beyond }),
	ofMemory("fluent_detect_rule_learning", "gauge", "1 while the rule only learns and makes no alerts, see learn_for.", func(m *stateful.Report) uint64 {
		if m.Learning {
			return 1
		}
		return 0
	}),

	ofHistory("fluent_detect_context_actors", "gauge", "Actors that the history of context remembers.", func(h *stats.History) uint64 { return uint64(h.Actors) }),
	ofHistory("fluent_detect_context_bytes", "gauge", "How much memory the history of context takes.", func(h *stats.History) uint64 { return uint64(h.Bytes) }),
	ofHistory("fluent_detect_context_evicted_total", "counter", "Actors that the history of context forgot too early, because context_actors is too small.", func(h *stats.History) uint64 { return h.Evicted }),
	ofHistory("fluent_detect_context_pending", "gauge", "Alerts that are still to be followed up.", func(h *stats.History) uint64 { return uint64(h.Pending) }),
	ofHistory("fluent_detect_context_follow_ups_total", "counter", "Follow-up records that were made. They are not alerts.", func(h *stats.History) uint64 { return h.FollowUps }),

	gauge("fluent_detect_dedup_keys", "Alerts that are remembered in order to recognize duplicates.", func(v *view) uint64 { return uint64(v.Dedup.Size) }),
	counter("fluent_detect_dedup_evicted_total", "Remembered alerts that were forgotten too early, because dedup_size is too small.", func(v *view) uint64 { return v.Dedup.Evicted }),
	counter("fluent_detect_dedup_expired_total", "Remembered alerts that expired.", func(v *view) uint64 { return v.Dedup.Expired }),

	database("fluent_detect_geo_database_build_timestamp_seconds", "gauge", "When the database of addresses in use was built.", func(d *geo.Stat) uint64 { return uint64(max(d.Built.Unix(), 0)) }),
	database("fluent_detect_geo_database_bytes", "gauge", "How much memory the database of addresses takes.", func(d *geo.Stat) uint64 { return uint64(d.Bytes) }),
	database("fluent_detect_geo_database_replaced_total", "counter", "Changed database files that were taken into use.", func(d *geo.Stat) uint64 { return d.Replaced }),
	database("fluent_detect_geo_database_refused_total", "counter", "Changed database files that could not be used, so that the old one stayed in use.", func(d *geo.Stat) uint64 { return d.Refused }),
	database("fluent_detect_geo_database_broken_total", "counter", "Look-ups of addresses that met damaged data and found nothing.", func(d *geo.Stat) uint64 { return d.Broken }),

	counter("fluent_detect_heartbeats_total", "Heartbeat records that were sent.", func(v *view) uint64 { return v.Heartbeats }),
	counter("fluent_detect_heartbeats_dropped_total", "Heartbeat records for which the outbox had no room.", func(v *view) uint64 { return v.HeartbeatsDropped }),
	counter("fluent_detect_error_records_total", "Error records that were sent.", func(v *view) uint64 { return v.ErrorRecords }),
	counter("fluent_detect_errors_withheld_total", "Errors without an error record: too many in a minute, or no room in the outbox.", func(v *view) uint64 { return v.ErrorsWithheld }),

	{"fluent_detect_self_test_ok", "gauge", "1 if the last self-test made its alert, else 0. Absent without self-tests.", func(w *writer, v *view) {
		if s := &v.SelfTest; s.On && s.Runs > 0 {
			ok := uint64(1)
			if s.Failed() {
				ok = 0
			}
			w.sample(ok, v.labels()...)
		}
	}},
	{"fluent_detect_self_test_last_success_timestamp_seconds", "gauge", "When a self-test last made its alert.", func(w *writer, v *view) {
		if v.SelfTest.On {
			w.moment(v.SelfTest.LastSuccess, v.labels()...)
		}
	}},
	counter("fluent_detect_self_tests_total", "Self-tests that were run.", func(v *view) uint64 { return v.SelfTest.Runs }),
	counter("fluent_detect_self_test_failures_total", "Self-tests that failed.", func(v *view) uint64 { return v.SelfTest.Failures }),
}

// outboxes writes the families of the outboxes, which the detectors of a channel
// share.
func (w *writer) outboxes(views []view) {
	var first []view // of each channel
	for _, v := range views {
		if !slices.ContainsFunc(first, func(x view) bool { return x.Channel == v.Channel }) {
			first = append(first, v)
		}
	}
	w.family("fluent_detect_outbox_alerts", "gauge", "Alerts that are not delivered yet.")
	for _, v := range first {
		alerts, _ := v.Outbox.Size()
		w.sample(uint64(alerts), "channel", v.Channel)
	}
	w.family("fluent_detect_outbox_bytes", "gauge", "Bytes of everything in the outbox.")
	for _, v := range first {
		_, bytes := v.Outbox.Size()
		w.sample(uint64(bytes), "channel", v.Channel)
	}
}

// maxCondition is the maximum length of a condition in a label, in bytes.
const maxCondition = 120

// conditionNames returns a unique name for each condition: its text, or the beginning
// of it.
func conditionNames(conditions []stats.Condition) []string {
	names := make([]string, len(conditions))
	for i, c := range conditions {
		name := c.Text
		if len(name) > maxCondition {
			end := maxCondition
			for !utf8.RuneStart(name[end]) {
				end--
			}
			name = name[:end] + "…"
		}
		for n, base := 2, name; slices.Contains(names[:i], name); n++ {
			name = base + " (" + strconv.Itoa(n) + ")"
		}
		names[i] = name
	}
	return names
}
