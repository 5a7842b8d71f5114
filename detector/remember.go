package detector

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/event"
	rules "github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// notes are observations of rules with a memory that are still to be added to it. They are
// [stateful.Observations].
type notes struct {
	list     []note
	values   []uint64
	ids      []byte
	scratch  stateful.Scratch
	digester stateful.Digester
	tracer   *alert.Tracer
	learning bool  // from files: nothing else than memories of new terms changes
	oldest   int64 // learning: the time of the oldest event
	met      met

	// What add lets the memory observe, which keeps parts of it:
	next       stateful.Observation
	keptValues []uint64
	keptIDs    string
}

// met are some of the keys that the memory of a rule had when it was asked. It saves most
// questions, for each of which the tables have to be locked.
type met [2048]stateful.Key

func (m *met) at(k *stateful.Key) *stateful.Key {
	return &m[binary.LittleEndian.Uint32(k[:])%uint32(len(m))]
}

// note is an observation of the match at that index of a transaction.
type note struct {
	match                        int
	rule, step                   int32
	owner                        uint32
	unowned                      bool // the owner is not known, and should not be needed
	key                          stateful.Key
	at                           stateful.Moment
	event                        uint64
	aggregate                    *stateful.Aggregate // of a rule that aggregates
	values, valuesEnd, id, idEnd int32
	sequence                     *stateful.SequenceEvent
}

func (n *notes) reset() {
	clear(n.list)
	n.list, n.values, n.ids = n.list[:0], n.values[:0], n.ids[:0]
}

// add adds what was noted to the memory, and reports whether the chunk has to be evaluated
// again: a rule alerts, or the memory lacks an entry of which the owner is not known.
func (n *notes) add(memory *stateful.Memory, matches []matched, now time.Time) (again bool) {
	if len(n.list) == 0 {
		return false
	}
	n.keptValues, n.keptIDs = slices.Clone(n.values), string(n.ids)
	if n.learning {
		for i := range n.list {
			memory.Learn(n.At(i), now)
		}
	} else {
		memory.ObserveAll(n, now, func(i int, r stateful.Result) bool {
			if r == stateful.Same {
				matches[n.list[i].match].outcome = stats.Duplicate
			}
			again = r.Alerts() || r == stateful.Absent
			return !again
		})
	}
	n.next, n.keptValues, n.keptIDs = stateful.Observation{}, nil, ""
	if !again {
		n.reset()
	}
	return again
}

func (n *notes) Len() int { return len(n.list) }

func (n *notes) Key(i int) (place int, key *stateful.Key) {
	return int(n.list[i].rule), &n.list[i].key
}

func (n *notes) At(i int) *stateful.Observation {
	one := &n.list[i]
	n.next = stateful.Observation{
		Rule: int(one.rule), Step: int(one.step), Key: one.key, At: one.at, Owner: one.owner, Unowned: one.unowned,
		Event: one.event, Values: n.keptValues[one.values:one.valuesEnd:one.valuesEnd], ID: n.keptIDs[one.id:one.idEnd],
		Aggregate: one.aggregate, Sequence: one.sequence,
	}
	return &n.next
}

