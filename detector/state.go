package detector

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/history"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// State is what a detector remembers and counts. It outlives the Engine: after a
// reload the next Engine uses it. One Engine uses it at a time.
type State struct {
	began   time.Time
	traffic stats.Traffic
	faults  *hold.Throttle // of error records

	unrecognized *hold.Throttle // of log lines about them
	leftOut      *hold.Throttle // of log lines about what rules could not remember

	unbegun   atomic.Bool  // some rule with a memory has not seen an event
	memoryDue atomic.Int64 // when, by the time of events, a summary of a memory is due
	seen      atomic.Int64 // the newest time of events of chunks that had nothing for the memory

	commits // its mu guards what follows

	duplicates *hold.Duplicates // nil: no Engine has used the state yet
	eventIDs   *hold.EventIDs
	suppressor *hold.Suppressor
	caps       *hold.Caps
	memory     *stateful.Memory // of the rules
	logged     stateful.Counts  // of memory
	history    *history.History // nil: none is kept
	followUps  uint64
	outcomes   stats.Outcomes
	summaries  uint64
	rules      *stats.Rules
	selfTest   stats.SelfTest
	lastBeat   time.Time      // of the heartbeats
	databases  *geo.Databases // of the Engine that uses the state; nil: none
}

// faultRate limits error records: a stream of garbage breaks every chunk.
var faultRate = hold.Rate{Max: 3, Per: time.Minute}

// NewState returns the state of a detector that has seen nothing.
func NewState() *State {
	s := &State{began: time.Now(), faults: hold.NewThrottle(faultRate), unrecognized: hold.NewThrottle(unrecognizedRate), leftOut: hold.NewThrottle(unrecognizedRate), rules: stats.NewRules()}
	s.seen.Store(stateful.Undated)
	return s
}

// see notes the time of an event of which no rule remembers anything.
func (s *State) see(at int64) {
	for seen := s.seen.Load(); at > seen && !s.seen.CompareAndSwap(seen, at); {
		seen = s.seen.Load()
	}
}

// use adapts the state to the configuration and the rules of the Engine that uses
// it from now on, and returns the counters of the near misses of the rules. The
// first Engine restores what the store has of the detector with that name.
func (s *State) use(c *Config, loaded *ruleset.Set, store Store, name string, warn func(string)) (*stats.NearMisses, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.duplicates == nil {
		if err := s.restore(c, store, name); err != nil {
			return nil, err
		}
	} else {
		s.duplicates.Resize(c.DedupSize, c.DedupTTL)
		s.eventIDs.Resize(c.DedupSize, c.DedupTTL)
		s.suppressor.Resize(c.DedupSize)
	}
	if err := s.useHistory(c, store, name); err != nil {
		return nil, err
	}
	if s.selfTest.On = c.SelfTest > 0; !s.selfTest.On {
		s.selfTest.Problem = ""
	}
	s.databases = loaded.Databases
	s.useMemory(c, loaded.Rules, warn)
	rates := map[string]hold.Rate{}
	for _, r := range loaded.Rules {
		rates[r.ID] = hold.Rate{Max: r.MaxSignals, Per: r.IntervalDuration}
		if c.MaxAlerts != nil {
			rates[r.ID] = *c.MaxAlerts
		}
	}
	for _, d := range s.caps.SetRates(rates) {
		warn(unsummarized(d.Rule, d.Held))
	}
	return s.rules.Load(loaded.Rules), nil
}

// restore makes the memories, from what the store has.
func (s *State) restore(c *Config, store Store, name string) error {
	duplicates, err := hold.NewDuplicates(c.DedupSize, c.DedupTTL)
	if err != nil {
		return err
	}
	eventIDs := hold.NewEventIDs(c.DedupSize, c.DedupTTL)
	suppressor, err := hold.NewSuppressor(c.DedupSize)
	if err != nil {
		return err
	}
	caps := hold.NewCaps()
	memory := stateful.NewMemory()
	memories := hold.Memories{duplicates, eventIDs, suppressor, caps, memory}
	if store != nil {
		if err := store.Restore(name, memories); err != nil {
			return err
		}
	}
	s.duplicates, s.eventIDs, s.suppressor, s.caps, s.memory, s.memories = duplicates, eventIDs, suppressor, caps, memory, memories
	return nil
}

// useMemory makes the rules those whose memories are used.
func (s *State) useMemory(c *Config, rules []*ruleset.Rule, warn func(string)) {
	list := make([]*rule.Rule, len(rules))
	for i, r := range rules {
		list[i] = r.Rule
	}
	limits := stateful.DefaultLimits
	limits.Lateness, limits.LearnFor = c.Lateness, c.LearnFor
	for _, line := range s.memory.Use(list, limits) {
		warn(line)
	}
	s.noteMemory()
}

// noteMemory notes what chunks without a match have to know of the memory of rules.
func (s *State) noteMemory() {
	s.unbegun.Store(!s.memory.Began())
	s.memoryDue.Store(s.memory.Due())
}

// unsummarized is the log line about alerts that a rule held back that is no
// longer loaded, so that there will be no summary of them.
func unsummarized(ruleID string, h hold.Held) string {
	return fmt.Sprintf("rule %s is no longer loaded; since %s it had held back %d alerts", ruleID, h.Begin.UTC().Format(time.RFC3339), h.Count)
}

// nextSummary returns when the first interval ends in which alerts may have been
// held back, or the zero time.
func (s *State) nextSummary() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, ok := s.caps.Next()
	if end, held := s.suppressor.Next(); held && (!ok || end.Before(next)) {
		next, ok = end, true
	}
	if over, held := s.memory.NextHeldOff(); held && (!ok || over.Before(next)) {
		next, ok = over, true
	}
	if s.history != nil {
		if due, waiting := s.history.NextFollowUp(); waiting && (!ok || due.Before(next)) {
			next = due
		}
	}
	return next
}

// leftOutLine returns a log line about what rules with a memory could not remember since
// the last such line, "" if there is nothing to log now.
func (s *State) leftOutLine(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.memory.Counts()
	if c == s.logged {
		return ""
	}
	if _, ok := s.leftOut.Pass(now); !ok {
		return ""
	}
	line := fmt.Sprintf("rules with a memory: events too late to count: %d, forgotten because there was too much to remember: %d, combinations of an event left out: %d",
		c.Late-s.logged.Late, c.Evicted-s.logged.Evicted, c.Beyond-s.logged.Beyond)
	s.logged = c
	return line
}

// Report returns all counters. Those of matches are of one moment; the traffic
// continues meanwhile.
func (s *State) Report() stats.Report {
	s.mu.Lock()
	r := stats.Report{Began: s.began, Rules: s.rules.All(), SelfTest: s.selfTest, Databases: s.databases.Stats()}
	r.Outcomes, r.Summaries = s.outcomes, s.summaries
	r.History = s.historyReport()
	if s.duplicates != nil {
		r.Dedup = s.duplicates.Stats()
		for i := range r.Rules {
			if m, ok := s.memory.Report(i); ok {
				r.Rules[i].Memory = &m
			}
		}
	}
	s.mu.Unlock()
	s.traffic.Load(&r.Counts)
	r.Keys = s.traffic.Keys()
	return r
}
