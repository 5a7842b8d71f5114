package stateful

import "time"

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
	m.name(r, o)
	switch {
	case at <= g.consumed:
		return v
	case g.has(at, o.Event):
		v.Result = Same
		return v
	}
	h := hit{at: at, event: o.Event, values: o.Values}
	h.setID(o.ID)
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
	if r.holdOff > 0 {
		held := heldOff{until: g.heldOff, due: g.due}
		if o.By != nil {
			held.by = o.By()
		}
		m.setHeld(heldGroup{r, o.Key}, &held)
	}
	return v
}

// name notes what a group is, if its hold-off is to be summarized and that is not known: no names
// are stored, so that after a restart the next event of the group has to tell them.
func (m *Memory) name(r *ruleMemory, o *Observation) {
	if o.By == nil || len(m.held) == 0 {
		return
	}
	if h, ok := m.held[heldGroup{r, o.Key}]; ok && h.by == nil {
		h.by = o.By()
		m.setHeld(heldGroup{r, o.Key}, &h)
	}
}
