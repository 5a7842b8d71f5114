package stateful

import (
	"encoding/binary"
	"math/bits"
	"time"
)

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
	slot, found := r.terms.find(&o.Key)
	e, known := term{owner: o.Owner}, false
	if found {
		if old := r.terms.at(slot).value; !r.expired(old.touched, now) {
			e, known = old, true
		}
	}
	if !known || at-e.last > r.window {
		v.Result = New
		if known {
			v.Previous = timeOf(e.last)
		}
	}
	last := e.last
	if !known || at > last {
		last = at
	}
	if !known || last != e.last || e.touched != second {
		e.last, e.touched = last, second
		if found {
			m.setTerm(r, slot, e)
		} else {
			m.makeRoom(r, o.Owner, now)
			m.addTerm(r, o.Key, e)
		}
	}
	if v.Result == New && !files && r.learn > 0 && !r.head.files && at < r.head.from+r.learn {
		v.Result = Learned
		m.setHead(r, func(h *head) { h.learned++ })
	}
	return v
}

// term is what is remembered of a combination of values. It has no pointers.
type term struct {
	last    int64  // the newest time of an event with it, in milliseconds since 1970
	touched uint32 // when an event touched it, by arrival, in seconds since 1970
	owner   uint32
}

// termSize is the size of a term with its key in memory, and in a state file, in bytes.
const termSize = 32

// encodeTerms returns the entry of a block of terms, nil if there are none, and when one of
// them was touched last.
func encodeTerms(t *table[term], block uint32) (b []byte, touched uint32) {
	used := t.used[block]
	if used == 0 {
		return nil, 0
	}
	b = make([]byte, 0, 1+4+bits.OnesCount32(used)*termSize)
	b = binary.BigEndian.AppendUint32(append(b, encoding), used)
	for i := range uint32(blockSize) {
		if used>>i&1 == 0 {
			continue
		}
		e := &t.slots[block*blockSize+i]
		touched = max(touched, e.value.touched)
		b = append(b, e.key[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(e.value.last))
		b = binary.BigEndian.AppendUint32(b, e.value.touched)
		b = binary.BigEndian.AppendUint32(b, e.value.owner)
	}
	return b, touched
}

// restoreTerms adds the terms of a block, and returns when one of them was touched last.
func restoreTerms(t *table[term], block uint32, value []byte) (touched uint32, ok bool) {
	d := decoder{rest: value}
	used := d.uint32()
	if d.failed || block >= maxSlots/blockSize {
		return 0, false
	}
	for i := range uint32(blockSize) {
		if used>>i&1 == 0 {
			continue
		}
		e := item[term]{key: Key(d.take(16))}
		e.value = term{last: int64(d.uint64()), touched: d.uint32(), owner: d.uint32()}
		if d.failed {
			return 0, false
		}
		if _, again := t.find(&e.key); again {
			return 0, false
		}
		touched = max(touched, e.value.touched)
		t.put(block*blockSize+i, e)
	}
	return touched, len(d.rest) == 0
}
