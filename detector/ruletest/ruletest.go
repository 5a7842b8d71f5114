// Package ruletest runs the tests that are written inside rule files.
package ruletest

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// Result is the outcome of one test.
type Result struct {
	Rule *ruleset.Rule
	Test *rule.Test
	Err  error // nil if the rule did what the test expects
	// Findings are, if the test failed, what the conditions of the rule's query
	// found in each event of the test.
	Findings [][]ruleset.Finding
}

// Run runs the tests of the rules. The error joins those of the tests that fail.
func Run(rules *ruleset.Set) error {
	var errs []error
	for r := range Results(rules) {
		errs = append(errs, r.Err)
	}
	return errors.Join(errs...)
}

// Results runs the tests of the rules one by one, each in an engine of its own
// with only its rule, and those that a correlation refers to, so that no test affects another by deduplication or a cap.
// Exceptions do not apply: the tests are about the rule.
func Results(rules *ruleset.Set) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		for _, r := range rules.Rules {
			for i := range r.Extension.Tests {
				result := Result{Rule: r, Test: &r.Extension.Tests[i]}
				result.run(rules)
				if !yield(result) {
					return
				}
			}
		}
	}
}

// run runs the test.
func (r *Result) run(rules *ruleset.Set) {
	l := rules.Loader
	chunk := ingest.ChunkOf(r.Test.Event, time.Now())
	alerts, err := scan(rules.Alone(r.Rule), chunk.Data)
	if err == nil && (alerts > 0) == r.Test.WantAlert() {
		return
	}
	if err == nil {
		err = unexpected(r.Test, alerts)
	}
	r.Err = fmt.Errorf("%s:%d: rule %q, test %q: %w", r.Rule.Source.Path, r.Test.Line, r.Rule.Name, r.Test.Name, err)
	reader := envelope.NewReader(l.Schema, func(e *event.Event) {
		_, findings := r.Rule.Explain(e)
		r.Findings = append(r.Findings, findings)
	})
	for _, record := range chunk.Records {
		_, _, _ = reader.Read(chunk.Data, record.Body) // ChunkOf wrote it
	}
}

// unexpected returns the error "expected an alert, got none".
func unexpected(t *rule.Test, alerts int) error {
	want, got := "no alert", fmt.Sprint(alerts)
	if t.WantAlert() {
		want = "an alert"
	}
	switch alerts {
	case 0:
		got = "none"
	case 1:
		got = "one"
	}
	return fmt.Errorf("expected %s, got %s", want, got)
}

// scan returns how many alerts the rules make of a chunk.
func scan(rules *ruleset.Set, chunk []byte) (int, error) {
	box := outbox.New("test", 1<<20)
	consumer := box.Open(outbox.Filter{})
	defer consumer.Close()
	config := detector.Config{DedupSize: 1, DedupTTL: time.Hour, NoDedup: true, MaxAlerts: &hold.Rate{}, Lateness: time.Hour, MinLevel: rule.LevelInformational}
	engine, err := detector.New(config, rules, detector.Host{Outbox: box, State: detector.NewState(), Lost: func(outbox.Alert) {}})
	if err != nil {
		return 0, err
	}
	defer engine.Close(false)
	result, err := engine.Scan("test", chunk)
	return result.Alerts, err
}
