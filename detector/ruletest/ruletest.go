// Package ruletest runs the tests that are written inside rule files.
package ruletest

import (
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
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
	e, err := open(rules.Alone(r.Rule))
	if err != nil {
		r.Err = r.failed(r.Test.Line, err)
		return
	}
	defer e.close()
	for i := range r.Test.Events {
		step := &r.Test.Events[i]
		chunk := ingest.ChunkOf(step.Event, e.now())
		alerts, err := e.scan(step, chunk.Data)
		if err == nil && (alerts > 0) == step.WantAlert() {
			continue
		}
		if err == nil {
			err = unexpected(step, alerts)
		}
		if len(r.Test.Events) > 1 {
			err = fmt.Errorf("event %d: %w", i+1, err)
		}
		r.Err = r.failed(step.Line, err)
		reader := envelope.NewReader(rules.Schema, func(e *event.Event) {
			_, findings := r.Rule.Explain(e)
			r.Findings = append(r.Findings, findings)
		})
		for _, record := range chunk.Records {
			_, _, _ = reader.Read(chunk.Data, record.Body) // ChunkOf wrote it
		}
		return // what comes after it depends on it
	}
}

func (r *Result) failed(line int, err error) error {
	return fmt.Errorf("%s:%d: rule %q, test %q: %w", r.Rule.Source.Path, line, r.Rule.Name, r.Test.Name, err)
}

// unexpected returns the error "expected an alert, got none".
func unexpected(e *rule.TestEvent, alerts int) error {
	want, got := "no alert", fmt.Sprint(alerts)
	if e.WantAlert() {
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

// engine is an engine with the rules of a test, which sees the events of a test as they happen.
type engine struct {
	*detector.Engine
	consumer *outbox.Consumer
	newest   atomic.Int64 // the newest time of an event, in nanoseconds since 1970
}

// open opens an engine for rules. They do not learn first: that is for the days after a
// start, and a test would have to wait for its end.
func open(rules *ruleset.Set) (*engine, error) {
	for _, r := range rules.Rules { // which are copies
		one := *r.Rule
		one.Extension.LearnFor = nil
		r.Rule = &one
	}
	box := outbox.New("test", 1<<20)
	e := &engine{consumer: box.Open(outbox.Filter{})}
	config := detector.Config{DedupSize: 1, DedupTTL: time.Hour, NoDedup: true, MaxAlerts: &hold.Rate{}, Lateness: time.Hour, MinLevel: rule.LevelInformational}
	var err error
	e.Engine, err = detector.New(config, rules, detector.Host{Outbox: box, State: detector.NewState(), Lost: func(outbox.Alert) {}, Now: e.now})
	if err != nil {
		e.consumer.Close()
		return nil, err
	}
	return e, nil
}

func (e *engine) close() {
	e.Close(false)
	e.consumer.Close()
}

// now is the time by the clock of the engine: an event is not ahead of it.
func (e *engine) now() time.Time {
	now := time.Now()
	if newest := time.Unix(0, e.newest.Load()); newest.After(now) {
		return newest
	}
	return now
}

// scan returns how many alerts the rule makes of an event.
func (e *engine) scan(step *rule.TestEvent, chunk []byte) (int, error) {
	if at := step.Time.UnixNano(); !step.Time.IsZero() && at > e.newest.Load() {
		e.newest.Store(at)
	}
	result, err := e.Scan("test", chunk)
	return result.Alerts, err
}
