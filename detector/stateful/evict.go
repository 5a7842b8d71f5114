package stateful

import (
	"cmp"
	"slices"
)

// candidate is an entry that may be forgotten.
type candidate struct {
	key     Key
	owner   uint32
	touched uint32
}

// maxCandidates is the maximum number of entries that are chosen at once.
const maxCandidates = 4096

// maxFlood is how many entries one owner may add while those of others are forgotten,
// before there is a new choice.
const maxFlood = 64

// choose returns the entries to forget next, the first one last: those of the heaviest
// owner that were not touched for longest, as long as no other owner is heavier. Of
// several owners with as many entries it takes the one that was not touched for longest of
// each. It reorders all.
func choose(all []candidate) []candidate {
	counts := make(map[uint32]int, len(all)/4)
	for i := range all {
		counts[all[i].owner]++
	}
	most, heaviest, second := 0, 0, 0
	for _, n := range counts {
		switch {
		case n > most:
			most, heaviest, second = n, 1, most
		case n == most:
			heaviest++
		case n > second:
			second = n
		}
	}
	list := slices.DeleteFunc(all, func(c candidate) bool { return counts[c.owner] != most })
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.touched, b.touched), slices.Compare(a.key[:], b.key[:]))
	})
	if heaviest > 1 {
		list = slices.DeleteFunc(list, func(c candidate) bool {
			taken := counts[c.owner] == 0
			counts[c.owner] = 0
			return taken
		})
	} else {
		list = list[:min(len(list), max(most-second, 1))]
	}
	list = slices.Clone(list[:min(len(list), maxCandidates)])
	slices.Reverse(list)
	return list
}
