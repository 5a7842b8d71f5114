package detector

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

const (
	// HeartbeatDataset is event.dataset of heartbeat records.
	HeartbeatDataset = "fluent_detect.heartbeat"
	// ErrorDataset is event.dataset of error records.
	ErrorDataset = "fluent_detect.error"
)

// beatEvery begins the heartbeats. They keep their pace over reloads.
func (e *Engine) beatEvery(interval time.Duration) {
	e.state.mu.Lock()
	first := interval
	if last := e.state.lastBeat; !last.IsZero() {
		first = max(interval-time.Since(last), 0)
	}
	e.state.mu.Unlock()
	e.every(interval, first, "heartbeat", e.beat)
}

// beat puts a heartbeat in the outbox. It is no alert: it is not counted as one,
// not kept on disk, and when the outbox is full it is dropped.
func (e *Engine) beat() {
	e.state.mu.Lock()
	e.state.lastBeat = time.Now()
	e.state.mu.Unlock()
	now := e.host.Now()
	n := e.heartbeat(now)
	traffic := &e.state.traffic
	if e.host.Outbox.Report(now, n.Append(nil, e.host.Observer)) {
		traffic.Heartbeats.Add(1)
	} else {
		traffic.HeartbeatsDropped.Add(1)
	}
}

// heartbeat says how the detector is.
func (e *Engine) heartbeat(now time.Time) *alert.Notice {
	r := e.state.Report()
	status, message := "ok", fmt.Sprintf("fluent-detect is alive: %d records, %d matches", r.Records, r.Matched())
	if r.SelfTest.Failed() {
		status, message = "failed", "fluent-detect has failed its self-test: "+r.SelfTest.Problem
	}
	n := &alert.Notice{Dataset: HeartbeatDataset, Kind: "metric", Stream: "metrics", Type: "info", Time: now, Message: message}
	n.Fields = append(n.Fields,
		alert.Field{Name: "fluent_detect.channel", Value: e.config.Channel},
		alert.Field{Name: "fluent_detect.detector", Value: e.host.Name})
	set := func(name string, value any) {
		n.Fields = append(n.Fields, alert.Field{Name: "fluent_detect.heartbeat." + name, Value: value})
	}
	set("status", status)
	set("sequence", r.Heartbeats+r.HeartbeatsDropped+1)
	set("dropped", r.HeartbeatsDropped)
	set("interval_s", e.config.Heartbeat.Seconds())
	set("uptime_s", int64(time.Since(r.Began).Seconds()))

	set("chunks", r.Chunks)
	set("broken_chunks", r.Broken)
	set("bytes", r.Bytes)
	set("records", r.Records)
	set("dismissed", r.Skipped)
	for i, count := range r.Shapes {
		set("shapes."+envelope.Shape(i).String(), count)
	}
	set("events", r.Events)
	set("odd", r.Odd)
	set("unreadable", r.Unreadable)
	set("panics", r.Panics)
	set("last_arrival", r.LastArrival)
	set("last_event", r.LastEvent)
	if !r.LastEvent.IsZero() {
		set("lag_ms", r.Lag().Milliseconds())
	}

	set("matched", r.Matched())
	for outcome, count := range r.Outcomes.All() {
		set(outcome.String(), count)
	}
	set("summaries", r.Summaries)
	set("rules", len(r.Rules))
	set("near_misses", r.NearMisses)
	set("near_miss", nearest(r.Rules))
	set("error_records", r.ErrorRecords)
	set("errors_withheld", r.ErrorsWithheld)

	alerts, bytes := e.host.Outbox.Size()
	set("outbox.alerts", alerts)
	set("outbox.bytes", bytes)
	set("dedup.size", r.Dedup.Size)
	set("dedup.evicted", r.Dedup.Evicted)
	set("dedup.expired", r.Dedup.Expired)
	if r.SelfTest.On {
		set("self_test.runs", r.SelfTest.Runs)
		set("self_test.failures", r.SelfTest.Failures)
		set("self_test.last_success", r.SelfTest.LastSuccess)
		set("self_test.problem", r.SelfTest.Problem)
	}
	return n
}

// maxNearest is how many conditions a heartbeat lists.
const maxNearest = 50

// nearest lists the conditions with the most near misses.
func nearest(rules []stats.Rule) [][]alert.Field {
	type one struct {
		rule string
		stats.Condition
	}
	var all []one
	for i := range rules {
		for _, c := range rules[i].Conditions {
			if c.NearMisses > 0 {
				all = append(all, one{rules[i].Slug(), c})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b one) int { return cmp.Compare(b.NearMisses, a.NearMisses) })
	var list [][]alert.Field
	for _, o := range all[:min(len(all), maxNearest)] {
		list = append(list, []alert.Field{
			{Name: "rule", Value: o.rule}, {Name: "condition", Value: o.Text}, {Name: "count", Value: o.NearMisses},
		})
	}
	return list
}
