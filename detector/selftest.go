package detector

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// selfTestTag is the tag of the synthetic events.
const selfTestTag = "fluent_detect.self_test"

// canaryQuery matches the synthetic event. No real event has its provider: the
// name is reserved (RFC 6761).
const canaryQuery = "event.dataset: aws.cloudtrail and event.provider: self-test.fluent-detect.invalid and " +
	"event.action: FluentDetectSelfTest and event.outcome: success"

// selfTest sends synthetic events, which only its own rule matches, along the path
// of all events: from the bytes of a chunk to an alert for which the outbox and the
// disk have room. The alerts are not counted and not delivered.
type selfTest struct {
	alerter  *alerter
	reporter *reporter
	maker    *alert.Maker
	program  *match.Program // behind those of the rules
	scanner  *scanner

	// Of the current run:
	record []byte // the alert
	key    hold.Key
	err    error
}

// newSelfTest returns a self-test without a scanner.
func newSelfTest(a *alerter, r *reporter, l ruleset.Loader) (*selfTest, error) {
	one := &rule.Rule{
		ID: "5f0a3a0e-5e1f-4a53-9a5e-6d7b1f0c2b11", Name: "fluent-detect self-test", Severity: rule.Low,
		Query: rule.Query{Text: canaryQuery, Language: "kuery"},
	}
	p, err := l.Compile(one.Query)
	if err != nil {
		return nil, err
	}
	return &selfTest{alerter: a, reporter: r, maker: alert.NewMaker(one, a.host.Observer, a.config.Format, a.fields), program: p}, nil
}

// canaryEvent is the synthetic event; its time and its ID are inserted.
const canaryEvent = `{"eventVersion":"1.11","eventTime":%q,"eventSource":"self-test.fluent-detect.invalid","eventName":"FluentDetectSelfTest",` +
	`"awsRegion":"none","sourceIPAddress":"192.0.2.1","userAgent":"fluent-detect","userIdentity":{"type":"AWSService","invokedBy":"fluent-detect"},` +
	`"requestParameters":null,"responseElements":null,"eventID":%q,"eventType":"AwsApiCall","eventCategory":"Management","recipientAccountId":"000000000000"}`

// run runs a self-test and notes whether it passed.
func (t *selfTest) run() {
	problem := "panic; the log has the stack"
	defer func() { t.note(problem) }()
	err := t.try()
	problem = ""
	if err != nil {
		problem = err.Error()
	}
}

// note counts the self-test; problem is empty if it passed. Only changes are logged.
func (t *selfTest) note(problem string) {
	state, host := t.alerter.state, t.alerter.host
	state.mu.Lock()
	s := &state.selfTest
	before := s.Problem
	s.Runs++
	s.Problem = problem
	if problem == "" {
		s.LastSuccess = host.Now()
	} else {
		s.Failures++
	}
	state.mu.Unlock()
	switch {
	case problem != "" && before == "":
		host.Warn("self-test: failed, alerts may be missing: " + printable(problem))
	case problem == "" && before != "":
		host.Warn("self-test: passed again")
	}
	if problem != "" {
		t.reporter.report(fault{kind: "self_test", message: "self-test: " + problem, tag: selfTestTag})
	}
}

// try sends one synthetic event. The error says where it got stuck.
func (t *selfTest) try() error {
	now := t.alerter.host.Now()
	id := fmt.Sprintf("self-test-%d", now.UnixNano())
	chunk := ingest.ChunkOf(fmt.Appendf(nil, canaryEvent, now.UTC().Format(time.RFC3339), id), now)
	s := t.scanner
	if texts := s.prefilter.texts; texts != nil && !texts.AnyIn(chunk.Data) {
		return errors.New("a chunk with the synthetic event would not be read")
	}
	t.record, t.err = nil, nil
	s.tag, s.matched = selfTestTag, t.matched
	err := s.walk(chunk.Data, 0)
	switch {
	case err != nil:
		return fmt.Errorf("the synthetic event cannot be read: %w", err)
	case t.err != nil:
		return t.err
	case t.record == nil:
		return errors.New("the synthetic event did not match its rule")
	}
	if err := t.write(); err != nil {
		return err
	}
	return t.check()
}

// matched does for the synthetic event what transactions do for others, and undoes
// it.
func (t *selfTest) matched(e *event.Event, matches []int32) {
	a := t.alerter
	if len(matches) == 0 || int(matches[len(matches)-1]) != len(a.rules) {
		return
	}
	tx := transaction{alerter: a, first: noMoment}
	tx.begin()
	defer tx.rollback()
	id := a.fields.IDOf(t.maker.Rule().ID, e)
	t.key = id.Alert
	if a.state.duplicates.Seen(t.key) {
		t.err = errors.New("the synthetic event, which is new, is taken for a duplicate")
		return
	}
	a.schema.Describe(e, &tx.subject)
	t.record = t.maker.Make(nil, id, e, &tx.subject, alert.Arrival{Tag: selfTestTag, Read: t.scanner.read, Now: tx.now})
	tx.stage(t.maker, t.key, t.record)
	room, _, err := a.host.Outbox.Reserve(tx.alerts) // it does not matter whether a consumer takes this rule
	if err != nil {
		t.err = err
		return
	}
	room.Cancel()
}

// write writes an entry that expires at once.
func (t *selfTest) write() error {
	s := t.alerter.host.Store
	if s == nil {
		return nil
	}
	_, err := s.Commit(store.Batch{Detector: selfTestTag, Changes: []hold.Change{
		{Space: "self_test", Key: []byte("last"), Value: t.key[:], Expires: time.Now()},
	}})
	if err != nil {
		return &StoreError{Tag: selfTestTag, Err: err}
	}
	return nil
}

// check checks that the alert is that of the event.
func (t *selfTest) check() error {
	if _, _, err := msgpack.Read(t.record, 0); err != nil {
		return fmt.Errorf("the alert of the synthetic event cannot be read: %w", err)
	}
	if id := alert.UUID(t.key); !bytes.Contains(t.record, []byte(id)) {
		return fmt.Errorf("the alert of the synthetic event does not have the id %s", id)
	}
	return nil
}
