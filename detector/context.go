package detector

import (
	"hash/fnv"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/history"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// past is what a scanner has read of the events of its chunk for the history. It is
// added when the transaction needs it, at the end of the chunk at the latest.
type past struct {
	reader  *history.Reader
	list    []history.Observation
	added   int // of the list
	current *history.Observation
	is      bool // the current one is to be kept
}

func newPast(h *history.History, s *event.Schema) *past { return &past{reader: h.NewReader(s)} }

// holds reports whether there is something to be added.
func (p *past) holds() bool { return p != nil && p.added < len(p.list) }

func (p *past) reset() {
	if p == nil {
		return
	}
	p.reader.Reset()
	p.list, p.added = p.list[:0], 0
	if cap(p.list) > maxKeptPast {
		p.list = nil
	}
}

// maxKeptPast is for how many events memory is kept.
const maxKeptPast = 1 << 13

// read reads an event.
func (p *past) read(e *event.Event) { p.current, p.is = p.reader.Read(e) }

// keep keeps what read has read, now that it is known which rules match.
func (p *past) keep(matches []int32, rules []activeRule) {
	if !p.is {
		return
	}
	p.current.Matched = 0
	for _, n := range matches {
		switch {
		case int(n) >= len(rules): // the rule of the self-test
		case p.current.Matched == 0:
			p.current.Matched = rules[n].mark
		default:
			p.current.Matched = history.Several
		}
	}
	p.list = append(p.list, *p.current)
}

// markOf returns how the history names a rule.
func markOf(id string) uint16 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return uint16(h.Sum32()%(history.Several-1)) + 1
}

// catchUp adds what came before to the history. The transaction is open.
func (t *transaction) catchUp() {
	p := t.past
	if !p.holds() {
		return
	}
	t.state.history.Add(p.reader, p.list[p.added:])
	p.added = len(p.list)
}

// onlyAdds reports whether the transaction only adds to the history, but for what memories
// have changed.
func (t *transaction) onlyAdds() bool {
	return t.past != nil && t.past.added > 0 && len(t.matches)+len(t.alerts)+len(t.noted.list) == 0 && !t.noted.learning
}

// addition returns the decisions of a transaction that only adds to the history, as they
// can be made final when the scanner has another chunk.
func (t *transaction) addition() *decisions {
	state, added := t.state, t.past.reader.Addition(t.past.list[:t.past.added])
	return &decisions{room: t.decisions.room, owner: addition{state}, redo: func() { added.Add(state.history) }}
}

// addition is the owner of such decisions.
type addition struct{ state *State }

func (a addition) final() { a.state.noteMemory() }

// context returns what is known about the event of an alert of a rule, nil if no history
// is kept.
func (t *transaction) context(r *activeRule, e *event.Event) *history.Context {
	p := t.past
	if p == nil || !p.is {
		return nil
	}
	t.catchUp()
	p.reader.Identify(e)
	p.current.Matched = r.mark
	c := t.state.history.About(p.reader, p.current)
	if cal := t.config.Calendar; cal != nil && p.current.At != 0 {
		c.Calendar = cal.At(time.Unix(int64(p.current.At), 0), string(p.reader.Account()))
	}
	return c
}

// follow notes that the alert with that ID is to be followed up.
func (t *transaction) follow(r *activeRule, e *event.Event, id [32]byte, c *history.Context) {
	if c == nil || t.config.FollowUp <= 0 {
		return
	}
	t.state.history.Follow(history.FollowUp{
		Alert: id, Rule: r.Rule().ID, ActorID: c.ActorID, Action: string(e.First(t.schema.Field("event.action")).Bytes()),
		For: uint32(t.config.FollowUp / time.Second), Due: t.now.Add(t.config.FollowUp),
	}, t.past.current)
}

// followUp stages the follow-ups that are due.
func (t *transaction) followUp() {
	h := t.state.history
	if h == nil {
		return
	}
	for _, f := range h.DueFollowUps(t.now, t.config.FollowUpByEvents, t.force) {
		after := h.After(f)
		r := t.rule(f.Rule)
		if after.Events == 0 || r == nil {
			continue
		}
		key, record := r.MakeFollowUp(nil, f, after, t.now)
		t.followUps++
		t.stage(r.Maker, key, record)
	}
}

// writeHistory is the interval at which the history is written to the store: what a crash
// costs of it at most.
const writeHistory = 5 * time.Second

// flushHistory writes what has changed in the history to the store.
func (a *alerter) flushHistory() {
	h := a.state.history
	if h == nil || a.host.Store == nil {
		return
	}
	t := transaction{alerter: a, first: noMoment}
	t.begin()
	defer t.rollback()
	h.Prune(prunedAtOnce)
	h.Flush(t.now)
	_, _ = t.commit() // what is not written now is written next time
}

// prunedAtOnce is of how many actors it is looked whether they are to be forgotten.
const prunedAtOnce = 1000

// useHistory adapts the history to the configuration. The state is locked, and there is no
// transaction.
func (s *State) useHistory(c *Config, store Store, name string) error {
	s.memories = s.withoutHistory()
	if !c.Context {
		s.history = nil
		return nil
	}
	if s.history == nil || s.history.Limit() != c.ContextActors {
		h := history.New(c.ContextActors)
		if store != nil {
			if err := store.Restore(name, []hold.Memory{h}); err != nil {
				return err
			}
		}
		h.Restored()
		s.history = h
	}
	s.memories = append(s.memories, s.history)
	return nil
}

func (s *State) withoutHistory() (list hold.Memories) {
	for _, m := range s.memories {
		if _, ok := m.(*history.History); !ok {
			list = append(list, m)
		}
	}
	return list
}

// historyReport returns the counters of the history. The state is locked.
func (s *State) historyReport() *stats.History {
	if s.history == nil {
		return nil
	}
	st := s.history.Stats()
	return &stats.History{Actors: st.Actors, Bytes: st.Bytes, Evicted: st.Evicted, Pending: st.FollowUps, FollowUps: s.followUps}
}
