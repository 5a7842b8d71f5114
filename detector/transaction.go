package detector

import (
	"bytes"
	"hash/maphash"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
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
	rules  []activeRule         // their makers are used with the state locked
	wake   func(next time.Time) // makes summaries at that time, if it is not zero
	large  envelope.Large

	timestamp, eventID, action, address *event.Field
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
//
// Matches of rules with a memory do not begin it: what the memory has to know of them is
// noted, and added when it begins, at the end of the chunk at the latest. So a rule that
// matches every event does not make chunks wait for each other. If it then turns out that
// one of these matches alerts, its event is gone: the transaction is undone, and the chunk
// is evaluated again with the state locked from the beginning.
type transaction struct {
	*alerter
	open      bool // it has locked the state
	again     bool // the chunk has to be evaluated with the state locked: a match that was noted alerts
	second    bool // it is
	force     bool // what was held back is reported now
	now       time.Time
	first     stateful.Moment // of the first event of the chunk that has a time
	latest    int64           // the newest time of an event that matches a rule with a memory
	matches   []matched
	alerts    []outbox.Alert
	summaries uint64 // of alerts
	unwanted  []outbox.Alert
	emitted   int
	decisions decisions
	noted     notes
	match     remembered // the current one of a rule with a memory
	// observeValues is that of match: a method value is made once.
	observeValues func(values [][]byte)
	past          *past // of the chunk; nil: no history is kept
	followUps     uint64

	record    []byte        // of the last alert, before it is copied to its size
	subject   event.Subject // of the current match
	described description   // what subject is about
	view      alert.View    // of the same event
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
	memory := t.state.memory
	if !t.noted.learning {
		memory.See(stateful.Moment{Event: t.state.seen.Load(), Record: stateful.Undated}, t.now)
		if !t.second || memory.Newest() == stateful.Undated {
			memory.See(t.first, t.now)
		}
		if t.first != noMoment && !memory.Began() {
			memory.Start(t.first, t.now)
		}
	}
	t.again = t.noted.add(memory, t.matches, t.now)
}

// noMoment is that of an event without any time.
var noMoment = stateful.Moment{Event: stateful.Undated, Record: stateful.Undated}

// add decides about a match of the rule at that index. Nothing of the event is
// kept.
func (t *transaction) add(rule int, e *event.Event, tag string, read time.Time) {
	r := &t.rules[rule]
	if r.plan != nil {
		t.remember(rule, e, tag, read)
		return
	}
	if t.noted.learning {
		return
	}
	if len(r.feeds) > 0 && !t.feed(rule, e, tag, read) || t.again {
		return
	}
	if t.begin(); t.again {
		return
	}
	t.note(rule, t.decide(r, e, tag, read))
}

// note notes the outcome of a match, or of one of its alerts.
func (t *transaction) note(rule int, o stats.Outcome) {
	t.matches = append(t.matches, matched{rule, o, len(t.alerts) - 1})
}

// decide returns the outcome of a match. If it is Emitted, the alert is staged.
func (t *transaction) decide(r *activeRule, e *event.Event, tag string, read time.Time) stats.Outcome {
	if s := r.Rule().Sigma; s != nil && s.Level < t.config.MinLevel {
		return stats.BelowLevel
	}
	if r.excepted(e, t.now, t.host.Warn) {
		return stats.Excepted
	}
	id := t.fields.IDOf(r.Rule().ID, e)
	key := r.dedupKey(id.Alert, e)
	if !t.config.NoDedup && t.state.duplicates.Seen(key) {
		return stats.Duplicate
	}
	t.describe(e, read)
	if !t.config.NoDedup {
		t.state.duplicates.Add(key, ownerOf(string(t.subject.Principal)))
	}
	return t.alert(r, e, id, nil, tag, read)
}

// description is which event was described.
type description struct {
	event  *event.Event
	number uint64
}

// describe describes the event in t.subject, once if several rules match it.
func (t *transaction) describe(e *event.Event, read time.Time) {
	d := description{e, e.Number()}
	if t.described == d && (!e.TooMany() || slices.Contains(t.subject.Integrity, event.TooManyValues)) {
		return
	}
	t.described = d
	t.subject.RecordTime = t.recordTime(read)
	t.schema.Describe(e, &t.subject)
}

// alert returns the outcome of an alert about the event that t.subject describes, which is
// no duplicate. If it is Emitted, the alert is staged.
func (t *transaction) alert(r *activeRule, e *event.Event, id alert.ID, memory *alert.Memory, tag string, read time.Time) stats.Outcome {
	state, ruleID := t.state, r.Rule().ID
	reused := false
	if scoped, ok := t.schema.ScopedID(e); ok {
		reused = state.eventIDs.Reused(hold.EventID(scoped[:16]), hold.EventID(id.Event[:16]))
	}
	subject := func() *hold.Subject { return t.fields.Subject(&t.subject) }
	columns := r.columns(e, memory)
	if group, by, ok := r.suppressed(e, columns); ok && !t.config.NoSuppression &&
		!state.suppressor.Take(group, ruleID, by, subject(), t.now, r.suppressFor) {
		return stats.Suppressed
	}
	t.summarizeCap(r)
	if !state.caps.Take(ruleID, subject, string(t.subject.Principal), t.now) {
		return stats.Capped
	}
	known := t.context(r, e)
	t.record = r.Make(t.record[:0], id, e, &t.subject, alert.Arrival{Tag: tag, Read: read, Now: t.now, IDReused: reused, Memory: memory, Columns: columns, Context: known, View: &t.view})
	t.stage(r.Maker, id.Alert, bytes.Clone(t.record))
	t.follow(r, e, id.Alert, known)
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

// summarizeMemory stages the summaries of what rules have learned, and of what came after
// their alerts.
func (t *transaction) summarizeMemory() {
	memory := t.state.memory
	for _, l := range memory.Lessons(t.force) {
		t.summary(&t.rules[l.Rule], alert.Summary{
			Kind: alert.SummaryLearned,
			Held: hold.Held{Begin: l.From, End: l.To, Count: l.Count},
		})
	}
	for _, h := range memory.HeldOff(t.now, t.force) {
		r := &t.rules[h.Rule]
		s := alert.Summary{
			Kind: alert.SummaryHeldOff, By: h.By, Key: h.Key[:],
			Held: hold.Held{Begin: h.Begin, End: h.End, Count: h.Count, First: h.First, Last: h.Last},
		}
		if r.plan.DistinctOf != "" {
			s.DistinctOf, s.Distinct = r.plan.DistinctOf, h.Distinct
		}
		t.summary(r, s)
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
	if !t.noted.learning {
		t.state.memory.See(stateful.Moment{Event: t.latest, Record: stateful.Undated}, t.now)
	}
	t.catchUp()
	t.summarizeGroups()
	t.summarizeMemory()
	t.followUp()
	d := &t.decisions
	if d.room, t.unwanted, err = t.host.Outbox.Reserve(t.alerts); err != nil {
		t.rollback()
		return 0, err
	}
	d.owner = t
	t.open = false
	if t.onlyAdds() && t.state.unfinished > 0 { // it must not wait for others
		d = t.addition()
	}
	if err := t.state.commit(d, destination{t.host.Store, t.config.Channel, t.host.Name, t.host.Warn}); err != nil {
		return 0, err
	}
	for _, a := range t.unwanted {
		t.host.Lost(a)
	}
	if line := t.state.leftOutLine(t.now); line != "" {
		t.host.Warn(line)
	}
	t.wake(t.state.nextSummary())
	return t.emitted, nil
}

// final counts the matches and the summaries. The state is locked.
func (t *transaction) final() {
	var unwanted map[string]bool
	if len(t.unwanted) > 0 {
		unwanted = make(map[string]bool, len(t.unwanted))
	}
	for _, a := range t.unwanted {
		unwanted[a.ID] = true
	}
	for _, m := range t.matches {
		if t.noted.learning { // events from files are not counted
			break
		}
		o := m.outcome
		switch {
		case o != stats.Emitted:
		case unwanted[t.alerts[m.alert].ID]:
			o = stats.Failed
		default:
			t.emitted++
		}
		t.state.outcomes[o]++
		t.rules[m.rule].outcomes[o]++
	}
	t.state.summaries += t.summaries
	t.state.followUps += t.followUps
	t.state.noteMemory()
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
	t.matches, t.alerts, t.unwanted, t.summaries, t.followUps, t.emitted = t.matches[:0], t.alerts[:0], nil, 0, 0, 0
	t.described = description{}
	t.view.Release()
	t.again, t.second, t.latest = false, false, stateful.Undated
	t.noted.reset()
	t.match = remembered{}
	t.decisions = decisions{changes: t.decisions.changes[:0]}
}

// learned ends learning from files.
func (a *alerter) learned() error {
	t := transaction{alerter: a, first: noMoment, latest: stateful.Undated}
	t.begin()
	defer t.rollback()
	t.state.memory.Learned()
	_, err := t.commit()
	return err
}

// retrySummary is how long summaries wait when the outbox is full.
const retrySummary = time.Second

// summarize makes the summaries that are due. If the Engine ends, it makes those of
// everything that was held back up to now.
func (a *alerter) summarize(ends bool) {
	t := transaction{alerter: a, force: ends, first: noMoment, latest: stateful.Undated}
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
