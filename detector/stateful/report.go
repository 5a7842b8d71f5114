package stateful

import (
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Report is what the memory of a rule has at a moment.
type Report struct {
	Counts
	Kind     rule.MemoryKind
	Keys     int  // combinations or groups
	Bytes    int  // of memory, about
	Learning bool // nothing alerts yet
	Since    time.Time
}

// Report returns what the rule at that place has; false if it has no memory.
func (m *Memory) Report(place int) (Report, bool) {
	if place >= len(m.loaded) || m.loaded[place] == nil {
		return Report{}, false
	}
	r := m.loaded[place]
	report := Report{Counts: r.counts, Kind: r.kind, Keys: r.keys(), Bytes: r.bytes()}
	report.Learning = r.learning(m.newest)
	if r.head.since != none {
		report.Since = timeOf(r.head.since)
	}
	return report, true
}

// Counts returns what was counted, of all rules in force together.
func (m *Memory) Counts() (all Counts) {
	for _, r := range m.loaded {
		if r != nil {
			all.Late += r.counts.Late
			all.Evicted += r.counts.Evicted
			all.Beyond += r.counts.Beyond
		}
	}
	return all
}

// bytes returns about how many bytes of memory the rule's entries take.
func (r *ruleMemory) bytes() int {
	n := r.terms.bytes(termSize) + r.groups.bytes(groupSize)
	r.groups.each(func(_ uint32, e *item[kept]) { n += (len(e.value.state) + 15) &^ 15 })
	return n
}

// groupSize is the size of an entry that is not a term with its key in memory, without its
// state, in bytes.
const groupSize = 40

func (r *ruleMemory) learning(newest int64) bool {
	return r.kind == rule.NewTerms && !r.head.files && r.learn > 0 && (r.head.from == none || newest < r.head.from+r.learn)
}

// Lesson is what a rule would have alerted on while it was learning.
type Lesson struct {
	Rule     int // its place
	Count    int
	From, To time.Time // of learning
}

// Lessons returns what rules have learned that have just stopped to learn, once; with
// force, what others have learned up to now.
func (m *Memory) Lessons(force bool) (lessons []Lesson) {
	for place, r := range m.loaded {
		if r == nil || r.head.learned == 0 {
			continue
		}
		end := r.head.from + r.learn
		if over := m.newest >= end; over || force {
			lessons = append(lessons, Lesson{place, int(r.head.learned), timeOf(r.head.from), timeOf(min(end, m.newest))})
			m.setHead(r, func(h *head) { h.learned = 0 })
		}
	}
	return lessons
}

// Due returns after which time of events something is to be summarized.
func (m *Memory) Due() int64 {
	due := m.heldUntil
	for _, r := range m.loaded {
		if r != nil && r.head.learned > 0 {
			due = min(due, r.head.from+r.learn-1)
		}
	}
	return due
}

// HeldOff is what came of a group after an alert, in the hold-off.
type HeldOff struct {
	Rule        int // its place
	By          []string
	Key         Key
	Begin, End  time.Time // the hold-off, in event time
	Count       int
	Distinct    int
	First, Last time.Time // of the events
}

// HeldOff returns what was held off in groups whose hold-off is over: events are newer, or
// time has passed; with force, in all groups.
func (m *Memory) HeldOff(now time.Time, force bool) (list []HeldOff) {
	over := func(until, due int64) bool { return force || m.newest > until || now.Unix() >= due }
	if !over(m.heldUntil, m.heldDue) {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heldUntil, m.heldDue = never, never
	for h, hold := range m.held {
		place := slices.Index(m.loaded, h.rule)
		slot, ok := h.rule.groups.find(&h.key)
		if ok && place >= 0 && !over(hold.until, hold.due) {
			m.heldUntil, m.heldDue = min(m.heldUntil, hold.until), min(m.heldDue, hold.due)
			continue
		}
		m.setHeld(h, nil)
		if !ok || place < 0 {
			continue
		}
		g := m.own(h.rule, slot).(*group)
		g.told = true
		if s := g.heldOffSummary(); s.Count > 0 {
			s.Rule, s.Key, s.By = place, h.key, hold.by
			list = append(list, s)
		}
	}
	return list
}

func (g *group) heldOffSummary() HeldOff {
	s := HeldOff{Begin: timeOf(g.consumed), End: timeOf(g.heldOff)}
	values := map[uint64]struct{}{}
	for _, one := range g.hits {
		if one.at > g.heldOff {
			break
		}
		if s.Count++; s.Count == 1 {
			s.First = timeOf(one.at)
		}
		s.Last = timeOf(one.at)
		for _, v := range one.values {
			values[v] = struct{}{}
		}
	}
	s.Distinct = len(values)
	return s
}

// NextHeldOff returns when, by arrival, the first hold-off may be over that is to be
// summarized, and false if there is none.
func (m *Memory) NextHeldOff() (next time.Time, ok bool) {
	return time.Unix(m.heldDue, 0), m.heldDue != never
}
