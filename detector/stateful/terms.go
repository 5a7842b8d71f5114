package stateful

import "time"

// newTerms is the kind of rules that know combinations of values. Its entries are in a table
// of their own.
type newTerms struct{}

func (newTerms) most(l Limits) int { return l.Terms }

func (newTerms) decode(header, *decoder) (entry, bool) { return nil, false }

func (newTerms) observe(m *Memory, r *ruleMemory, o *Observation, at int64, now time.Time) Verdict {
	return m.observeTerm(r, o, at, now, false)
}

func (m *Memory) observeTerm(r *ruleMemory, o *Observation, at int64, now time.Time, files bool) (v Verdict) {
	second := uint32(now.Unix())
	e, known := term{key: o.Key, owner: o.Owner}, false
	last := int64(none)
	if old := r.terms.get(&o.Key); old != nil {
		e = *old
		if known = !r.expired(old.touched, now); known {
			last = old.last()
		} else {
			e.owner = o.Owner
		}
	}
	if !known || at-last > r.window {
		v.Result = New
		if known {
			v.Previous = timeOf(last)
		}
	}
	if e.slot == 0 {
		m.makeRoom(r, o.Owner, now)
		e.slot = r.nextSlot
		r.nextSlot++ // also if the transaction is undone: numbers are not used again
	}
	if newest := max(last, at); !known || newest != last || e.touched != second {
		e.setLast(newest)
		e.touched = second
		m.setTerm(r, e)
	}
	if v.Result == New && !files && r.learn > 0 && !r.head.files && at < r.head.from+r.learn {
		v.Result = Learned
		m.setHead(r, func(h *head) { h.learned++ })
	}
	return v
}
