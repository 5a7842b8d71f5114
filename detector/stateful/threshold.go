package stateful

import (
	"encoding/binary"
	"time"
)

// threshold is the kind of rules that count the events of groups.
type threshold struct{}

func (threshold) most(l Limits) int { return l.Groups }

func (threshold) observe(m *Memory, r *ruleMemory, o *Observation, at int64, now time.Time) (v Verdict) {
	g, _ := m.live(r, o.Key, now).(*group)
	if g == nil {
		m.makeRoom(r, o.Owner, now)
		g = &group{newest: none, consumed: none, heldOff: none, header: header{owner: o.Owner}}
		m.addGroup(r, o.Key, g)
	}
	if g.newest != none && at < g.newest-r.window-r.lateness {
		m.count(r, Counts{Late: 1})
		v.Result = TooLate
		return v
	}
	g.touched = uint32(now.Unix())
	g.newest = max(g.newest, at)
	switch {
	case at <= g.consumed:
		return v
	case g.has(at, o.Event):
		v.Result = Same
		return v
	}
	h := hit{at: at, event: o.Event, values: o.Values, id: o.ID[:min(len(o.ID), MaxID)]}
	g.add(h)
	g.drop(g.newest - r.window - r.lateness)
	if most := max(minHits, 4*r.count); len(g.hits) > most {
		m.count(r, Counts{Evicted: uint64(len(g.hits) - most)})
		g.hits = append(g.hits[:0], g.hits[len(g.hits)-most:]...)
	}
	first, end, distinct := g.window(at, r.window, r.count, r.values)
	if end == 0 {
		return v
	}
	v.Result, v.Window = Reached, g.describe(first, end, distinct)
	to := g.hits[end-1].at
	g.consumed = to
	g.drop(to + 1)
	g.heldOff, g.told = to+r.holdOff, false
	g.due = now.Unix() + r.holdOff/1000
	if o.By != nil {
		g.by = o.By()
	}
	if r.holdOff > 0 {
		m.setHeld(heldGroup{r, o.Key}, true)
		m.heldUntil, m.heldDue = min(m.heldUntil, g.heldOff), min(m.heldDue, g.due)
	}
	return v
}

func (g *group) encode(b []byte) []byte {
	for _, at := range []int64{g.newest, g.consumed, g.heldOff, g.due} {
		b = binary.AppendVarint(b, at)
	}
	b = append(b, truth(g.told))
	b = binary.AppendUvarint(b, uint64(len(g.hits)))
	before := int64(0)
	for i := range g.hits {
		h := &g.hits[i]
		b = binary.AppendVarint(b, h.at-before)
		before = h.at
		b = binary.BigEndian.AppendUint64(b, h.event)
		b = binary.AppendUvarint(b, uint64(len(h.values)))
		for _, v := range h.values {
			b = binary.BigEndian.AppendUint64(b, v)
		}
		b = append(binary.AppendUvarint(b, uint64(len(h.id))), h.id...)
	}
	return b
}

func (threshold) decode(h header, d *decoder) (entry, bool) {
	g := &group{header: h}
	for _, at := range []*int64{&g.newest, &g.consumed, &g.heldOff, &g.due} {
		*at = d.varint()
	}
	g.told = d.byte() != 0
	before := int64(0)
	for range d.count(11) {
		h := hit{at: before + d.varint(), event: d.uint64()}
		if h.at < before && len(g.hits) > 0 {
			return nil, false
		}
		before = h.at
		for range d.count(8) {
			h.values = append(h.values, d.uint64())
		}
		h.id = string(d.take(d.count(1)))
		g.hits = append(g.hits, h)
	}
	return g, true
}
