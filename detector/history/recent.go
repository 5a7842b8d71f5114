package history

import (
	"cmp"
	"slices"
	"strconv"
)

// A recent event, in a ring: what was rolled back is only cut off.
const (
	recentTime    = 0
	recentActor   = 1 // the beginning of its digest; 0: nobody is known
	recentAddress = 2
	recentBefore  = 3 // the event before it in the same place of actorHeads
	recentNear    = 4 // and of addressHeads
	recentCall    = 5 // the number of the name of its action, and callBits
	recentEvent   = 6 // Observation.Event, 64 bits
	recentStride  = 8

	nameBits  = 14 // from the first bit on
	failedBit = 1 << nameBits
	ruleShift = 16 // from where on it is what matched it: see Observation.Matched
)

// recent is the ring, with the last event of each actor and each address, and for the
// digest of an event its number. Events are numbered from 1 on.
type recent struct {
	ring                     []uint32
	actorHeads, addressHeads []uint32
	seen                     []uint32
	next                     uint32 // the number of the next event
	floor                    uint32 // events before it are overwritten
	cuts                     uint32 // how often events were cut off
}

func newRecent(events int) recent {
	return recent{
		ring: make([]uint32, events*recentStride), actorHeads: make([]uint32, events), addressHeads: make([]uint32, events), seen: make([]uint32, events),
		next: 1, floor: 1,
	}
}

func (r *recent) size() uint32 { return uint32(len(r.actorHeads)) }

// row returns an event, nil if it is no longer there.
func (r *recent) row(n uint32) []uint32 {
	if n == 0 || n < r.floor || n >= r.next {
		return nil
	}
	at := int(n&(r.size()-1)) * recentStride
	return r.ring[at : at+recentStride]
}

// has reports whether an event with that digest is among them, or was overwritten lately.
func (r *recent) has(event uint64) bool {
	if event == 0 {
		return false
	}
	row := r.row(r.seen[event&uint64(r.size()-1)])
	return row != nil && row[recentEvent] == uint32(event) && row[recentEvent+1] == uint32(event>>32)
}

// prefetch prefetches what has is going to read.
func (r *recent) prefetch(event uint64) {
	if row := r.row(r.seen[event&uint64(r.size()-1)]); row != nil {
		prefetch(&row[recentEvent])
	}
}

// callOf returns what a recent event has of its call.
func callOf(o *Observation, name uint32) uint32 {
	if o.Failed {
		name |= failedBit
	}
	return name | uint32(o.Matched)<<ruleShift
}

// add adds an event.
func (r *recent) add(o *Observation, name uint32) {
	n := r.next
	r.next++
	if r.next-r.floor > r.size() {
		r.floor = r.next - r.size()
	}
	mask := r.size() - 1
	actor, address := uint32(o.Actor), uint32(o.Address)
	a, b := &r.actorHeads[actor&mask], &r.addressHeads[address&mask]
	at := int(n&mask) * recentStride
	row := r.ring[at : at+recentStride : at+recentStride]
	row[recentTime], row[recentActor], row[recentAddress] = o.At, actor, address
	row[recentBefore], row[recentNear] = *a, *b
	row[recentCall] = callOf(o, name)
	row[recentEvent], row[recentEvent+1] = uint32(o.Event), uint32(o.Event>>32)
	*a, *b = n, n
	if o.Event != 0 {
		r.seen[uint32(o.Event)&mask] = n
	}
}

// cut removes the events from number n on, the last one first. Those that they have
// overwritten do not come back.
func (r *recent) cut(n uint32) {
	if r.next > n {
		r.cuts++
	}
	for r.next > n {
		r.next--
		if r.next < r.floor { // it was overwritten itself
			continue
		}
		at := int(r.next&(r.size()-1)) * recentStride
		row := r.ring[at : at+recentStride]
		r.actorHeads[row[recentActor]&(r.size()-1)] = row[recentBefore]
		r.addressHeads[row[recentAddress]&(r.size()-1)] = row[recentNear]
	}
	r.floor = min(r.floor, r.next)
}

// oldest returns the time from which on all events are there, 0 if no event was forgotten.
func (r *recent) oldest() uint32 {
	if r.floor <= 1 || r.floor == r.next {
		return 0
	}
	return r.row(r.floor)[recentTime]
}

// maxActions is how many actions before.actions and after.actions have.
const maxActions = 10

// calls are calls of an actor in a span of time.
type Calls struct {
	Events, Failures int
	Actions          []string // "3 DescribeInstances", the most frequent first
	Notable          []string
}

// counted is how often an action was called.
type counted struct {
	n       int
	first   uint32 // the number of the first event
	notable bool
}

// callsOf returns the calls of an actor from a time to another, of the events from
// number first on. What only the rule matched is not notable for it. wide are names that are
// notable besides.
func (h *History) callsOf(actor, from, to, first uint32, rule uint16, wide []string) (c Calls) {
	if len(h.counts) < len(h.names.list) {
		h.counts = make([]counted, 2*len(h.names.list))
	}
	called := h.called[:0]
	for _, m := range between(h.recent.timeline(&h.byActor, actorSide, actor), from, to) {
		if m.number < first {
			continue
		}
		c.Events++
		if m.call&failedBit != 0 {
			c.Failures++
		}
		name := m.call & (1<<nameBits - 1)
		one := &h.counts[name]
		if one.n == 0 {
			called = append(called, name)
			*one = counted{first: m.number, notable: h.names.notable(name)}
		}
		one.n++
		one.first = min(one.first, m.number)
		if by := uint16(m.call >> ruleShift); by != 0 && by != rule {
			one.notable = true
		}
	}
	c.Actions, c.Notable = []string{}, []string{}
	c.Notable = append(c.Notable, wide...)
	for _, name := range called {
		if h.counts[name].notable {
			c.Notable = append(c.Notable, h.names.text(name))
		}
	}
	slices.Sort(c.Notable)
	c.Notable = slices.Compact(c.Notable)
	slices.SortFunc(called, func(i, j uint32) int {
		a, b := &h.counts[i], &h.counts[j]
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.first, b.first))
	})
	for _, name := range called[:min(len(called), maxActions)] {
		c.Actions = append(c.Actions, strconv.Itoa(h.counts[name].n)+" "+h.names.text(name))
	}
	for _, name := range called {
		h.counts[name] = counted{}
	}
	h.called = called
	return c
}

// others returns how many calls others than the actor have made from an address.
func (h *History) others(actor, address, from, to uint32) int {
	n := len(between(h.recent.timeline(&h.byAddress, addressSide, address), from, to))
	for _, m := range between(h.recent.timeline(&h.byActor, actorSide, actor), from, to) {
		if m.other == address {
			n--
		}
	}
	return n
}
