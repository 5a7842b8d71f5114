package stateful

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Limits are what a memory keeps at most, and for how long.
type Limits struct {
	Terms, Groups int           // of one rule
	Lateness      time.Duration // how much later than the newest an event may come and still count
	LearnFor      time.Duration // for how long, in event time, rules of type new_terms only learn
}

// DefaultLimits are the bounds of the number of entries.
var DefaultLimits = Limits{Terms: 1 << 16, Groups: 1 << 16}

// MaxCombinations is the maximum number of combinations that an event has for a rule.
const MaxCombinations = 1000

// maxAhead is how far events may be ahead of the host's clock, in milliseconds.
const maxAhead = 5 * 60 * 1000

// Undated is the time of an event that has none.
const Undated = none

// Memory is what the rules of a detector remember. Transactions change it in place, the
// newest one first undone; see [hold.Memory]. Has and Digester may be used at any time by
// several goroutines; everything else belongs to whoever holds the detector's lock.
type Memory struct {
	mu     sync.RWMutex // of the tables, for Has
	secret secret
	known  bool // the secret is in the store
	clock
	rules  map[string]*ruleMemory // by rule ID
	loaded []*ruleMemory          // by their place in the list of rules; nil: the rule has no memory
	limits Limits
	stored bool // there is a store

	open, free []*transaction
	// unpacked are the groups that the newest transaction changes.
	unpacked map[changedSlot]entry
	packing  []byte // working memory
	places   []changedSlot
	// left are entries that a change of the rules made obsolete, which the next transaction
	// deletes from the store.
	left []storedKey
	// renewed are rules that keep their entries longer than the store knows: the next transaction
	// writes them again.
	renewed []*ruleMemory
	// held are groups whose hold-off has not been summarized, and nameless says how many of
	// them are not known by name.
	held     map[heldGroup]heldOff
	nameless atomic.Int32
	// No hold-off of them ends before these: the time of events, in milliseconds, and that
	// of arrival, in seconds.
	heldUntil, heldDue int64
	restoring          *ruleMemory // whose entries come from the store
}

type heldGroup struct {
	rule *ruleMemory
	key  Key
}

// heldOff is what is known of a hold-off.
type heldOff struct {
	until, due int64    // as in a group
	by         []string // "user.name: alice" for each field; not stored
}

// NewMemory returns a memory of no rules.
func NewMemory() *Memory {
	return &Memory{
		secret: newSecret(), clock: clock{newest: none}, rules: map[string]*ruleMemory{}, limits: DefaultLimits,
		held: map[heldGroup]heldOff{}, unpacked: map[changedSlot]entry{}, heldUntil: never, heldDue: never,
	}
}

// never is after all times.
const never = 1 << 62

// ruleMemory is what one rule remembers.
type ruleMemory struct {
	id     string
	prefix RuleID
	kind   rule.MemoryKind
	fields [8]byte      // a digest of their names
	of     *rule.Memory // nil: the rule is not loaded

	// Of a rule that is loaded:
	window, keep   int64 // milliseconds, seconds
	count, values  int
	holdOff, learn int64             // milliseconds
	lateness       int64             // milliseconds
	correlation    *rule.Correlation // of a correlation
	most           int               // events of a group

	head       head
	terms      table[term]
	groups     table[kept]
	candidates []candidate
	flood      map[uint32]int // how many entries owners added since they were chosen
	swept      int64
	buckets    int64 // the newest time when buckets were looked for that have ended
	counts     Counts
}

// kept is an entry as it is kept, in memory and in the store: encoded, since there may be
// many entries, of which few are in use at a time.
type kept struct {
	state   string // of the entry without its header; it never changes
	touched uint32 // as in a header
	owner   uint32
}

// head is what belongs to a rule as a whole.
type head struct {
	since   int64  // the first event that the rule saw, or the oldest one in files
	from    int64  // where learning began
	files   bool   // it was learned from files, so it need not learn from the stream first
	learned uint32 // combinations of which there was no summary
}

