package stateful

import (
	"cmp"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Overview is what a memory has of one rule, whether the rule is loaded or not.
type Overview struct {
	RuleID string
	Kind   rule.MemoryKind
	Keys   int // combinations or groups
	Events int // of groups, that still count
	Bytes  int // of memory, about
	// Since is where the memory begins, Oldest and Newest are the times of events: of a
	// combination the last one. They are zero if there is none.
	Since, Oldest, Newest time.Time
	FromFiles             bool // it was learned from files
	Learned               int  // combinations that were learned and not summarized
}

// Overviews returns what the memory has of each rule, in the order of their IDs.
func (m *Memory) Overviews() []Overview {
	m.pack()
	all := make([]Overview, 0, len(m.rules))
	for _, r := range m.rules {
		all = append(all, r.overview())
	}
	slices.SortFunc(all, func(a, b Overview) int { return cmp.Compare(a.RuleID, b.RuleID) })
	return all
}

func (r *ruleMemory) overview() Overview {
	o := Overview{RuleID: r.id, Kind: r.kind, Keys: r.keys(), Bytes: r.bytes(), FromFiles: r.head.files, Learned: int(r.head.learned)}
	oldest, newest := int64(never), int64(none)
	see := func(at int64) { oldest, newest = min(oldest, at), max(newest, at) }
	r.terms.each(func(_ uint32, e *item[term]) { see(e.value.last) })
	r.groups.each(func(_ uint32, e *item[kept]) { o.Events += r.unpack(&e.value).events(see) })
	if newest != none {
		o.Oldest, o.Newest = timeOf(oldest), timeOf(newest)
	}
	if r.head.since != none {
		o.Since = timeOf(r.head.since)
	}
	return o
}

// Forget removes all that the memory has of a rule, as a part of the newest transaction,
// and returns how many entries there were. It cannot be undone by Rollback; it is for
// memories of which nobody else knows.
func (m *Memory) Forget(ruleID string) (entries int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.rules[ruleID]
	if r == nil {
		return 0, false
	}
	m.stored = true
	m.leave(r)
	m.left = append(m.left, headKey(r.prefix))
	delete(m.rules, ruleID)
	if i := slices.Index(m.loaded, r); i >= 0 {
		m.loaded[i] = nil
	}
	t := m.tx()
	t.timed, t.clock = true, m.clock // so that there is something to write
	return r.keys(), true
}
