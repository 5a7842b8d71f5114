package detector

import (
	"fmt"
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// Engine evaluates chunks against a set of rules.
type Engine struct {
	config   Config
	rules    []activeRule // used under state.mu
	schema   *event.Schema
	fields   *alert.Fields
	programs *match.Set
	literals *literal.Set // nil: every record is read
	host     Host
	state    *State
	scanners sync.Pool
	near     *stats.NearMisses
	canary   *canary // nil: no self-tests

	timerMu sync.Mutex
	timer   *time.Timer   // for the end of intervals in which alerts were held back
	timers  []*time.Timer // of what comes at intervals
	closed  bool
	running sync.WaitGroup // in the background
}

// Host is what an Engine needs from where it runs.
type Host struct {
	Outbox   *outbox.Box
	Observer alert.Observer
	// State is what a former Engine left, or NewState().
	State *State
	// Store keeps alerts and what was alerted on disk; nil: memory only. Name
	// tells the detectors that share it apart.
	Store Store
	Name  string
	// Lost is told of alerts that nobody takes, also of those that an Engine
	// before this one left. The alert is not kept.
	Lost func(outbox.Alert)
	// Warn takes a line for the log, on something that an operator should know.
	Warn func(line string)
	Now  func() time.Time // nil: time.Now
}

// Store keeps on disk what has to survive the process. A *store.Store is one.
type Store interface {
	outbox.Keeper
	Commit(store.Batch) (numbers []uint64, err error)
	Restore(detector string, memories hold.Memories) error
}

// New returns an Engine that evaluates the rules.
func New(config Config, rules *ruleset.Set, host Host) (*Engine, error) {
	if host.Now == nil {
		host.Now = time.Now
	}
	if host.Warn == nil {
		host.Warn = func(string) {}
	}
	e := &Engine{config: config, host: host, state: host.State, schema: rules.Schema, fields: alert.NewFields(rules.Schema)}
	var programs []*match.Program
	for _, r := range rules.Rules {
		programs = append(programs, r.Program)
	}
	if config.SelfTest > 0 {
		var err error
		if e.canary, err = newCanary(config, rules.Loader, host.Observer, e.fields); err != nil {
			return nil, err
		}
		programs = append(programs, e.canary.program)
	}
	e.programs = match.NewSet(programs, rules.Mapping())
	if !config.ReadAll {
		e.literals = prefilterTexts(e.programs, e.schema)
	}
	for _, r := range rules.Rules {
		e.rules = append(e.rules, newActiveRule(r, config, host.Observer, e.fields, e.schema))
	}
	e.scanners.New = func() any { return newScanner(e) }
	if err := e.state.use(config, rules.Rules, host); err != nil {
		return nil, err
	}
	e.state.mu.Lock()
	e.near = e.state.rules.Load(rules.Rules)
	e.state.mu.Unlock()
	for _, a := range host.Outbox.Orphans() { // the inputs were changed in a reload
		host.Lost(a)
	}
	e.wake(e.state.nextSummary())
	if config.Heartbeat > 0 {
		e.beatEvery(config.Heartbeat)
	}
	if config.SelfTest > 0 {
		e.every(config.SelfTest, 0, "self-test", e.testItself)
	}
	return e, nil
}

// use fits the state to the settings of the Engine that goes on with it.
func (s *State) use(c Config, rules []*ruleset.Rule, host Host) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.duplicates == nil {
		if err := s.begin(c, host); err != nil {
			return err
		}
	} else {
		s.duplicates.Resize(c.DedupSize, c.DedupTTL)
		s.suppressor.Resize(c.DedupSize)
	}
	if s.selfTest.On = c.SelfTest > 0; !s.selfTest.On {
		s.selfTest.Problem = ""
	}
	rates := map[string]hold.Rate{}
	for _, r := range rules {
		rates[r.ID] = hold.Rate{Max: r.MaxSignals, Per: r.IntervalDuration}
		if c.MaxAlerts != nil {
			rates[r.ID] = *c.MaxAlerts
		}
	}
	for _, d := range s.caps.SetRates(rates) {
		host.Warn(unsummarized(d.Rule, d.Held))
	}
	return nil
}

// begin makes the memories, of what the store knows.
func (s *State) begin(c Config, host Host) error {
	duplicates, err := hold.NewDuplicates(c.DedupSize, c.DedupTTL)
	if err != nil {
		return err
	}
	suppressor, err := hold.NewSuppressor(c.DedupSize)
	if err != nil {
		return err
	}
	caps := hold.NewCaps()
	memories := hold.Memories{duplicates, suppressor, caps}
	if host.Store != nil {
		if err := host.Store.Restore(host.Name, memories); err != nil {
			return err
		}
	}
	s.duplicates, s.suppressor, s.caps, s.memories = duplicates, suppressor, caps, memories
	return nil
}

// unsummarized is the log line about alerts that a rule held back that is no
// longer loaded, so that there will be no summary of them.
func unsummarized(ruleID string, h hold.Held) string {
	return fmt.Sprintf("rule %s is no longer loaded; since %s it had held back %d alerts", ruleID, h.Begin.UTC().Format(time.RFC3339), h.Count)
}

// Report returns the counters of the Engine's state.
func (e *Engine) Report() stats.Report { return e.state.Report() }

// Scan evaluates the chunk and puts the alerts in the outbox. The error is
//
//   - a *outbox.FullError, or a *StoreError: nothing was done, the same chunk
//     is to be given again later;
//   - a *ScanError: the chunk is broken at some byte, what came before it was
//     evaluated and its alerts are in the outbox.
func (e *Engine) Scan(tag string, chunk []byte) (Result, error) {
	s := e.scanners.Get().(*scanner)
	r, err := s.scan(tag, chunk)
	e.scanners.Put(s) // not after a panic: the scanner may be in any state
	if err != nil {
		e.reportBroken(err)
	}
	return r, err
}

// Close ends the Engine. With final, nobody will go on with its state: what
// was held back comes out as summary alerts now. Otherwise the next Engine
// goes on with the intervals in hand.
func (e *Engine) Close(final bool) {
	e.stop()
	if final {
		e.summarize(true)
	}
}
