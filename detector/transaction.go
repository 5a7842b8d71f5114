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
)

// transaction is what the matches of one chunk do to the state. It begins with the
// first match, and locks the state until the end of the chunk. See group for how it
// is committed.
type transaction struct {
	engine    *Engine
	open      bool // it has locked the state
	force     bool // the engine ends: what was held back is reported now
	now       time.Time
	matches   []matched
	alerts    []outbox.Alert
	summaries uint64        // of alerts
	record    []byte        // of the last alert, before it is copied to its size
	subject   event.Subject // of the current match

	// Of the commit:
	room     outbox.Reservation // for alerts
	unwanted []outbox.Alert     // those that no consumer takes
	changes  []hold.Change      // for the store
	emitted  int
}

// matched is a match of the rule at that index.
type matched struct {
	rule    int
	outcome stats.Outcome
	alert   int // Emitted: index of the alert in the transaction
}

func (t *transaction) begin() {
	if t.open {
		return
	}
	t.engine.state.mu.Lock()
	t.open = true
	t.now = t.engine.host.Now()
	t.engine.state.memories.Begin()
}

// add decides about a match of the rule at that index. Nothing of the event is
// kept.
func (t *transaction) add(rule int, e *event.Event, tag string, read time.Time) {
	t.begin()
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

// commit makes the decisions final: the alerts are in the outbox, and with a store
// on disk. It returns the number of alerts. The error is a *outbox.FullError or one
// of the store, and then nothing has happened.
func (t *transaction) commit() (alerts int, err error) {
	if !t.open {
		return 0, nil
	}
	t.summarizeGroups()
	s, host := t.engine.state, &t.engine.host
	if t.room, t.unwanted, err = host.Outbox.Reserve(t.alerts); err != nil {
		t.rollback()
		return 0, err
	}
	if host.Store != nil {
		t.changes = s.memories.Changes(t.changes)
	}
	if s.unfinished == 0 && (host.Store == nil || len(t.room.Alerts())+len(t.changes) == 0) {
		t.finish(nil)
		t.open = false
		s.mu.Unlock()
	} else if err := t.join(); err != nil {
		return 0, err
	}
	for _, a := range t.unwanted {
		host.Lost(a)
	}
	t.engine.wake(s.nextSummary())
	return t.emitted, nil
}

// finish makes the oldest transaction final, with the state locked. Its alerts have
// these numbers in the store.
func (t *transaction) finish(numbers []uint64) {
	s, host := t.engine.state, &t.engine.host
	s.memories.Commit()
	if host.Store == nil {
		t.room.Commit(nil, nil)
	} else {
		t.room.Commit(host.Store, numbers)
	}
	s.summaries += t.summaries
	lost := make(map[string]bool, len(t.unwanted))
	for _, a := range t.unwanted {
		lost[a.ID] = true
	}
	for _, m := range t.matches {
		o := m.outcome
		switch {
		case o != stats.Emitted:
		case lost[t.alerts[m.alert].ID]:
			o = stats.Failed
		default:
			t.emitted++
		}
		s.outcomes[o]++
		s.rules.Count(t.engine.rules[m.rule].Rule().ID, o)
	}
}

// count notes a match.
func (t *transaction) count(rule int, o stats.Outcome) {
	t.matches = append(t.matches, matched{rule, o, len(t.alerts)})
}

// rollback undoes the transaction, if it is open.
func (t *transaction) rollback() {
	if !t.open {
		return
	}
	t.engine.state.memories.Rollback()
	t.open = false
	t.engine.state.mu.Unlock()
}

// reset prepares for the next chunk, after a rollback of what a panic left.
func (t *transaction) reset() {
	t.rollback()
	clear(t.alerts)
	clear(t.changes)
	t.matches, t.alerts, t.changes, t.summaries, t.emitted = t.matches[:0], t.alerts[:0], t.changes[:0], 0, 0
	t.room, t.unwanted = outbox.Reservation{}, nil
}

// summarize makes the summaries that are due, or all with force.
func (e *Engine) summarize(force bool) {
	t := transaction{engine: e, force: force}
	t.begin()
	defer t.rollback()
	for i := range e.rules {
		t.summarizeCap(&e.rules[i])
	}
	switch _, err := t.commit(); {
	case err == nil:
	case !force:
		e.wake(e.host.Now().Add(retrySummary))
	default: // there is no later
		for _, a := range t.alerts {
			e.host.Lost(a)
		}
	}
}
