package stateful

import (
	"cmp"
	"slices"
	"time"
)

// candidate is an entry that may be forgotten.
type candidate struct {
	slot    uint32
	owner   uint32
	touched uint32
}

// order is what candidates are ordered by: when they were touched.
func (c *candidate) order() uint64 { return uint64(c.touched)<<32 | uint64(c.slot) }

// maxCandidates is the maximum number of entries that are chosen at once: enough that the
// choice, which looks at all entries, costs little for each.
const maxCandidates = 8192

// maxFlood is how many entries one owner may add while those of others are forgotten,
// before there is a new choice.
const maxFlood = 64

// choose returns the entries to forget next, the first one last: those of the heaviest
// owner that were not touched for longest, as long as no other owner is heavier. Of
// several owners with as many entries it takes the one that was not touched for longest of
// each. It reorders all.
func choose(all []candidate) []candidate {
	heaviest, most, second := heaviestOwners(all)
	room := maxCandidates
	if len(heaviest) == 1 {
		room = min(room, max(most-second, 1))
	}
	if most > 1 {
		all = slices.DeleteFunc(all, func(c candidate) bool { return !heaviest[c.owner] })
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(a.order(), b.order()) })
	if most > 1 && len(heaviest) > 1 {
		all = slices.DeleteFunc(all, func(c candidate) bool {
			first := heaviest[c.owner]
			heaviest[c.owner] = false
			return !first
		})
	}
	list := slices.Clone(all[:min(room, len(all))])
	slices.Reverse(list)
	return list
}

// heaviestOwners returns the owners with the most candidates, how many they have, and how
// many others have at most. If all have one, it returns none.
func heaviestOwners(all []candidate) (heaviest map[uint32]bool, most, second int) {
	owners := make([]uint32, len(all))
	for i := range all {
		owners[i] = all[i].owner
	}
	slices.Sort(owners)
	heaviest = map[uint32]bool{}
	for len(owners) > 0 {
		n := 1
		for n < len(owners) && owners[n] == owners[0] {
			n++
		}
		switch {
		case n > most:
			clear(heaviest)
			most, second = n, most
			heaviest[owners[0]] = n > 1
		case n == most && n > 1:
			heaviest[owners[0]] = true
		case n < most && n > second:
			second = n
		}
		owners = owners[n:]
	}
	if most == 1 {
		clear(heaviest)
	}
	return heaviest, most, second
}

// makeRoom makes sure that the rule may have one more entry, of that owner.
func (m *Memory) makeRoom(r *ruleMemory, owner uint32, now time.Time) {
	most := kinds[r.kind].most(m.limits)
	if r.keys() < most {
		return
	}
	if second := now.Unix(); second-r.swept > max(r.keep/64, 1) {
		r.swept = second
		m.sweep(r, now)
	}
	for r.keys() >= most {
		m.evict(r, owner)
	}
}

// evict forgets an entry, if it is not one that was touched since it was chosen.
func (m *Memory) evict(r *ruleMemory, owner uint32) {
	if len(r.candidates) == 0 {
		r.candidates = choose(m.entries(r))
		r.flood = map[uint32]int{}
	}
	last := len(r.candidates) - 1
	c := r.candidates[last]
	r.candidates = r.candidates[:last]
	if c.owner != owner {
		if r.flood[owner]++; r.flood[owner] > maxFlood {
			r.candidates = nil
		}
	}
	if now, ok := m.candidate(r, c.slot); ok && now == c {
		m.remove(r, c.slot)
		m.count(r, Counts{Evicted: 1})
	}
}

// sweep removes what has expired.
func (m *Memory) sweep(r *ruleMemory, now time.Time) {
	for _, c := range m.entries(r) {
		if r.expired(c.touched, now) {
			m.remove(r, c.slot)
		}
	}
}

func (m *Memory) entries(r *ruleMemory) []candidate {
	all := make([]candidate, 0, r.keys())
	r.terms.each(func(slot uint32, e *item[term]) {
		all = append(all, candidate{slot, e.value.owner, e.value.touched})
	})
	r.groups.each(func(slot uint32, _ *item[kept]) {
		c, _ := m.candidate(r, slot)
		all = append(all, c)
	})
	return all
}

// candidate returns the entry in a slot as a candidate, and false if there is none.
func (m *Memory) candidate(r *ruleMemory, slot uint32) (candidate, bool) {
	if r.hasTerms() {
		if !r.terms.holds(slot) {
			return candidate{}, false
		}
		v := &r.terms.at(slot).value
		return candidate{slot, v.owner, v.touched}, true
	}
	if !r.groups.holds(slot) {
		return candidate{}, false
	}
	if len(m.unpacked) > 0 {
		if e := m.unpacked[changedSlot{r, slot}]; e != nil {
			return candidate{slot, e.head().owner, e.head().touched}, true
		}
	}
	v := &r.groups.at(slot).value
	return candidate{slot, v.owner, v.touched}, true
}
