package stateful

import (
	"slices"
	"time"
)

// hit is an event of a group.
type hit struct {
	at     int64    // milliseconds since 1970
	event  uint64   // a digest of what the event is
	values []uint64 // digests of the values of which the distinct ones are counted

	// The ID of the event, or the beginning of it.
	idKind uint8
	uuid   [16]byte
	text   string
}

// group is what is remembered of a group of a rule of type threshold.
type group struct {
	hits     []hit // that are not consumed, by time, then by arrival
	newest   int64 // time of an event of the group; none if there was none
	consumed int64 // events up to this time do not count any more
	heldOff  int64 // windows that end up to this time do not alert
	told     bool  // there was a summary of what was held off, or nothing was
	due      int64 // seconds since 1970, of arrival: when the summary is made at the latest
	header
}

// none is before all times.
const none = -1 << 62

func (g *group) events(see func(at int64)) int {
	for i := range g.hits {
		see(g.hits[i].at)
	}
	if g.newest != none {
		see(g.newest)
	}
	return len(g.hits)
}

const (
	minHits = 1024 // of a group that is full
	maxIDs  = 10
	// MaxID is how many bytes of the ID of an event are kept.
	MaxID = 64
)

// Window is a window of events that made a rule of type threshold, or a correlation, alert.
type Window struct {
	From, To time.Time // of the first and the last event
	Count    int
	Distinct int // values, if the rule counts them
	EventIDs []string

	// Of a correlation:
	Number float64  // of which the condition holds
	Rules  []int    // the places of the rules that match in the window
	Events []uint64 // digests of what the events are, if it is about all of them
}

// has reports whether the group has the event already.
func (g *group) has(at int64, event uint64) bool {
	i, _ := slices.BinarySearchFunc(g.hits, at, func(h hit, at int64) int { return compare(h.at, at) })
	for ; i < len(g.hits) && g.hits[i].at == at; i++ {
		if g.hits[i].event == event {
			return true
		}
	}
	return false
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// add adds an event behind those of the same time.
func (g *group) add(h hit) {
	i, _ := slices.BinarySearchFunc(g.hits, h.at+1, func(h hit, at int64) int { return compare(h.at, at) })
	g.hits = slices.Insert(g.hits, i, h)
}

// drop drops the events before that time.
func (g *group) drop(before int64) {
	n, _ := slices.BinarySearchFunc(g.hits, before, func(h hit, at int64) int { return compare(h.at, at) })
	g.hits = slices.Delete(g.hits, 0, n)
}

// window returns the earliest closed window of that length that holds the time, ends
// after the hold-off, and has enough events and distinct values.
func (g *group) window(at, length int64, count, distinct int) (first, end, found int) {
	begin, _ := slices.BinarySearchFunc(g.hits, at-length, func(h hit, at int64) int { return compare(h.at, at) })
	values := map[uint64]int{} // how many events have each
	end = begin
	for first = begin; first < len(g.hits) && g.hits[first].at <= at; first++ {
		for ; end < len(g.hits) && g.hits[end].at <= g.hits[first].at+length; end++ {
			if distinct > 0 {
				for _, v := range g.hits[end].values {
					values[v]++
				}
			}
		}
		if end-first >= count && len(values) >= distinct && g.hits[end-1].at > g.heldOff {
			return first, end, len(values)
		}
		if distinct > 0 {
			for _, v := range g.hits[first].values {
				if values[v]--; values[v] == 0 {
					delete(values, v)
				}
			}
		}
	}
	return 0, 0, 0
}

func (g *group) describe(first, end, distinct int) *Window {
	w := &Window{From: timeOf(g.hits[first].at), To: timeOf(g.hits[end-1].at), Count: end - first, Distinct: distinct}
	for _, h := range g.hits[first:end] {
		if h.idKind != idNone && len(w.EventIDs) < maxIDs {
			w.EventIDs = append(w.EventIDs, h.ID())
		}
	}
	return w
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
