package detector

import (
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

// canary is the rule that the synthetic event is for.
type canary struct {
	maker   *alert.Maker
	program *match.Program
}

func newCanary(c Config, l ruleset.Loader, o alert.Observer, fields *alert.Fields) (*canary, error) {
	r := &rule.Rule{
		ID: "5f0a3a0e-5e1f-4a53-9a5e-6d7b1f0c2b11", Name: "fluent-detect self-test", Severity: rule.Low,
		Query: rule.Query{Text: canaryQuery, Language: "kuery"},
	}
	p, err := l.Compile(r.Query.Language, r.Query.Text)
	if err != nil {
		return nil, err
	}
	return &canary{alert.NewMaker(r, o, c.Format, fields), p}, nil
}

// canaryEvent is the synthetic event, with its time and its id.
const canaryEvent = `{"eventVersion":"1.11","eventTime":%q,"eventSource":"self-test.fluent-detect.invalid","eventName":"FluentDetectSelfTest",` +
	`"awsRegion":"none","sourceIPAddress":"192.0.2.1","userAgent":"fluent-detect","userIdentity":{"type":"AWSService","invokedBy":"fluent-detect"},` +
	`"requestParameters":null,"responseElements":null,"eventID":%q,"eventType":"AwsApiCall","eventCategory":"Management","recipientAccountId":"000000000000"}`

// probe follows one synthetic event.
type probe struct {
	eventID string
	record  []byte // the alert
	key     hold.Key
	err     error
}

// testItself sends a synthetic event through and notes what became of it.
func (e *Engine) testItself() {
	problem := "panic; the log has the stack"
	defer func() { e.tested(problem) }()
	err := e.probe()
	problem = ""
	if err != nil {
		problem = err.Error()
	}
}

// tested notes the outcome of a self-test. The log tells when it changes.
func (e *Engine) tested(problem string) {
	state := e.state
	state.mu.Lock()
	s := &state.selfTest
	before := s.Problem
	s.Runs++
	s.Problem = problem
	if problem == "" {
		s.LastSuccess = e.host.Now()
	} else {
		s.Failures++
	}
	state.mu.Unlock()
	switch {
	case problem != "" && before == "":
		e.host.Warn("self-test: failed, alerts may be missing: " + printable(problem))
	case problem == "" && before != "":
		e.host.Warn("self-test: passed again")
	}
	if problem != "" {
		e.report(fault{kind: "self_test", message: "self-test: " + problem, tag: selfTestTag})
	}
}

// probe sends one synthetic event through. The error says where it got stuck.
func (e *Engine) probe() error {
	now := e.host.Now()
	p := &probe{eventID: fmt.Sprintf("self-test-%d", now.UnixNano())}
	chunk := ingest.ChunkOf(fmt.Appendf(nil, canaryEvent, now.UTC().Format(time.RFC3339), p.eventID), now)
	if e.literals != nil && !e.literals.AnyIn(chunk.Data) {
		return errors.New("a chunk with the synthetic event would not be read")
	}
	s := e.scanners.Get().(*scanner)
	s.tag, s.probe = selfTestTag, p
	err := s.walk(chunk.Data, 0)
	s.probe = nil
	e.scanners.Put(s)
	switch {
	case err != nil:
		return fmt.Errorf("the synthetic event cannot be read: %w", err)
	case p.err != nil:
		return p.err
	case p.record == nil:
		return errors.New("the synthetic event did not match its rule")
	}
	if err := p.write(&e.host); err != nil {
		return err
	}
	return p.check()
}

// visit does for the synthetic event what transaction.add and commit do for
// others, and leaves nothing behind.
func (p *probe) visit(s *scanner, e *event.Event, matches []int32) {
	engine := s.engine
	if len(matches) == 0 || int(matches[len(matches)-1]) != len(engine.rules) {
		return
	}
	t := transaction{engine: engine}
	t.begin()
	defer t.rollback()
	m := engine.canary.maker
	p.key = alert.ID(m.Rule().ID, e, engine.schema.Identity(e))
	if engine.state.duplicates.Seen(p.key) {
		p.err = errors.New("the synthetic event, which is new, is taken for a duplicate")
		return
	}
	engine.schema.Describe(e, &t.subject)
	p.record = m.Make(nil, p.key, e, &t.subject, alert.Arrival{Tag: s.tag, Read: s.read, Now: t.now})
	t.stage(m, p.key, p.record)
	room, _, err := engine.host.Outbox.Reserve(t.alerts) // no input may want this rule, and that is all right
	if err != nil {
		p.err = err
		return
	}
	room.Cancel()
}

// write writes to the disk what is gone soon.
func (p *probe) write(h *Host) error {
	if h.Store == nil {
		return nil
	}
	_, err := h.Store.Commit(store.Batch{Detector: selfTestTag, Changes: []hold.Change{
		{Space: "probe", Key: []byte("probe"), Value: p.key[:], Expires: time.Now()},
	}})
	if err != nil {
		return &StoreError{Tag: selfTestTag, Err: err}
	}
	return nil
}

// check looks whether the alert is that of the event.
func (p *probe) check() error {
	v, _, err := msgpack.Read(p.record, 0)
	if err != nil {
		return fmt.Errorf("the alert of the synthetic event cannot be read: %w", err)
	}
	for members := v.Members(); ; {
		key, value, ok := members.Next()
		if !ok {
			return errors.New("the alert of the synthetic event has no alert_id")
		}
		if string(key.Bytes()) != "alert_id" {
			continue
		}
		if got, want := string(value.Bytes()), alert.UUID(p.key); got != want {
			return fmt.Errorf("the alert of the synthetic event has the id %q, not %q", got, want)
		}
		return nil
	}
}