// Counts are what a rule's memory has counted since the start.
type Counts struct {
	Late    uint64 // events that came too late to count
	Evicted uint64 // entries, and events of groups, that were forgotten because there were too many
	Beyond  uint64 // combinations beyond [MaxCombinations]
}

func newRuleMemory(id string) *ruleMemory {
	return &ruleMemory{id: id, prefix: ruleID(id), buckets: none, head: head{since: none, from: none}}
}

func fieldsDigest(m *rule.Memory) [8]byte {
	h := sha256.New()
	for _, f := range append(append([]string{}, m.Fields...), append([]string{"", m.DistinctOf}, m.Parts...)...) {
		_, _ = fmt.Fprintf(h, "%d:%s", len(f), f)
	}
	return [8]byte(h.Sum(nil))
}

// Use makes these the rules in force; their places are how other methods name them. It
// returns a line for each rule whose memory begins anew. No transaction is open.
func (m *Memory) Use(rules []*rule.Rule, l Limits) (lines []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.limits = l; m.limits.Terms == 0 {
		m.limits.Terms, m.limits.Groups = DefaultLimits.Terms, DefaultLimits.Groups
	}
	m.loaded = make([]*ruleMemory, len(rules))
	for i, r := range rules {
		if r.Memory == nil {
			continue
		}
		one, fields := m.rules[r.ID], fieldsDigest(r.Memory)
		switch {
		case one == nil:
			one = newRuleMemory(r.ID)
			m.rules[r.ID] = one
		case one.kind != r.Memory.Kind || one.fields != fields:
			lines = append(lines, fmt.Sprintf("rule %q: its type, its fields or, of a sequence or a query with STATS, its query has changed: its memory of %d entries begins anew", r.Name, one.keys()))
			m.leave(one)
			fresh := newRuleMemory(r.ID)
			fresh.counts = one.counts
			m.rules[r.ID], one = fresh, fresh
		}
		one.kind, one.fields = r.Memory.Kind, fields
		one.of = r.Memory
		one.terms.findFree() // after they were restored
		one.groups.findFree()
		one.window = r.Memory.Window.Milliseconds()
		one.lateness = l.Lateness.Milliseconds()
		one.correlation = r.Memory.Correlation
		keep := int64((max(r.Memory.Window, r.Memory.HoldOff) + l.Lateness) / time.Second)
		if m.stored && keep > one.keep && one.keys() > 0 && !slices.Contains(m.renewed, one) {
			m.renewed = append(m.renewed, one)
		}
		one.keep = keep
		one.count, one.values = r.Memory.Count, r.Memory.Distinct
		one.most = r.Memory.Events
		one.holdOff = r.Memory.HoldOff.Milliseconds()
		one.learn = l.LearnFor.Milliseconds()
		if d := r.Extension.LearnFor; d != nil {
			one.learn = d.Milliseconds()
		}
		m.loaded[i] = one
	}
	return lines
}

// leave notes that the entries of a rule are to be deleted from the store.
func (m *Memory) leave(r *ruleMemory) {
	m.renewed = slices.DeleteFunc(m.renewed, func(other *ruleMemory) bool { return other == r })
	if !m.stored {
		return
	}
	for block, used := range r.terms.used {
		if used != 0 {
			m.left = append(m.left, termsKey(r.prefix, uint32(block)))
		}
	}
	r.groups.each(func(slot uint32, e *item[kept]) {
		m.left = append(m.left, groupKey(r.prefix, slot))
		m.putHeld(heldGroup{r, e.key}, nil)
	})
}

func (r *ruleMemory) keys() int { return r.terms.count + r.groups.count }

// hasTerms reports whether the entries of the rule are terms; others have groups.
func (r *ruleMemory) hasTerms() bool { return r.kind == rule.NewTerms }

// RuleID returns what digests of values of the rule at that place begin with.
func (m *Memory) RuleID(place int) RuleID { return m.loaded[place].prefix }

