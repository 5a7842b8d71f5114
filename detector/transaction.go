package detector

import (
	"bytes"
	"hash/maphash"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// transaction is what the matches of one chunk do to the state. It begins with
// the first match and holds the state's lock from then on; until commit has
// put the alerts in the outbox nothing of it has happened.
type transaction struct {
	engine    *Engine
	open      bool
	tag       string // of the chunk
	force     bool   // the engine ends: what is held back comes out now
	now       time.Time
	summaries uint64
	alerts    []outbox.Alert
	record    []byte // of the last alert, before it is copied to its size
	keys      []hold.Key
	matches   []outcomeOf
	subject   event.Subject // of the current match
}

func (t *transaction) begin() {
	if t.open {
		return
	}
	t.engine.state.mu.Lock()
	t.open = true
	t.now = t.engine.host.Now()
	t.summaries = 0
	t.engine.state.memories.Begin()
}

// add takes in the match of a rule: known events, duplicates, what resembles an
// alert and what is too much stop here, each counted. Nothing of the event is
// kept.
func (t *transaction) add(rule int, e *event.Event, tag string, read time.Time) {
	t.begin()
	t.tag = tag
	r, state := &t.engine.rules[rule], t.engine.state
	if r.excepted(e, t.now, t.engine.host.Warn) {
		t.count(rule, stats.Excepted)
		return
	}
	schema := t.engine.schema
	id := alert.ID(r.Rule().ID, e, schema.Identity(e))
	key := r.dedupKey(id, e)
	dedups := !t.engine.config.NoDedup
	if dedups {
		if state.duplicates.Seen(key) {
			t.count(rule, stats.Duplicate)
			return
		}
	}
	schema.Describe(e, &t.subject)
	principal := string(t.subject.Principal)
	if dedups {
		state.duplicates.Add(key, ownerOf(principal))
		t.keys = append(t.keys, key)
	}
	if group, ok := r.digest("suppress", r.suppressBy, e); ok &&
		!state.suppressor.Take(group, r.Rule().ID, func() []string { return r.by(e) }, t.engine.fields.Subject(&t.subject), t.now, r.suppressFor) {
		t.count(rule, stats.Suppressed)
		return
	}
	t.summarizeCap(r)
	if !state.caps.Take(r.Rule().ID, func() *hold.Subject { return t.engine.fields.Subject(&t.subject) }, principal, t.now) {
		t.count(rule, stats.Capped)
		return
	}
	t.count(rule, stats.Emitted)
	t.record = r.Make(t.record[:0], id, e, &t.subject, alert.Arrival{Tag: tag, Read: read, Now: t.now})
	t.stage(r.Maker, id, bytes.Clone(t.record))
}

var ownerSeed = maphash.MakeSeed()

// ownerOf makes a principal an owner of keys.
func ownerOf(principal string) hold.Owner {
	if principal == "" {
		return 0
	}
	return hold.Owner(maphash.String(ownerSeed, principal))
}

func (t *transaction) stage(m *alert.Maker, key hold.Key, record []byte) {
	t.alerts = append(t.alerts, outbox.Alert{
		ID:       alert.UUID(key),
		Rule:     m.Slug(),
		Severity: int(m.Rule().Severity),
		Time:     t.now,
		Record:   record,
	})
}

// summarizeCap stages the summary of the interval of the rule when it is over.
func (t *transaction) summarizeCap(r *activeRule) {
	caps := t.engine.state.caps
	if held, ok := caps.Due(r.Rule().ID, t.now, t.force); ok {
		t.summary(r, alert.Summary{Held: held, Cap: caps.Rate(r.Rule().ID)})
	}
}

// summarizeGroups stages the summaries of groups whose windows are over.
func (t *transaction) summarizeGroups() {
	for _, s := range t.engine.state.suppressor.Over(t.now, t.force) {
		if r := t.engine.rule(s.Rule); r != nil {
			t.summary(r, alert.Summary{Held: s.Held, By: s.By})
		} else {
			t.engine.host.Warn(unsummarized(s.Rule, s.Held))
		}
	}
}

func (t *transaction) summary(r *activeRule, s alert.Summary) {
	key, record := r.MakeSummary(nil, s, t.now)
	t.summaries++
	t.stage(r.Maker, key, record)
}

// commit puts the alerts in the outbox, and in the store, and remembers them. The
// error is a *outbox.FullError or a *StoreError, and then nothing has happened.
func (t *transaction) commit() (alerts int, err error) {
	if !t.open {
		return 0, nil
	}
	t.summarizeGroups()
	unwanted, err := t.deliver()
	if err != nil && t.force {
		unwanted, err = t.alerts, nil // there is no later
	}
	if err != nil {
		t.rollback()
		return 0, err
	}
	state := t.engine.state
	state.memories.Commit()
	alerts = t.commitOutcomes(unwanted)
	state.summaries += t.summaries
	next := state.nextSummary()
	t.end()
	for _, a := range unwanted {
		t.engine.host.Lost(a)
	}
	t.engine.wake(next)
	return alerts, nil
}

// outcomeOf is a match of the rule at that index and its outcome.
type outcomeOf struct {
	rule    int
	outcome stats.Outcome
	alert   int // Emitted: index of the alert in the transaction
}

// count notes a match.
func (t *transaction) count(rule int, o stats.Outcome) {
	t.matches = append(t.matches, outcomeOf{rule, o, len(t.alerts)})
}

// commitOutcomes counts the matches, and returns how many of their alerts are in
// the outbox: those that are not among unwanted.
func (t *transaction) commitOutcomes(unwanted []outbox.Alert) (alerts int) {
	lost := make(map[string]bool, len(unwanted))
	for _, a := range unwanted {
		lost[a.ID] = true
	}
	state := t.engine.state
	for _, m := range t.matches {
		o := m.outcome
		if o == stats.Emitted && lost[t.alerts[m.alert].ID] {
			o = stats.Failed
		}
		if o == stats.Emitted {
			alerts++
		}
		state.outcomes[o]++
		state.rules.Count(t.engine.rules[m.rule].Rule().ID, o)
	}
	return alerts
}

// deliver puts the alerts in the outbox once they are on disk.
func (t *transaction) deliver() (unwanted []outbox.Alert, err error) {
	host := &t.engine.host
	room, unwanted, err := host.Outbox.Reserve(t.alerts)
	if err != nil {
		return nil, err
	}
	if host.Store == nil {
		room.Commit(nil, nil)
		return unwanted, nil
	}
	if len(room.Alerts()) == 0 && len(t.keys) == 0 {
		return unwanted, nil
	}
	numbers, err := host.Store.Commit(store.Batch{
		Channel:  t.engine.config.Channel,
		Alerts:   room.Alerts(),
		Detector: host.Name,
		Keys:     t.keys,
		Expires:  time.Now().Add(t.engine.config.DedupTTL), // on the wall clock, which survives
		MaxKeys:  t.engine.config.DedupSize,
	})
	if err != nil {
		room.Cancel()
		return nil, &StoreError{Tag: t.tag, Err: err}
	}
	room.Commit(host.Store, numbers)
	return unwanted, nil
}

// rollback undoes an open transaction.
func (t *transaction) rollback() {
	if !t.open {
		return
	}
	t.engine.state.memories.Rollback()
	t.end()
}

func (t *transaction) end() {
	clear(t.alerts)
	t.alerts, t.keys, t.matches = t.alerts[:0], t.keys[:0], t.matches[:0]
	t.open = false
	t.engine.state.mu.Unlock()
}
