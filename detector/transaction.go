package detector

import (
	"bytes"
	"hash/maphash"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// alerter turns matches into alerts. All chunks that are evaluated at the same time
// share it.
type alerter struct {
	config *Config
	host   *Host
	state  *State
	schema *event.Schema
	fields *alert.Fields
	rules  []activeRule         // used with the state locked
	wake   func(next time.Time) // makes summaries at that time, if it is not zero
	large  envelope.Large
}

// rule returns the rule with that ID, nil if it is not loaded.
func (a *alerter) rule(id string) *activeRule {
	for i := range a.rules {
		if a.rules[i].Rule().ID == id {
			return &a.rules[i]
		}
	}
	return nil
}

// transaction is what the matches of one chunk do to the state. It begins with the
// first match, and locks the state until the end of the chunk. See commits for what
// happens then.
type transaction struct {
	*alerter
	open      bool // it has locked the state
	force     bool // what was held back is reported now
	now       time.Time
	matches   []matched
	alerts    []outbox.Alert
	summaries uint64 // of alerts
	unwanted  []outbox.Alert
	emitted   int
	decisions decisions

	record  []byte        // of the last alert, before it is copied to its size
	subject event.Subject // of the current match
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
	t.state.mu.Lock()
	t.open = true
	t.now = t.host.Now()
	t.state.memories.Begin()
}

// add decides about a match of the rule at that index. Nothing of the event is
// kept.
func (t *transaction) add(rule int, e *event.Event, tag string, read time.Time) {
	t.begin()
	outcome := t.decide(&t.rules[rule], e, tag, read)
	t.matches = append(t.matches, matched{rule, outcome, len(t.alerts) - 1})
}

// decide returns the outcome of a match. If it is Emitted, the alert is staged.
func (t *transaction) decide(r *activeRule, e *event.Event, tag string, read time.Time) stats.Outcome {
	if r.excepted(e, t.now, t.host.Warn) {
		return stats.Excepted
	}
	state, ruleID := t.state, r.Rule().ID
	id := t.fields.IDOf(ruleID, e)
	key := r.dedupKey(id.Alert, e)
	if !t.config.NoDedup && state.duplicates.Seen(key) {
		return stats.Duplicate
	}
	t.subject.RecordTime = t.recordTime(read)
	t.schema.Describe(e, &t.subject)
	principal := string(t.subject.Principal)
	if !t.config.NoDedup {
		state.duplicates.Add(key, ownerOf(principal))
	}
	reused := false
	if scoped, ok := t.schema.ScopedID(e); ok {
		reused = state.eventIDs.Reused(hold.EventID(scoped[:16]), hold.EventID(id.Event[:16]))
	}
	subject := func() *hold.Subject { return t.fields.Subject(&t.subject) }
	if group, ok := r.digest("suppress", r.suppressBy, e); ok &&
		!state.suppressor.Take(group, ruleID, func() []string { return r.by(e) }, subject(), t.now, r.suppressFor) {
		return stats.Suppressed
	}
	t.summarizeCap(r)
	if !state.caps.Take(ruleID, subject, principal, t.now) {
		return stats.Capped
	}
	t.record = r.Make(t.record[:0], id, e, &t.subject, alert.Arrival{Tag: tag, Read: read, Now: t.now, IDReused: reused})
	t.stage(r.Maker, id.Alert, bytes.Clone(t.record))
	return stats.Emitted
}

// recordTime returns the time of a record if it can stand for that of its event, or
// zero. Seconds of more than 32 bits, and the last two of them, which mark groups, are
// no time.
func (t *transaction) recordTime(read time.Time) time.Time {
	if t.config.IgnoreRecordTime || read.Unix() <= 0 || read.Unix() >= 1<<32-2 {
		return time.Time{}
	}
	return read
}

var ownerSeed = maphash.MakeSeed()

// ownerOf returns the owner of keys that a principal is.
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
	caps := t.state.caps
	if held, ok := caps.Due(r.Rule().ID, t.now, t.force); ok {
		t.summary(r, alert.Summary{Held: held, Cap: caps.Rate(r.Rule().ID)})
	}
}

// summarizeGroups stages the summaries of groups whose windows are over.
func (t *transaction) summarizeGroups() {
	for _, s := range t.state.suppressor.Over(t.now, t.force) {
		if r := t.rule(s.Rule); r != nil {
			t.summary(r, alert.Summary{Held: s.Held, By: s.By})
		} else {
			t.host.Warn(unsummarized(s.Rule, s.Held))
		}
	}
}

func (t *transaction) summary(r *activeRule, s alert.Summary) {
	key, record := r.MakeSummary(nil, s, t.now)
	t.summaries++
	t.stage(r.Maker, key, record)
}

// commit makes the decisions final: the alerts are in the outbox, and with a store
// on disk. It returns the number of alerts of matches. The error is a
// *outbox.FullError or one of the store, and then nothing has happened.
func (t *transaction) commit() (alerts int, err error) {
	if !t.open {
		return 0, nil
	}
	t.summarizeGroups()
	d := &t.decisions
	if d.room, t.unwanted, err = t.host.Outbox.Reserve(t.alerts); err != nil {
		t.rollback()
		return 0, err
	}
	d.owner = t
	t.open = false
	if err := t.state.commit(d, destination{t.host.Store, t.config.Channel, t.host.Name}); err != nil {
		return 0, err
	}
	for _, a := range t.unwanted {
		t.host.Lost(a)
	}
	t.wake(t.state.nextSummary())
	return t.emitted, nil
}

// final counts the matches and the summaries. The state is locked.
func (t *transaction) final() {
	unwanted := make(map[string]bool, len(t.unwanted))
	for _, a := range t.unwanted {
		unwanted[a.ID] = true
	}
	for _, m := range t.matches {
		o := m.outcome
		switch {
		case o != stats.Emitted:
		case unwanted[t.alerts[m.alert].ID]:
			o = stats.Failed
		default:
			t.emitted++
		}
		t.state.outcomes[o]++
		t.state.rules.Count(t.rules[m.rule].Rule().ID, o)
	}
	t.state.summaries += t.summaries
}

// rollback undoes the transaction, if it is open.
func (t *transaction) rollback() {
	if t.open {
		t.open = false
		t.state.rollback()
	}
}

// reset prepares for the next chunk. It undoes what a panic has left.
func (t *transaction) reset() {
	t.rollback()
	clear(t.alerts)
	clear(t.decisions.changes)
	if len(t.matches) > 0 {
		t.subject.Release() // it aliases the last event
	}
	t.matches, t.alerts, t.unwanted, t.summaries, t.emitted = t.matches[:0], t.alerts[:0], nil, 0, 0
	t.decisions = decisions{changes: t.decisions.changes[:0]}
}

// retrySummary is how long summaries wait when the outbox is full.
const retrySummary = time.Second

// summarize makes the summaries that are due. If the Engine ends, it makes those of
// everything that was held back up to now.
func (a *alerter) summarize(ends bool) {
	t := transaction{alerter: a, force: ends}
	t.begin()
	defer t.rollback()
	for i := range a.rules {
		t.summarizeCap(&a.rules[i])
	}
	switch _, err := t.commit(); {
	case err == nil:
	case !ends:
		a.wake(a.host.Now().Add(retrySummary))
	default: // there is no later
		for _, lost := range t.alerts {
			a.host.Lost(lost)
		}
	}
}