// Digester returns a maker of digests.
func (m *Memory) Digester() Digester {
	return Digester{k0: binary.LittleEndian.Uint64(m.secret[:]), k1: binary.LittleEndian.Uint64(m.secret[8:])}
}

// Has reports whether the rule at that place has an entry with that key, which may have
// expired. It may be used without the detector's lock, and its answer is a guess then.
func (m *Memory) Has(place int, k Key) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r := m.loaded[place]
	if r.hasTerms() {
		_, ok := r.terms.find(&k)
		return ok
	}
	_, ok := r.groups.find(&k)
	return ok
}

// HasLive reports whether the rule at that place has an entry with that key that has not
// expired.
func (m *Memory) HasLive(place int, k Key, now time.Time) bool {
	return m.hasLive(m.loaded[place], &k, now)
}

// hasLive reports whether a rule has an entry with that key that has not expired.
func (m *Memory) hasLive(r *ruleMemory, k *Key, now time.Time) bool {
	slot, ok := r.terms.find(k)
	if !r.hasTerms() {
		slot, ok = r.groups.find(k)
	}
	if !ok {
		return false
	}
	c, _ := m.candidate(r, slot)
	return !r.expired(c.touched, now)
}

// Nameless reports whether there will be a summary of the hold-off of a group of the rule at that
// place, and the memory does not know what the group is called. It may be used without the
// detector's lock, as Has.
func (m *Memory) Nameless(place int, k Key) bool {
	if m.nameless.Load() == 0 {
		return false
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	h, ok := m.held[heldGroup{m.loaded[place], k}]
	return ok && h.by == nil
}

// Began reports whether all rules have seen an event.
func (m *Memory) Began() bool {
	for _, r := range m.loaded {
		if r != nil && r.head.since == none {
			return false
		}
	}
	return true
}

// Start notes the time of the first event that the rules see. Rules that have seen one
// ignore it.
func (m *Memory) Start(first Moment, now time.Time) {
	at := m.time(first, now)
	for _, r := range m.loaded {
		if r != nil && r.head.since == none {
			m.setHead(r, func(h *head) { h.since, h.from = at, at })
		}
	}
}

// clock is what is known of the time of events.
type clock struct {
	newest int64 // none if there was no event
	dated  bool  // some event had a time of its own
}

// Moment is when an event happened: its own time, and that of its record, which some
// shippers move the time of the event to. Either may be Undated.
type Moment struct{ Event, Record int64 }

// time returns the time that counts for an event, and notes that it was seen. The time of
// a record counts as long as no event has a time of its own.
func (m *Memory) time(at Moment, now time.Time) int64 {
	host := now.UnixMilli()
	next := m.clock
	var when int64
	switch {
	case at.Event != Undated:
		when, next.dated = at.Event, true
	case !m.dated && at.Record != Undated:
		when = at.Record
	case m.newest != none:
		return m.newest
	default:
		when = host
	}
	if when > host+maxAhead {
		when = host
	}
	if next.newest = max(next.newest, when); next != m.clock {
		if t := m.tx(); !t.timed {
			t.timed, t.clock = true, m.clock
		}
		m.clock = next
	}
	return when
}

// Newest returns the newest time that was seen, Undated if there was none.
func (m *Memory) Newest() int64 { return m.newest }

// See notes that an event came, of which the rules remember nothing.
func (m *Memory) See(at Moment, now time.Time) {
	if at.Event != Undated || at.Record != Undated {
		m.time(at, now)
	}
}

func (m *Memory) setHead(r *ruleMemory, change func(*head)) {
	t, was := m.tx(), r.head
	t.undo = append(t.undo, undo{what: undoHead, rule: r, head: &was})
	change(&r.head)
	t.heads = append(t.heads, r)
}

func (m *Memory) tx() *transaction { return m.open[len(m.open)-1] }

// MillisOf returns a time as this package has it, Undated if it is zero.
func MillisOf(t time.Time) int64 {
	if t.IsZero() {
		return Undated
	}
	return t.UnixMilli()
}

var _ hold.Memory = (*Memory)(nil)
