package alert

import (
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
)

// Tracer computes the traits of events: for each field of an alert, a digest of the field
// and its values. They tell later which fields several events have in common. A Tracer is
// for one goroutine at a time.
type Tracer struct {
	m        Maker
	digester stateful.Digester
	number   [8]byte
}

// NewTracer returns a tracer for the events of a schema, whose alerts have those fields.
func NewTracer(fields *Fields, d stateful.Digester) *Tracer {
	t := &Tracer{digester: d}
	t.m.fields, t.m.doc = fields, newDocument(nil, fields)
	t.m.copyField = t.m.setCopied
	return t
}

// Append appends the traits of an event for a rule. The subject is the event's.
func (t *Tracer) Append(dst []uint32, e *event.Event, s *event.Subject, id stateful.RuleID) []uint32 {
	m := &t.m
	m.doc.reset()
	m.texts = m.texts[:0]
	m.of = m.fields.of(s.Source, m.format)
	m.copy(e, s)
	m.describe(s)
	for _, at := range m.doc.filled {
		dst = append(dst, t.trait(m.fields.names[at], &m.doc.values[at], id))
	}
	m.doc.reset()
	clear(m.texts)
	return dst
}

// trait returns the digest of a field with its value.
func (t *Tracer) trait(name string, v *value, id stateful.RuleID) uint32 {
	d := &t.digester
	d.Begin(id)
	d.Add(view(name))
	binary.BigEndian.PutUint64(t.number[:], uint64(v.number))
	d.Add(append(t.number[:len(t.number):len(t.number)], byte(v.kind)))
	binary.BigEndian.PutUint64(t.number[:], uint64(v.more))
	d.Add(t.number[:])
	if v.kind == aList {
		for _, text := range v.list {
			d.Add(text)
		}
	} else {
		d.Add(v.text)
	}
	return uint32(d.Short())
}

// keepCommon takes the fields out of the document that the events of a sequence do not have
// in common, but for the ID of the event that completed it.
func (m *Maker) keepCommon(memory *Memory) {
	d := &m.doc
	kept := d.filled[:0]
	d.has = slotSet{}
	for _, at := range d.filled {
		switch at {
		case slotAlertID, slotTimestamp, slotEventDigest, slotEventID:
		default:
			name := m.fields.names[at]
			if _, ok := memory.Verdict.Sequence.Common[memory.Tracer.trait(name, &d.values[at], memory.RuleID)]; !ok {
				d.values[at] = value{}
				d.truncated = slices.DeleteFunc(d.truncated, func(t string) bool { return t == name })
				continue
			}
		}
		kept = append(kept, at)
		d.has.add(at)
	}
	d.filled = kept
}

// rememberSequence adds what is known of the events of a sequence.
func (m *Maker) rememberSequence(memory *Memory) {
	d, events := &m.doc, memory.Verdict.Sequence.Events
	last := events[len(events)-1].At
	if len(memory.Fields) > 0 {
		d.put(slotMemoryGroup, m.encoded(func(w *writer) { memory.writeObject(w) }))
	}
	d.setInt(slotMemoryCount, int64(len(events)))
	d.setTime(slotMemoryFrom, events[0].At)
	d.setTime(slotMemoryTo, last)
	d.setTime(slotKibanaOriginalTime, last)
	d.setHex(slotEventDigest, memory.Verdict.Sequence.Digest[:])
	d.setHex(slotKibanaGroupID, memory.Verdict.Sequence.Digest[:])
	var ids []string
	for i := range events {
		if events[i].ID != "" {
			ids = append(ids, events[i].ID)
		}
	}
	d.setStrings(slotMemoryEventIDs, ids)
	d.put(slotMemorySteps, m.encoded(func(w *writer) { writeSteps(w, events) }))
	d.put(slotKibanaGroupIndex, m.encoded(func(w *writer) {
		w.out = msgpack.AppendArrayHeader(w.out, len(events))
		for i := range events {
			w.out = msgpack.AppendInt(w.out, int64(i))
		}
	}))
}

// writeSteps writes a list of objects, one for each event.
func writeSteps(w *writer, events []stateful.SequenceStep) {
	w.out = msgpack.AppendArrayHeader(w.out, len(events))
	for i := range events {
		e := &events[i]
		header, n := w.openMap(4), 0
		for _, member := range []struct{ key, text string }{
			{"id", e.ID}, {"time", e.At.Format(timeFormat)}, {"action", e.Action}, {"source", e.Source},
		} {
			if member.text != "" {
				w.string(view(member.key))
				w.string(clean(view(member.text)))
				n++
			}
		}
		w.closeMap(header, n)
	}
}

// maxNamedSteps is how many events the reason of an alert names.
const maxNamedSteps = 5

// appendSequenceReason appends the sentence of an alert of a sequence: "One, then Two by
// maria within 5 minutes".
func (m *Maker) appendSequenceReason(dst []byte, s *event.Subject, memory *Memory) []byte {
	events := memory.Verdict.Sequence.Events
	for begin, named := 0, 0; begin < len(events); named++ {
		if named == maxNamedSteps {
			dst = append(append(append(dst, ", then "...), strconv.Itoa(len(events)-begin)...), " more"...)
			break
		}
		end := begin + 1
		for end < len(events) && events[end].Action == events[begin].Action {
			end++
		}
		if begin > 0 {
			dst = append(dst, ", then "...)
		}
		if action := events[begin].Action; action != "" {
			dst = append(dst, oneLine(view(action))...)
		} else {
			dst = append(dst, "an event"...)
		}
		if end-begin > 1 {
			dst = append(append(append(dst, " ("...), strconv.Itoa(end-begin)...), " times)"...)
		}
		begin = end
	}
	common := m.doc.count(slotUserName) > 0
	dst = m.appendWhose(dst, s, memory, func(string) bool { return common })
	return append(append(dst, " within "...), period(memory.Window)...)
}
