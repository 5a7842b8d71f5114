package detector

import (
	"errors"
	"fmt"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/limit"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// TestFailure is a test of a rule that came out otherwise than it expects.
type TestFailure struct {
	Rule *rule.Rule
	Test *rule.Test
	Got  int // alerts
	// Findings are, for each event of the test, what the conditions of the
	// rule's query came to.
	Findings [][]Finding
	Err      error // the engine's, if it could not be run
}

// Error returns "path:line: rule "…", test "…": expected an alert, got none".
func (f *TestFailure) Error() string {
	head := fmt.Sprintf("%s:%d: rule %q, test %q: ", f.Rule.Source.Path, f.Test.Line, f.Rule.Name, f.Test.Name)
	if f.Err != nil {
		return head + f.Err.Error()
	}
	want, got := "no alert", "none"
	if f.Test.WantAlert() {
		want = "an alert"
	}
	switch f.Got {
	case 0:
	case 1:
		got = "one"
	default:
		got = fmt.Sprint(f.Got)
	}
	return fmt.Sprintf("%sexpected %s, got %s", head, want, got)
}

func (f *TestFailure) Unwrap() error { return f.Err }

// Test runs the tests that the rule files have, each in an engine of its own:
// what one test does to deduplication or a cap is nothing to the next. The
// exceptions are not in force; what is tested is the rule. The error joins a
// *TestFailure for each test that fails.
func (r *Rules) Test() error {
	var all []error
	r.EachTest(func(_ *rule.Rule, _ *rule.Test, f *TestFailure) {
		if f != nil {
			all = append(all, f)
		}
	})
	return errors.Join(all...)
}

// EachTest runs the tests as Test does and calls done after each, with nil when
// it passed.
func (r *Rules) EachTest(done func(*rule.Rule, *rule.Test, *TestFailure)) {
	for i, one := range r.rules {
		alone := &Rules{rules: r.rules[i : i+1], compiled: r.compiled[i : i+1], programs: match.NewSet(r.compiled[i : i+1])}
		for j := range one.Extension.Tests {
			test := &one.Extension.Tests[j]
			got, err := alone.alerts(test.Event)
			if err == nil && (got > 0) == test.WantAlert() {
				done(one, test, nil)
				continue
			}
			done(one, test, &TestFailure{Rule: one, Test: test, Got: got, Findings: r.explainInput(i, test.Event), Err: err})
		}
	}
}

// alerts counts the alerts that the rules make of an input.
func (r *Rules) alerts(input []byte) (int, error) {
	box := outbox.New("test", 1<<20)
	taker := box.Open(outbox.Filter{})
	defer taker.Close()
	config := Config{DedupSize: 1, DedupTTL: time.Hour, NoDedup: true, MaxAlerts: &limit.Rate{}}
	engine, err := New(config, r, Host{Outbox: box, State: NewState(), Lost: func(outbox.Alert) {}})
	if err != nil {
		return 0, err
	}
	defer engine.Close(false)
	if err := engine.Scan("test", ingest.ChunkOf(input, time.Now()).Data); err != nil {
		return 0, err
	}
	return int(engine.Stats().Emitted), nil
}
