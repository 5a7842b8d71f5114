package stateful

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// maxOfStep is how many events of one step a key has at most, for each event that a match has
// of the step.
const maxOfStep = 32

// maxStepText is how many bytes are kept of the action of an event, and of its source.
const maxStepText = 128

// sequence is the kind of rules about events that come one after the other.
type sequence struct{}

func (sequence) most(l Limits) int { return l.Groups }

// SequenceEvent is what a sequence remembers of an event.
type SequenceEvent struct {
	Identity [sha256.Size]byte
	Steps    uint64 // as bits by their places, and one for what ends a sequence
	Action   string // see Text
	Source   string
	Traits   []uint32 // digests of fields with their values
}

// Sequence is a match of a sequence.
type Sequence struct {
	Events []SequenceStep      // in the order of the steps
	Digest [sha256.Size]byte   // of the identities of the events
	Common map[uint32]struct{} // the traits that all events have
}

// SequenceStep is an event of a match.
type SequenceStep struct {
	At         time.Time
	ID, Action string
	Source     string
}

// pending is the entry of a key.
type pending struct {
	header
	list   []pendingEvent // by time, then by arrival
	newest int64          // none if there was no event
}

type pendingEvent struct {
	at int64
	SequenceEvent
	id   string
	used bool // it was in an alert
}

func (p *pending) events(see func(at int64)) int {
	for i := range p.list {
		see(p.list[i].at)
	}
	if p.newest != none {
		see(p.newest)
	}
	return len(p.list)
}

func (sequence) observe(m *Memory, r *ruleMemory, o *Observation, at int64, now time.Time) (v Verdict) {
	p, _ := m.live(r, o.Key, now).(*pending)
	if p == nil {
		m.makeRoom(r, o.Owner, now)
		p = &pending{newest: none, header: header{owner: o.Owner}}
		m.addGroup(r, o.Key, p)
	}
	if p.newest != none && at < p.newest-r.window-r.lateness {
		m.count(r, Counts{Late: 1})
		v.Result = TooLate
		return v
	}
	p.touched = uint32(now.Unix())
	p.newest = max(p.newest, at)
	i, same := p.find(at, o.Sequence)
	if same {
		v.Result = Same
		return v
	}
	p.list = slices.Insert(p.list, i, pendingEvent{at: at, SequenceEvent: *o.Sequence, id: o.ID[:min(len(o.ID), MaxID)]})
	p.drop(p.newest - r.window - r.lateness)
	if n := p.bound(r.of.Stages); n > 0 {
		m.count(r, Counts{Evicted: uint64(n)})
	}
	if match := p.match(r, o.Sequence.Identity); match != nil {
		v.Result, v.Sequence = Completed, p.describe(match)
	}
	return v
}

// Text returns the beginning of a text, as much of it as is remembered of an event.
func Text(text []byte) string { return string(text[:min(len(text), maxStepText)]) }

// find returns the place of the event, and whether it is there already.
func (p *pending) find(at int64, e *SequenceEvent) (place int, same bool) {
	i, _ := slices.BinarySearchFunc(p.list, at, func(e pendingEvent, at int64) int { return compare(e.at, at) })
	for ; i < len(p.list) && p.list[i].at == at; i++ {
		if p.list[i].Identity == e.Identity {
			return i, true
		}
	}
	return i, false
}

// drop drops the events before that time.
func (p *pending) drop(before int64) {
	n, _ := slices.BinarySearchFunc(p.list, before, func(e pendingEvent, at int64) int { return compare(e.at, at) })
	p.list = slices.Delete(p.list, 0, n)
}