// remember lets the rule at that index, which has a memory, know of an event that matches
// its query.
func (t *transaction) remember(rule int, e *event.Event, tag string, read time.Time) {
	if t.again {
		return
	}
	r := &t.rules[rule]
	if t.noted.learning && r.plan.Kind == rules.Sequence {
		return
	}
	now := t.now
	if !t.open {
		if len(r.exceptions) > 0 {
			now = t.host.Now()
		}
		if r.mayWarn(now) || len(r.dedupBy) > 0 && !t.noted.learning {
			t.begin()
			if t.again {
				return
			}
		}
	}
	if r.excepted(e, now, t.host.Warn) {
		t.note(rule, stats.Excepted)
		return
	}
	if key, ok := r.digest("dedup", r.dedupBy, e); ok && !t.noted.learning {
		if t.state.duplicates.Seen(key) {
			t.note(rule, stats.Duplicate)
			return
		}
		t.describe(e, read)
		t.state.duplicates.Add(key, ownerOf(string(t.subject.Principal)))
	}
	one := t.matchOf(rule, e, tag, read)
	if one.isUndated() {
		if !t.again {
			t.note(rule, stats.Duplicate)
		}
		return
	}
	if r.plan.Stream != nil {
		t.rememberGroups(one)
		return
	}
	n := &t.noted
	one.values = int32(len(n.values))
	memory := t.state.memory
	if r.plan.Count > 0 {
		one.identity()
		n.values = r.plan.Distinct(e, &n.scratch, &n.digester, one.ruleID, n.values)
	}
	t.note(rule, stats.Remembered)
	beyond := 0
	if r.plan.Kind == rules.Sequence {
		beyond = r.plan.Keys(e, &n.scratch, func(steps uint64, values [][]byte) {
			one.step(steps, one.ruleID)
			one.observeValues(values)
		})
	} else {
		beyond = r.plan.Combinations(e, &n.scratch, t.observeValues)
	}
	if beyond > 0 && !t.noted.learning {
		t.begin()
		memory.Beyond(rule, beyond)
	}
	if t.open {
		n.reset()
	}
	n.scratch.Release()
}

// rememberGroups lets a rule that aggregates know of an event that matches.
func (t *transaction) rememberGroups(m *remembered) {
	n := &t.noted
	m.values = int32(len(n.values))
	t.note(m.rule, stats.Remembered)
	if n.learning {
		return
	}
	m.identity()
	beyond := m.r.plan.Groups(m.e, &n.digester, t.state.memory.RuleID(m.rule), func(key stateful.Key, a *stateful.Aggregate) {
		m.aggregate = a
		m.observe(key, nil)
	})
	if beyond > 0 {
		t.begin()
		t.state.memory.Beyond(m.rule, beyond)
	}
	if t.open {
		n.reset()
	}
}

// momentOf returns when an event happened.
func (t *transaction) momentOf(e *event.Event, read time.Time) stateful.Moment {
	return stateful.Moment{
		Event:  stateful.MillisOf(event.ParseTime(e.First(t.timestamp))),
		Record: stateful.MillisOf(t.recordTime(read)),
	}
}

// matchOf returns a match, for which there is room until the next one.
func (t *transaction) matchOf(rule int, e *event.Event, tag string, read time.Time) *remembered {
	m := &t.match
	*m = remembered{t: t, r: &t.rules[rule], rule: rule, e: e, tag: tag, read: read, before: len(t.matches)}
	m.at = t.momentOf(e, read)
	t.latest = max(t.latest, m.at.Event)
	if m.r.plan != nil {
		m.ruleID = t.state.memory.RuleID(rule)
	}
	if t.observeValues == nil {
		t.observeValues = m.observeValues
	}
	return m
}

// remembered is a match of a rule with a memory.
type remembered struct {
	t      *transaction
	r      *activeRule
	rule   int
	e      *event.Event
	tag    string
	read   time.Time
	at     stateful.Moment
	ruleID stateful.RuleID
	before int // matches before

	id         alert.ID // of the event, if it has been made
	hasID      bool
	event      uint64
	values     int32 // in the notes
	owner      uint32
	hasOwner   bool
	identifier []byte
	aggregate  *stateful.Aggregate // of a rule that aggregates: of one group
	sequence   *stateful.SequenceEvent
}

