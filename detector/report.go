package detector

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

const (
	// HeartbeatDataset is event.dataset of heartbeat records.
	HeartbeatDataset = "fluent_detect.heartbeat"
	// ErrorDataset is event.dataset of error records.
	ErrorDataset = "fluent_detect.error"
)

// reporter puts records about the detector itself in the outbox: heartbeats and
// errors. They are not alerts: they are not counted as such, not kept on disk, and
// dropped when the outbox is full.
type reporter struct {
	config *Config
	host   *Host
	state  *State
}

// firstBeat returns the time until the next heartbeat is due: the interval
// continues across reloads.
func (r *reporter) firstBeat() time.Duration {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	if last := r.state.lastBeat; !last.IsZero() {
		return max(r.config.Heartbeat-time.Since(last), 0)
	}
	return r.config.Heartbeat
}

// beat puts a heartbeat in the outbox.
func (r *reporter) beat() {
	r.state.mu.Lock()
	r.state.lastBeat = time.Now()
	r.state.mu.Unlock()
	now := r.host.Now()
	n := r.heartbeat(now)
	traffic := &r.state.traffic
	if r.host.Outbox.Report(now, n.Append(nil, r.host.Observer)) {
		traffic.Heartbeats.Add(1)
	} else {
		traffic.HeartbeatsDropped.Add(1)
	}
}

// heartbeat returns a heartbeat with all counters.
func (r *reporter) heartbeat(now time.Time) *alert.Notice {
	c := r.state.Report()
	status, message := "ok", fmt.Sprintf("fluent-detect is alive: %d records, %d matches", c.Records, c.Matched())
	if c.SelfTest.Failed() {
		status, message = "failed", "fluent-detect has failed its self-test: "+c.SelfTest.Problem
	}
	n := &alert.Notice{Dataset: HeartbeatDataset, Kind: "metric", Stream: "metrics", Type: "info", Time: now, Message: message}
	n.Fields = append(n.Fields,
		alert.Field{Name: "fluent_detect.channel", Value: r.config.Channel},
		alert.Field{Name: "fluent_detect.detector", Value: r.host.Name})
	set := func(name string, value any) {
		n.Fields = append(n.Fields, alert.Field{Name: "fluent_detect.heartbeat." + name, Value: value})
	}
	set("status", status)
	set("sequence", c.Heartbeats+c.HeartbeatsDropped+1)
	set("dropped", c.HeartbeatsDropped)
	set("interval_s", r.config.Heartbeat.Seconds())
	set("uptime_s", int64(time.Since(c.Began).Seconds()))

	set("chunks", c.Chunks)
	set("broken_chunks", c.Broken)
	set("bytes", c.Bytes)
	set("records", c.Records)
	set("dismissed", c.Skipped)
	for i, count := range c.Shapes {
		set("shapes."+envelope.Shape(i).String(), count)
	}
	set("shapes.unreadable", c.Unread)
	set("events", c.Events)
	set("odd", c.Odd)
	set("unreadable", c.Unreadable)
	set("unrecognised", c.Unrecognized)
	set("panics", c.Panics)
	set("last_arrival", c.LastArrival)
	set("last_event", c.LastEvent)
	if !c.LastEvent.IsZero() {
		set("lag_ms", c.Lag().Milliseconds())
	}

	set("matched", c.Matched())
	for outcome, count := range c.Outcomes.All() {
		set(outcome.String(), count)
	}
	set("summaries", c.Summaries)
	set("rules", len(c.Rules))
	set("near_misses", c.NearMisses)
	set("near_miss", nearest(c.Rules))
	set("error_records", c.ErrorRecords)
	set("errors_withheld", c.ErrorsWithheld)

	alerts, bytes := r.host.Outbox.Size()
	set("outbox.alerts", alerts)
	set("outbox.bytes", bytes)
	set("dedup.size", c.Dedup.Size)
	set("dedup.evicted", c.Dedup.Evicted)
	set("dedup.expired", c.Dedup.Expired)
	if len(c.Databases) > 0 {
		var replaced, refused, broken uint64
		oldest := c.Databases[0].Built
		for _, d := range c.Databases {
			replaced, refused, broken = replaced+d.Replaced, refused+d.Refused, broken+d.Broken
			if d.Built.Before(oldest) {
				oldest = d.Built
			}
		}
		set("geo.databases", len(c.Databases))
		set("geo.oldest", oldest)
		set("geo.replaced", replaced)
		set("geo.refused", refused)
		set("geo.broken", broken)
	}
	memory := c.Memory()
	set("memory.rules", memory.Rules)
	set("memory.learning", memory.Learning)
	set("memory.keys", memory.Keys)
	set("memory.bytes", memory.Bytes)
	set("memory.late", memory.Late)
	set("memory.evicted", memory.Evicted)
	set("memory.beyond", memory.Beyond)
	if h := c.History; h != nil {
		set("context.actors", h.Actors)
		set("context.bytes", h.Bytes)
		set("context.evicted", h.Evicted)
		set("context.pending", h.Pending)
		set("context.follow_ups", h.FollowUps)
	}
	if c.SelfTest.On {
		set("self_test.runs", c.SelfTest.Runs)
		set("self_test.failures", c.SelfTest.Failures)
		set("self_test.last_success", c.SelfTest.LastSuccess)
		set("self_test.problem", c.SelfTest.Problem)
	}
	return n
}

