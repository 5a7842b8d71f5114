package detector

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/dedup"
	"github.com/fluent-detect/fluent-detect/detector/limit"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// transaction is what the matches of one chunk do to the state. It begins with
// the first match and holds the state's lock from then on; until commit has
// put the alerts in the outbox nothing of it has happened.
type transaction struct {
	engine *Engine
	open   bool
	now    time.Time
	stats  Stats // the changes
	alerts []outbox.Alert
	keys   []dedup.Key
	staged map[dedup.Key]struct{}
	caps   []savedCap
}

// savedCap is a cap as it was when the transaction first touched it.
type savedCap struct {
	cap *limit.Cap
	was limit.Cap
}

func (t *transaction) begin() {
	if t.open {
		return
	}
	t.engine.state.mu.Lock()
	t.open = true
	t.now = t.engine.host.Now()
	t.stats = Stats{}
	if t.staged == nil {
		t.staged = map[dedup.Key]struct{}{}
	}
}

// add takes in the match of a rule. Nothing of the event is kept.
func (t *transaction) add(rule int, e *cloudtrail.Event, tag string, read time.Time) {
	t.begin()
	t.stats.Matched++
	m := t.engine.makers[rule]
	key := alert.ID(m.Rule().ID, e)
	if _, twice := t.staged[key]; twice || t.engine.state.seen.Seen(key) {
		t.stats.Duplicate++
		return
	}
	t.staged[key] = struct{}{}
	t.keys = append(t.keys, key)
	if c := t.cap(m); !c.Take(t.now) {
		about := alert.AboutEvent(e)
		c.Hold(about.At, about.Instance, about.Key, about.Actor)
		t.stats.Capped++
		return
	}
	t.stats.Emitted++
	t.stage(m, key, m.Make(nil, key, e, alert.Arrival{Tag: tag, Read: read, Now: t.now}))
}

func (t *transaction) stage(m *alert.Maker, key dedup.Key, record []byte) {
	t.alerts = append(t.alerts, outbox.Alert{
		ID:       alert.UUID(key),
		Rule:     m.Slug(),
		Severity: int(m.Rule().Severity),
		Time:     t.now,
		Record:   record,
	})
}

// cap returns the rule's cap, with a way back, and stages the summary of the
// interval that has ended meanwhile.
func (t *transaction) cap(m *alert.Maker) *limit.Cap {
	c := t.save(m)
	t.summarize(m, c, false)
	return c
}

func (t *transaction) save(m *alert.Maker) *limit.Cap {
	c := t.engine.state.caps[m.Rule().ID]
	for _, s := range t.caps {
		if s.cap == c {
			return c
		}
	}
	t.caps = append(t.caps, savedCap{c, *c})
	return c
}

// summarize stages the summary of the interval in hand when it is over.
func (t *transaction) summarize(m *alert.Maker, c *limit.Cap, force bool) {
	held, ok := c.Due(t.now, force)
	if !ok {
		return
	}
	key, record := m.MakeSummary(nil, held, c.Rate(), t.now)
	t.stats.Summaries++
	t.stage(m, key, record)
}

// commit puts the alerts in the outbox and remembers them. The error is a
// *outbox.FullError, and then nothing has happened.
func (t *transaction) commit() error {
	if !t.open {
		return nil
	}
	state := t.engine.state
	unwanted, err := t.engine.host.Outbox.Put(t.alerts)
	if err != nil {
		t.rollback()
		return err
	}
	for _, k := range t.keys {
		state.seen.Add(k)
	}
	s := &state.alert
	s.Matched += t.stats.Matched
	s.Duplicate += t.stats.Duplicate
	s.Capped += t.stats.Capped
	s.Summaries += t.stats.Summaries
	lost := uint64(len(unwanted))
	s.Failed += min(lost, t.stats.Emitted)
	s.Emitted += t.stats.Emitted - min(lost, t.stats.Emitted)
	next := state.nextSummary()
	t.end()
	for _, a := range unwanted {
		t.engine.host.Lost(a)
	}
	t.engine.wake(next)
	return nil
}

// rollback undoes an open transaction.
func (t *transaction) rollback() {
	if !t.open {
		return
	}
	for _, s := range t.caps {
		*s.cap = s.was
	}
	t.end()
}

func (t *transaction) end() {
	clear(t.staged)
	clear(t.alerts)
	t.alerts, t.keys, t.caps = t.alerts[:0], t.keys[:0], t.caps[:0]
	t.open = false
	t.engine.state.mu.Unlock()
}
