package metrics

import (
	"runtime"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// ContentType is the type of what Append writes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Detector is a detector whose counters are exposed.
type Detector struct {
	Channel string
	Name    string // unique
	State   *detector.State
	Outbox  *outbox.Box // of the channel
}

// view is a detector at one moment.
type view struct {
	Detector
	stats.Report
	rules []string // the label of each rule
}

// Append appends the counters of the detectors to dst. The version is that of
// fluent-detect.
func Append(dst []byte, version string, detectors []Detector) []byte {
	views := make([]view, len(detectors))
	for i, d := range detectors {
		views[i] = view{Detector: d, Report: d.State.Report()}
		views[i].rules = ruleNames(views[i].Report.Rules)
	}
	w := writer{out: dst}
	w.family("fluent_detect_build_info", "gauge", "The version of fluent-detect and of Go; always 1.")
	w.sample(1, "version", version, "goversion", runtime.Version())
	for i := range families {
		f := &families[i]
		w.family(f.name, f.kind, f.help)
		for j := range views {
			f.write(&w, &views[j])
		}
	}
	w.outboxes(views)
	w.family("go_goroutines", "gauge", "Goroutines of the process.")
	w.sample(uint64(runtime.NumGoroutine()))
	return w.out
}

// ruleNames returns a unique name for each rule: the slug, with the ID if another rule
// has the same slug.
func ruleNames(rules []stats.Rule) []string {
	names := make([]string, len(rules))
	times := map[string]int{}
	for i := range rules {
		names[i] = rules[i].Slug()
		times[names[i]]++
	}
	for i := range rules {
		if times[names[i]] > 1 {
			names[i] += " " + rules[i].ID
		}
	}
	return names
}
