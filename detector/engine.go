package detector

import (
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// Host is what an Engine needs from its environment.
type Host struct {
	Outbox   *outbox.Box
	Observer alert.Observer
	// State is the state of a previous Engine, or NewState().
	State *State
	// Store keeps alerts and State's memories on disk; nil: memory only. Name
	// identifies the detector among those that share the Store.
	Store Store
	Name  string
	// Lost handles an alert that no consumer takes, also one that a previous Engine
	// left. The alert is not kept.
	Lost func(outbox.Alert)
	// Warn logs a line that an operator should know, Info one that he may like to know.
	Warn func(line string)
	Info func(line string)
	Now  func() time.Time // nil: time.Now
}

// Engine evaluates chunks against a set of rules.
type Engine struct {
	config     Config
	host       Host
	alerter    alerter
	reporter   reporter
	background background
	selfTest   *selfTest    // nil: none
	texts      *literal.Set // of the prefilter; nil: every record is read
	scanners   sync.Pool
}

// New returns an Engine that evaluates the rules.
func New(config Config, rules *ruleset.Set, host Host) (*Engine, error) {
	if host.Now == nil {
		host.Now = time.Now
	}
	if host.Warn == nil {
		host.Warn = func(string) {}
	}
	if host.Info == nil {
		host.Info = func(string) {}
	}
	e := &Engine{config: config, host: host}
	a, r := &e.alerter, &e.reporter
	*a = alerter{config: &e.config, host: &e.host, state: host.State, schema: rules.Schema, fields: alert.NewFields(rules.Schema), wake: e.wake, large: envelope.NewLarge(),
		timestamp: rules.Schema.Field("@timestamp"), eventID: rules.Schema.Field("event.id"),
		action: rules.Schema.Field("event.action"), address: rules.Schema.Field("source.address")}
	*r = reporter{&e.config, &e.host, host.State}
	e.background.warn, e.background.panicked = host.Warn, r.panicked
	var programs []*match.Program
	for _, one := range rules.Rules {
		a.rules = append(a.rules, newActiveRule(one, config, host.Observer, a.fields, a.schema))
		programs = append(programs, one.Program)
	}
	for i, feeds := range stateful.Feeds(rules.Rules) {
		a.rules[i].feeds = feeds
	}
	if config.SelfTest > 0 {
		var err error
		if e.selfTest, err = newSelfTest(a, r, rules.Loader); err != nil {
			return nil, err
		}
		programs = append(programs, e.selfTest.program)
	}
	set := match.NewSet(programs, rules.Mapping())
	if !config.ReadAll {
		e.texts = prefilterTexts(set, a.schema)
	}
	misses, err := host.State.use(&e.config, rules, host.Store, host.Name, host.Warn)
	if err != nil {
		return nil, err
	}
	for i := range a.rules {
		a.rules[i].outcomes = host.State.rules.Of(a.rules[i].Rule().ID)
	}
	e.scanners.New = func() any { return newScanner(set, e.texts, misses, a) }
	for _, orphan := range host.Outbox.TakeUnrouted() { // the inputs were changed in a reload
		host.Lost(orphan)
	}
	e.wake(host.State.nextSummary())
	if config.Heartbeat > 0 {
		e.background.every(config.Heartbeat, r.firstBeat(), "heartbeat", r.beat)
	}
	if config.Context && host.Store != nil {
		e.background.every(writeHistory, writeHistory, "history", a.flushHistory)
	}
	if d := rules.Databases; d != nil {
		e.background.every(geo.RefreshInterval, geo.RefreshInterval, "geo_databases", func() { r.refresh(d) })
	}
	if e.selfTest != nil {
		e.selfTest.scanner = newScanner(set, e.texts, misses, a)
		e.background.every(config.SelfTest, 0, "self-test", e.selfTest.run)
	}
	return e, nil
}

// wake makes the summaries that are due at that time, even if no chunk comes.
func (e *Engine) wake(at time.Time) {
	if !at.IsZero() {
		e.background.after(max(at.Sub(e.host.Now()), 0), "summaries", func() { e.alerter.summarize(false) })
	}
}

// Report returns the counters of the Engine's state.
func (e *Engine) Report() stats.Report { return e.host.State.Report() }

// Scan evaluates the chunk and puts the alerts in the outbox. The error is
//
//   - a *outbox.FullError, or a *StoreError: nothing was done, and the same chunk
//     should be passed again later;
//   - a *ScanError: the chunk is broken at some byte, what came before it was
//     evaluated and its alerts are in the outbox.
func (e *Engine) Scan(tag string, chunk []byte) (Result, error) {
	s := e.scanners.Get().(*scanner)
	r, err := s.scan(tag, chunk)
	e.scanners.Put(s) // not after a panic: the scanner may be in any state
	if err != nil {
		e.reporter.reportBroken(err)
	}
	return r, err
}

// Learn lets the rules of type new_terms, and the history, learn from a chunk that was read
// from files and has only events of the past. It makes no alerts and changes nothing else.
// The error is that of Scan. Call Learned after the last chunk.
func (e *Engine) Learn(tag string, chunk []byte) (Result, error) {
	s := e.scanners.Get().(*scanner)
	s.tx.noted.learning = true
	r, err := s.scan(tag, chunk)
	s.tx.noted.learning = false
	e.scanners.Put(s)
	return r, err
}

// Learned ends learning from files: the rules of type new_terms do not learn for learn_for any
// more. The error is one of the store, and then nothing has happened.
func (e *Engine) Learned() error { return e.alerter.learned() }

// HasHistory reports whether a rule of type new_terms has seen events or has learned from
// files, or no rule of that type is loaded.
func (e *Engine) HasHistory() bool {
	s := e.host.State
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.HasHistory()
}

// Panicked counts and reports a panic that the caller of Scan recovered from. The
// chunk with that tag is lost.
func (e *Engine) Panicked(tag string, reason any) { e.reporter.panicked(tag, reason) }

// Close ends the Engine. If final is set, no other Engine will use its state in this
// process: summaries of what was held back are made now. Otherwise the next Engine
// continues the intervals.
func (e *Engine) Close(final bool) {
	e.background.stop()
	if final {
		e.alerter.summarize(true)
	}
	e.alerter.flushHistory()
}