// bound makes an event that is not among the newest ones of a step not count for it, and
// drops those that count for none. It returns how many it has dropped. Of events of the same
// time their identities decide, so that one that was dropped is dropped again if it comes again.
func (p *pending) bound(stages []int) (dropped int) {
	if len(p.list) <= maxOfStep {
		return 0
	}
	newest := make([]*pendingEvent, len(p.list))
	for i := range p.list {
		newest[i] = &p.list[i]
	}
	slices.SortFunc(newest, func(a, b *pendingEvent) int {
		return cmp.Or(cmp.Compare(b.at, a.at), bytes.Compare(b.Identity[:], a.Identity[:]))
	})
	var room [64]int
	for _, step := range stages {
		room[step] += maxOfStep
	}
	room[63] = maxOfStep
	kept := len(p.list)
	for _, e := range newest {
		for step := range room {
			if e.Steps>>step&1 == 0 {
				continue
			}
			if room[step]--; room[step] < 0 {
				e.Steps &^= 1 << step
			}
		}
	}
	p.list = slices.DeleteFunc(p.list, func(e pendingEvent) bool { return e.Steps == 0 })
	return kept - len(p.list)
}

// match returns the events of the match that the event has completed, and notes that they
// were in an alert; nil if there is none.
func (p *pending) match(r *ruleMemory, arrived [sha256.Size]byte) (members []int32) {
	instants := make([]Instant, len(p.list))
	for i := range p.list {
		e := &p.list[i]
		instants[i] = Instant{At: e.at, Order: e.at, Steps: e.Steps}
	}
	machine := Machine{Stages: r.of.Stages, Span: r.window}
	machine.Run(instants, func(match []int32) {
		here := false
		for _, i := range match {
			if p.list[i].used {
				return
			}
			here = here || p.list[i].Identity == arrived
		}
		if here && members == nil {
			members = slices.Clone(match)
		}
	})
	for _, i := range members {
		p.list[i].used = true
	}
	return members
}

func (p *pending) describe(members []int32) *Sequence {
	s := &Sequence{Common: map[uint32]struct{}{}}
	all := sha256.New()
	for n, i := range members {
		e := &p.list[i]
		s.Events = append(s.Events, SequenceStep{At: timeOf(e.at), ID: e.id, Action: e.Action, Source: e.Source})
		_, _ = all.Write(e.Identity[:])
		own := make(map[uint32]struct{}, len(e.Traits))
		for _, t := range e.Traits {
			if _, ok := s.Common[t]; ok || n == 0 {
				own[t] = struct{}{}
			}
		}
		s.Common = own
	}
	s.Digest = [sha256.Size]byte(all.Sum(nil))
	return s
}

func (p *pending) encode(b []byte) []byte {
	b = binary.AppendVarint(b, p.newest)
	b = binary.AppendUvarint(b, uint64(len(p.list)))
	before := int64(0)
	for i := range p.list {
		e := &p.list[i]
		b = binary.AppendVarint(b, e.at-before)
		before = e.at
		b = append(b, e.Identity[:]...)
		b = binary.BigEndian.AppendUint64(b, e.Steps)
		b = append(b, truth(e.used))
		for _, text := range []string{e.id, e.Action, e.Source} {
			b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
		}
		b = binary.AppendUvarint(b, uint64(len(e.Traits)))
		for _, t := range e.Traits {
			b = binary.BigEndian.AppendUint32(b, t)
		}
	}
	return b
}

func (sequence) decode(h header, d *decoder) (entry, bool) {
	p := &pending{header: h, newest: d.varint()}
	before := int64(0)
	for range d.count(46) {
		e := pendingEvent{at: before + d.varint()}
		if e.at < before && len(p.list) > 0 {
			return nil, false
		}
		before = e.at
		copy(e.Identity[:], d.take(sha256.Size))
		e.Steps = d.uint64()
		e.used = d.byte() != 0
		for _, text := range []*string{&e.id, &e.Action, &e.Source} {
			*text = string(d.take(d.count(1)))
		}
		for range d.count(4) {
			e.Traits = append(e.Traits, d.uint32())
		}
		p.list = append(p.list, e)
	}
	return p, true
}
