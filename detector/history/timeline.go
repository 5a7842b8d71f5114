package history

import (
	"cmp"
	"slices"
)

// timelines are the recent events of the actors or addresses that alerts were about lately,
// in the order of their times, so that many alerts about one of them do not read all of its
// events again.
type timelines struct {
	of    map[uint32]*timeline
	total int // moments in them
}

// timeline are recent events. Some of them may have been overwritten since.
type timeline struct {
	moments []moment
	next    uint32 // the number of the first event that is not in it
	cuts    uint32 // recent.cuts when it was read
}

// moment is a recent event of an actor or address.
type moment struct {
	at, number uint32
	other      uint32 // its address or actor
	call       uint32
}

// maxTimelines is the maximum number of actors or addresses with timelines.
const maxTimelines = 1 << 10

// side says how the events of an actor or address are found in the ring.
type side struct{ own, other, before int }

var (
	actorSide   = side{recentActor, recentAddress, recentBefore}
	addressSide = side{recentAddress, recentActor, recentNear}
)

// timeline returns the recent events of an actor or address, valid until the next call.
func (r *recent) timeline(all *timelines, s side, of uint32) []moment {
	heads := r.actorHeads
	if s == addressSide {
		heads = r.addressHeads
	}
	t := all.of[of]
	if t == nil || t.cuts != r.cuts {
		if t != nil {
			all.total -= len(t.moments)
		}
		if len(all.of) >= maxTimelines || all.total > int(r.size()) {
			all.of, all.total = nil, 0
		}
		if all.of == nil {
			all.of = map[uint32]*timeline{}
		}
		t = &timeline{cuts: r.cuts}
		all.of[of] = t
	}
	before := len(t.moments)
	n := heads[of&(r.size()-1)]
	for row := r.row(n); row != nil && n >= t.next; row = r.row(n) {
		if row[s.own] == of {
			t.moments = append(t.moments, moment{row[recentTime], n, row[s.other], row[recentCall]})
		}
		n = row[s.before]
	}
	t.next = r.next
	slices.Reverse(t.moments[before:])
	gone := 0
	for gone < before && t.moments[gone].number < r.floor {
		gone++
	}
	all.total += len(t.moments) - before - gone
	t.moments, before = t.moments[gone:], before-gone
	// Most events come in the order of their times.
	byTime := func(a, b moment) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.number, b.number)) }
	if more := t.moments[before:]; len(more) > 0 && (before > 0 && more[0].at < t.moments[before-1].at || !slices.IsSortedFunc(more, byTime)) {
		slices.SortFunc(t.moments, byTime)
	}
	return t.moments
}

// between returns the moments from a time to another.
func between(list []moment, from, to uint32) []moment {
	begin, _ := slices.BinarySearchFunc(list, from, func(m moment, at uint32) int { return cmp.Compare(m.at, at) })
	list = list[begin:]
	end, _ := slices.BinarySearchFunc(list, uint64(to)+1, func(m moment, at uint64) int { return cmp.Compare(uint64(m.at), at) })
	return list[:end]
}
