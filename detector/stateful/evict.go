package stateful

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// candidate is an entry that may be forgotten.
type candidate struct {
	key     Key
	owner   uint32
	touched uint32
}

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
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.touched, b.touched), bytes.Compare(a.key[:], b.key[:]))
	})
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
		r.candidates = choose(r.entries())
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
	if e := r.terms.get(&c.key); e != nil && e.touched == c.touched {
		m.removeTerm(r, c.key)
		m.count(r, Counts{Evicted: 1})
	} else if e := r.groups[c.key]; e != nil && e.head().touched == c.touched {
		m.removeGroup(r, c.key)
		m.count(r, Counts{Evicted: 1})
	}
}

func (r *ruleMemory) entries() []candidate {
	all := make([]candidate, 0, r.keys())
	r.terms.each(func(t *term) { all = append(all, candidate{t.key, t.owner, t.touched}) })
	for k, e := range r.groups {
		all = append(all, candidate{k, e.head().owner, e.head().touched})
	}
	return all
}

// sweep removes what has expired.
func (m *Memory) sweep(r *ruleMemory, now time.Time) {
	for _, c := range r.entries() {
		switch {
		case !r.expired(c.touched, now):
		case r.groups[c.key] != nil:
			m.removeGroup(r, c.key)
		default:
			m.removeTerm(r, c.key)
		}
	}
}