// isUndated reports whether the event is left out because it has no time. Such an event has the
// newest time of those before it: the chunk is evaluated again, and then the times of all are
// seen. The same event again would have another time, so that it is not left to the memory to
// recognize it.
func (m *remembered) isUndated() bool {
	t := m.t
	if m.at.Event != stateful.Undated || t.noted.learning {
		return false
	}
	if t.begin(); t.again {
		return true
	}
	if !t.second {
		t.again = true
		return true
	}
	m.identity()
	key := event.MemoryAlertID(m.r.Rule().ID, m.id.Event, [32]byte{})
	if t.state.duplicates.Seen(key) {
		return true
	}
	t.describe(m.e, m.read)
	t.state.duplicates.Add(key, ownerOf(string(t.subject.Principal)))
	return false
}

// identity makes what identifies the event.
func (m *remembered) identity() {
	if !m.hasID {
		m.hasID = true
		m.id.Event = m.t.schema.Identify(m.e)
		m.event = binary.BigEndian.Uint64(m.id.Event[:])
		m.identifier = m.e.First(m.t.eventID).Bytes()
	}
}

// step notes which steps of a sequence the event is, with the keys that follow.
func (m *remembered) step(steps uint64, id stateful.RuleID) {
	t := m.t
	if m.sequence == nil {
		m.identity()
		t.describe(m.e, m.read)
		if t.noted.tracer == nil {
			t.noted.tracer = alert.NewTracer(t.fields, t.noted.digester)
		}
		m.sequence = &stateful.SequenceEvent{
			Identity: m.id.Event,
			Action:   stateful.Text(m.e.First(t.action).Bytes()),
			Source:   stateful.Text(m.e.First(t.address).Bytes()),
			Traits:   t.noted.tracer.Append(nil, m.e, &t.subject, id),
		}
	}
	if m.sequence.Steps != steps {
		own := *m.sequence // which was noted as it is
		own.Steps = steps
		m.sequence = &own
	}
}

// ownerOf returns who owns what the event makes under the key in the memory of a rule. It is
// not looked for, and unowned is set, if there is an entry under the key.
func (m *remembered) ownerOf(rule int, key *stateful.Key) (owner uint32, unowned bool) {
	t := m.t
	memory := t.state.memory
	switch met := t.noted.met.at(key); {
	case t.open:
		if memory.HasLive(rule, *key, t.now) {
			return 0, false
		}
	case t.noted.learning:
	case *met == *key:
		return 0, true
	case memory.Has(rule, *key):
		*met = *key
		return 0, true
	}
	if !m.hasOwner {
		m.hasOwner = true
		t.describe(m.e, m.read)
		m.owner = t.state.memory.Owner(t.subject.Principal)
	}
	return m.owner, false
}

// observeValues observes one combination of values.
func (m *remembered) observeValues(values [][]byte) {
	d := &m.t.noted.digester
	d.Begin(m.ruleID)
	d.AddValues(values)
	m.observe(d.Key(), values)
}

// observe observes one combination of values, or group.
func (m *remembered) observe(key stateful.Key, values [][]byte) {
	t := m.t
	if t.again {
		return
	}
	n := &t.noted
	owner, unowned := m.ownerOf(m.rule, &key)
	if !t.open && m.r.plan.Count > 0 && t.state.memory.Nameless(m.rule, key) {
		own := slices.Clone(n.values[m.values:])
		if t.begin(); t.again { // notes have no names
			return
		}
		m.values, n.values = 0, append(n.values[:0], own...)
	}
	if !t.open {
		id := int32(len(n.ids))
		n.ids = append(n.ids, m.identifier[:min(len(m.identifier), stateful.MaxID)]...)
		n.list = append(n.list, note{
			match: m.before, rule: int32(m.rule), key: key, at: m.at, owner: owner, unowned: unowned, event: m.event,
			values: m.values, valuesEnd: int32(len(n.values)), id: id, idEnd: int32(len(n.ids)),
			aggregate: m.aggregate, sequence: m.sequence,
		})
		return
	}
	o := stateful.Observation{Rule: m.rule, Key: key, At: m.at, Owner: owner, Event: m.event, ID: string(m.identifier), Aggregate: m.aggregate, Sequence: m.sequence}
	if n.learning {
		t.state.memory.Learn(&o, t.now)
		return
	}
	if own := n.values[m.values:]; len(own) > 0 {
		o.Values = append(o.Values, own...)
	}
	o.By = func() []string { return m.by(values) }
	v := t.state.memory.Observe(&o, t.now)
	if v.Result == stateful.Same {
		t.matches[m.before].outcome = stats.Duplicate
	}
	if !v.Alerts() {
		return
	}
	outcome := m.alert(values, &v)
	if last := &t.matches[m.before]; last.outcome == stats.Remembered { // the first alert of the match
		*last = matched{m.rule, outcome, len(t.alerts) - 1}
	} else {
		t.note(m.rule, outcome)
	}
}

