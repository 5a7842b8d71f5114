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
	Rule   *ruleset.Rule
	schema *event.Schema
	Test   *rule.Test
	Alerts int   // that the rule made
	Err    error // of the engine, if the test could not be run
}

// Passed reports whether the rule did what the test expects.
func (r *Result) Passed() bool { return r.Err == nil && (r.Alerts > 0) == r.Test.WantAlert() }

// Run runs the tests of the rules. The error joins a *[Failure] for each test
// that fails.
func Run(rules *ruleset.Set) error {
	var errs []error
	for r := range Results(rules) {
		if !r.Passed() {
			errs = append(errs, &Failure{r})
		}
	}
	return errors.Join(errs...)
}

// Results runs the tests of the rules one by one, each in an engine of its own
// with only its rule, so that no test affects another by deduplication or a cap.
// Exceptions do not apply: the tests are about the rule.
func Results(rules *ruleset.Set) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		for _, r := range rules.Rules {
			for i := range r.Extension.Tests {
				result := Result{Rule: r, schema: rules.Schema, Test: &r.Extension.Tests[i]}
				result.Alerts, result.Err = alerts(rules.Loader, r, result.Test.Event)
				if !yield(result) {
					return
				}
			}
		}
	}
}

// alerts returns how many alerts the rule makes of an input.
func alerts(l ruleset.Loader, r *ruleset.Rule, input []byte) (int, error) {
	rules := &ruleset.Set{Loader: l, Rules: []*ruleset.Rule{{Rule: r.Rule, Program: r.Program}}}
	box := outbox.New("test", 1<<20)
	taker := box.Open(outbox.Filter{})
	defer taker.Close()
	config := detector.Config{DedupSize: 1, DedupTTL: time.Hour, NoDedup: true, MaxAlerts: &hold.Rate{}}
	engine, err := detector.New(config, rules, detector.Host{Outbox: box, State: detector.NewState(), Lost: func(outbox.Alert) {}})
	if err != nil {
		return 0, err
	}
	defer engine.Close(false)
	result, err := engine.Scan("test", ingest.ChunkOf(input, time.Now()).Data)
	return result.Alerts, err
}

// Explain returns, for each event in the input of the test, the results of the
// conditions of the rule's query.
func (r *Result) Explain() (all [][]ruleset.Finding) {
	chunk := ingest.ChunkOf(r.Test.Event, time.Now())
	reader := envelope.NewReader(r.schema, func(e *event.Event) {
		_, findings := r.Rule.Explain(e)
		all = append(all, findings)
	})
	for _, record := range chunk.Records {
		_, _, _ = reader.Read(chunk.Data, record.Body) // ChunkOf wrote it
	}
	return all
}

// Failure is the error of a test that did not pass.
type Failure struct{ Result }

// Error returns "path:line: rule "…", test "…": expected an alert, got none".
func (f *Failure) Error() string {
	head := fmt.Sprintf("%s:%d: rule %q, test %q: ", f.Rule.Source.Path, f.Test.Line, f.Rule.Name, f.Test.Name)
	if f.Err != nil {
		return head + f.Err.Error()
	}
	want, got := "no alert", "none"
	if f.Test.WantAlert() {
		want = "an alert"
	}
	switch f.Alerts {
	case 0:
	case 1:
		got = "one"
	default:
		got = fmt.Sprint(f.Alerts)
	}
	return fmt.Sprintf("%sexpected %s, got %s", head, want, got)
}

func (f *Failure) Unwrap() error { return f.Err }