// refresh reads databases of addresses again that have changed.
func (r *reporter) refresh(d *geo.Databases) {
	lines, errs := d.Refresh()
	for _, line := range lines {
		r.host.Info("geo_databases: " + printable(line))
	}
	for _, err := range errs {
		line := "geo_databases: " + printable(err.Error())
		r.host.Warn(line)
		r.report(fault{kind: "geo_databases", message: line})
	}
}

// maxNearest is the maximum number of conditions that a heartbeat lists.
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

// fault is an error that an operator should know about.
type fault struct {
	kind    string // error.type
	message string
	tag     string // of the chunk, if it is about one
	fields  []alert.Field
}

// report puts an error record in the outbox, unless there were too many just now.
func (r *reporter) report(f fault) {
	now := r.host.Now()
	withheld, ok := r.state.faults.Pass(now)
	if !ok {
		r.state.traffic.ErrorsWithheld.Add(1)
		return
	}
	n := alert.Notice{
		Dataset: ErrorDataset, Kind: "event", Stream: "logs", Type: "error", Time: now, Message: "fluent-detect: " + printable(f.message),
		Fields: append([]alert.Field{
			{Name: "error.message", Value: printable(f.message)},
			{Name: "error.type", Value: f.kind},
			{Name: "fluent_detect.channel", Value: r.config.Channel},
			{Name: "fluent_detect.detector", Value: r.host.Name},
			{Name: "fluent_detect.input.tag", Value: printable(f.tag)},
			{Name: "fluent_detect.error.withheld", Value: withheld}, // before this one
		}, f.fields...),
	}
	if r.host.Outbox.Report(now, n.Append(nil, r.host.Observer)) {
		r.state.traffic.ErrorRecords.Add(1)
	} else {
		r.state.traffic.ErrorsWithheld.Add(1)
	}
}

// reportBroken reports the error if it is a chunk that is broken.
func (r *reporter) reportBroken(err error) {
	var broken *ScanError
	if !errors.As(err, &broken) {
		return
	}
	r.report(fault{"broken_chunk", err.Error(), broken.Tag, []alert.Field{
		{Name: "fluent_detect.error.offset", Value: broken.Err.Offset}, // in bytes
		{Name: "fluent_detect.error.records", Value: broken.Records},
	}})
}

// panicked counts and reports a panic. The tag is that of the chunk, if there is one.
func (r *reporter) panicked(tag string, reason any) {
	r.state.traffic.Panics.Add(1)
	r.report(fault{kind: "panic", message: fmt.Sprintf("panic: %v", reason), tag: tag})
}

// maxFault is the maximum length of a text in an error record, in bytes.
const maxFault = 1024

// printable returns the text as one line: characters that could mislead a terminal
// or a parser of lines are replaced.
func printable(text string) string {
	if len(text) > maxFault {
		text = text[:maxFault] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(text, "?"))
}