// alert returns the outcome of an alert about the values.
func (m *remembered) alert(values [][]byte, v *stateful.Verdict) stats.Outcome {
	memory := &alert.Memory{Memory: m.r.plan.Memory, Values: values, Verdict: v, Aggregate: m.aggregate}
	if m.aggregate == nil {
		memory.Digest = m.r.plan.Digest(values)
		return m.alertOf(m.r, memory)
	}
	at := v.At.UnixMilli()
	if m.at.Event != stateful.Undated {
		at = m.at.Event
	}
	memory.Digest = m.r.plan.GroupDigest(m.aggregate, at)
	return m.alertOf(m.r, memory)
}

// alertOf returns the outcome of an alert of a rule about what its memory says.
func (m *remembered) alertOf(r *activeRule, memory *alert.Memory) stats.Outcome {
	t := m.t
	m.identity()
	id := m.id
	identity := id.Event
	if memory.Verdict.Sequence != nil {
		identity = memory.Verdict.Sequence.Digest
		memory.Tracer, memory.RuleID = t.noted.tracer, t.state.memory.RuleID(m.rule)
	}
	id.Alert = event.MemoryAlertID(r.Rule().ID, identity, memory.Digest)
	if memory.Aggregate != nil {
		id.Alert = event.GroupAlertID(r.Rule().ID, memory.Digest)
	}
	if !t.config.NoDedup && t.state.duplicates.Seen(id.Alert) {
		return stats.Duplicate
	}
	t.describe(m.e, m.read)
	t.subject.Time, t.described = memory.Verdict.At, description{}
	if !t.config.NoDedup {
		t.state.duplicates.Add(id.Alert, ownerOf(string(t.subject.Principal)))
	}
	return t.alert(r, m.e, id, memory, m.tag, m.read)
}

// by returns "user.name: alice" for each field of the group.
func (m *remembered) by(values [][]byte) []string {
	if m.aggregate != nil {
		return m.aggregate.By()
	}
	list := []string{} // not nil: a rule without fields has one group
	for i, v := range values {
		list = append(list, m.r.plan.Fields[i]+": "+string(v[:min(len(v), 256)]))
	}
	return list
}

// feed lets correlations know of a match of the rule at that index, to which they refer. It
// reports whether the rule makes an alert by itself: an exception covers the event, or the
// rule is silent, if not.
func (t *transaction) feed(rule int, e *event.Event, tag string, read time.Time) bool {
	r := &t.rules[rule]
	now := t.now
	if !t.open {
		now = t.host.Now()
		warns := func(f stateful.Feed) bool { return t.rules[f.Rule].mayWarn(now) }
		if !r.silent || r.mayWarn(now) || slices.ContainsFunc(r.feeds, warns) {
			if t.begin(); t.again {
				return false
			}
		}
	}
	if r.excepted(e, now, t.host.Warn) {
		t.note(rule, stats.Excepted)
		return false
	}
	one := t.matchOf(rule, e, tag, read)
	if one.isUndated() {
		if !t.again {
			t.note(rule, stats.Duplicate)
		}
		return false
	}
	one.identity()
	if r.silent {
		t.note(rule, stats.Remembered)
	}
	one.correlate(rule, nil, one.event, &t.noted.scratch, now)
	if t.open {
		t.noted.reset()
	}
	t.noted.scratch.Release()
	return !r.silent
}

