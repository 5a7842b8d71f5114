package stateful

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Observation is what a rule takes from an event that matches its query: one combination
// of values, or one group.
type Observation struct {
	Rule  int // its place
	Key   Key // of the combination or the group
	At    Moment
	Owner uint32 // of an entry that the observation makes
	// Unowned: the owner is not known. The observation makes no entry: if none exists yet, the
	// result is [Absent].
	Unowned bool

	// Of a threshold:
	Event  uint64   // a digest of what the event is
	Values []uint64 // digests of the values of which the distinct ones are counted
	ID     string   // the ID of the event
	By     func() []string

	// Of a correlation; its Values may be the bits of numbers:
	Step int // the place of the rule that matches

	Sequence  *SequenceEvent // of a sequence
	Aggregate *Aggregate     // of a rule that aggregates
}

// Verdict is what a memory says of an observation.
type Verdict struct {
	Result
	At       time.Time // the time that counts
	Since    time.Time // where the memory of the rule begins
	Previous time.Time // New: when the combination came last; zero if that is not known
	Window   *Window   // Reached
	Group    *Group    // Passed
	Sequence *Sequence // Completed
}

// Result is the result of an observation.
type Result uint8

const (
	// Known: nothing to tell. The combination is known, or the threshold is not reached.
	Known Result = iota
	// Same: the event was observed before.
	Same
	// TooLate: the event is too old to count.
	TooLate
	// Absent: no entry exists yet, and its owner is not known. Nothing has changed.
	Absent
	// Learned: the combination is new, and the rule is still learning.
	Learned
	// New: the combination is new.
	New
	// Reached: the threshold is reached.
	Reached
	// Passed: the row of the group is left behind the last command.
	Passed
	// Completed: the sequence is complete.
	Completed
)

// Alerts reports whether the rule alerts.
func (r Result) Alerts() bool { return r >= New }

// Observe changes the memory by an observation of an event that arrives now. It keeps
// Values.
func (m *Memory) Observe(o *Observation, now time.Time) Verdict {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.loaded[o.Rule]
	v, at := m.observe(r, o, now)
	v.At, v.Since = timeOf(at), timeOf(r.head.since)
	return v
}

// Observations are a list of observations.
type Observations interface {
	Len() int
	// Key returns the place of the rule of an observation, and its key.
	Key(i int) (place int, key *Key)
	// At returns an observation. It is valid until the next call.
	At(i int) *Observation
}

// atOnce is how many observations are made at once while other goroutines that call Has wait.
const atOnce = 64

// ObserveAll is Observe for all observations of a list in their order. It calls see with the
// result of each, and stops when see returns false. Of many observations the entries are
// found sooner than one by one: the processor reads them from memory at the same time.
func (m *Memory) ObserveAll(list Observations, now time.Time, see func(i int, r Result) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := list.Len()
	for i := range n {
		if i%atOnce == 0 {
			if i > 0 {
				m.mu.Unlock()
				m.mu.Lock()
			}
			for next := i; next < min(i+atOnce, n); next++ {
				m.prefetch(list.Key(next))
			}
		}
		o := list.At(i)
		if v, _ := m.observe(m.loaded[o.Rule], o, now); !see(i, v.Result) {
			return
		}
	}
}

// prefetch reads what will be needed to observe something under that key.
func (m *Memory) prefetch(place int, k *Key) {
	if r := m.loaded[place]; r.hasTerms() {
		r.terms.find(k)
	} else {
		r.groups.find(k)
	}
}

// observe is Observe with the tables locked. It also returns the time that counts.
func (m *Memory) observe(r *ruleMemory, o *Observation, now time.Time) (v Verdict, at int64) {
	if o.Unowned && !m.hasLive(r, &o.Key, now) {
		v.Result = Absent
		return v, o.At.Event
	}
	at = m.time(o.At, now)
	if r.head.since == none {
		m.setHead(r, func(h *head) { h.since, h.from = at, at })
	}
	return kinds[r.kind].observe(m, r, o, at, now), at
}

// Learn is Observe for what was read from files: nothing alerts, and only rules of type
// new_terms change.
func (m *Memory) Learn(o *Observation, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.loaded[o.Rule]; r.kind == rule.NewTerms && o.At.Event != Undated {
		m.observeTerm(r, o, min(o.At.Event, now.UnixMilli()), now, true)
	}
}

// LearnedSince notes that all rules of type new_terms have learned from files of which the
// oldest event has that time.
func (m *Memory) LearnedSince(oldest int64) {
	for _, r := range m.loaded {
		if r != nil && r.kind == rule.NewTerms {
			m.setHead(r, func(h *head) {
				if h.since == none || oldest < h.since {
					h.since = oldest
				}
				if h.from == none {
					h.from = oldest
				}
			})
		}
	}
}

// Learned notes that all rules of type new_terms have learned from files all that they can:
// they need not learn any more.
func (m *Memory) Learned() {
	for _, r := range m.loaded {
		if r != nil && r.kind == rule.NewTerms && !r.head.files {
			m.setHead(r, func(h *head) { h.files = true })
		}
	}
}

// HasHistory reports whether a rule of type new_terms has seen or learned something, or no
// rule of that type is loaded.
func (m *Memory) HasHistory() bool {
	rules := 0
	for _, r := range m.loaded {
		if r != nil && r.kind == rule.NewTerms {
			if rules++; r.head.since != none || r.head.files {
				return true
			}
		}
	}
	return rules == 0
}

// expired reports whether what was touched then is forgotten.
func (r *ruleMemory) expired(touched uint32, now time.Time) bool {
	return now.Unix()-int64(touched) > r.keep
}