// correlate lets correlations know of a match of the rule at that index. The group is that
// of its alert, and identity what is counted, if it is a correlation itself.
func (m *remembered) correlate(rule int, group [][]byte, identity uint64, s *stateful.Scratch, now time.Time) {
	t := m.t
	n, memory := &t.noted, t.state.memory
	for _, f := range t.rules[rule].feeds {
		c := &t.rules[f.Rule]
		if t.again {
			return
		}
		if c.excepted(m.e, now, t.host.Warn) {
			t.note(f.Rule, stats.Excepted)
			continue
		}
		id := memory.RuleID(f.Rule)
		begin := int32(len(n.values))
		n.values = c.correlation.Values(f.Step, m.e, group, s, &n.digester, id, n.values)
		end := int32(len(n.values))
		beyond := c.correlation.Groups(f.Step, m.e, group, s, func(values [][]byte) {
			n.digester.Begin(id)
			n.digester.AddGroup(values)
			o := stateful.Observation{Rule: f.Rule, Step: f.Step, Key: n.digester.Key(), At: m.at, Event: identity}
			m.observeMatch(&o, values, begin, end, s)
		})
		if beyond > 0 {
			t.begin()
			memory.Beyond(f.Rule, beyond)
		}
	}
}

// observeMatch observes a match of a rule that a correlation refers to, for one group. The
// values that count are those of the notes from begin to end.
func (m *remembered) observeMatch(o *stateful.Observation, group [][]byte, begin, end int32, s *stateful.Scratch) {
	t := m.t
	if t.again {
		return
	}
	n := &t.noted
	o.Owner, o.Unowned = m.ownerOf(o.Rule, &o.Key)
	if !t.open {
		id := int32(len(n.ids))
		n.ids = append(n.ids, m.identifier[:min(len(m.identifier), stateful.MaxID)]...)
		n.list = append(n.list, note{
			match: m.before, rule: int32(o.Rule), step: int32(o.Step), key: o.Key, at: o.At, owner: o.Owner, unowned: o.Unowned, event: o.Event,
			values: begin, valuesEnd: end, id: id, idEnd: int32(len(n.ids)),
		})
		return
	}
	o.ID = string(m.identifier)
	if end > begin {
		o.Values = append(o.Values, n.values[begin:end]...)
	}
	v := t.state.memory.Observe(o, t.now)
	if v.Result == stateful.Same && m.r.silent {
		t.matches[m.before].outcome = stats.Duplicate
	}
	if v.Alerts() {
		m.reach(o.Rule, group, &v, s)
	}
}

// reach decides about the alert of the correlation at that index, and lets others know of it.
func (m *remembered) reach(rule int, group [][]byte, v *stateful.Verdict, s *stateful.Scratch) {
	t := m.t
	c := &t.rules[rule]
	memory := &alert.Memory{Memory: c.correlation.Memory, Values: group, Digest: c.correlation.Digest(group, v.Window), Verdict: v}
	for _, i := range v.Window.Rules {
		memory.Rules = append(memory.Rules, c.inputs[i])
	}
	outcome := stats.Remembered
	switch {
	case c.silent:
	case c.Rule().Sigma.Level < t.config.MinLevel:
		outcome = stats.BelowLevel
	default:
		outcome = m.alertOf(c, memory)
	}
	t.note(rule, outcome)
	if len(c.feeds) == 0 {
		return
	}
	at := m.at
	m.at = stateful.Moment{Event: v.Window.To.UnixMilli(), Record: stateful.Undated}
	id := event.MemoryAlertID(c.Rule().ID, m.id.Event, memory.Digest)
	m.correlate(rule, group, binary.BigEndian.Uint64(id[:]), s.Inner(), t.now)
	m.at = at
}
