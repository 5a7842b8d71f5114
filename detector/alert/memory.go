package alert

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
)

// Memory is the part of an alert that a rule with a memory provides.
type Memory struct {
	*rule.Memory
	Values  [][]byte          // of the fields of the rule: the terms, or the group
	Digest  [sha256.Size]byte // of the rule and the values
	Verdict *stateful.Verdict
	Rules   []string // the names of those that match, of a correlation
	// Aggregate is, of a rule that aggregates, what its group is; Values are empty then.
	Aggregate *stateful.Aggregate
	// Of a sequence: what has made the traits of its events, and for which rule.
	Tracer *Tracer
	RuleID stateful.RuleID
}

// remember adds what the memory says.
func (m *Maker) remember(memory *Memory) {
	d, v := &m.doc, memory.Verdict
	d.setString(slotMemoryKind, memory.Kind.String())
	d.setHex(slotMemoryDigest, memory.Digest[:])
	d.setTime(slotMemorySince, v.Since)
	if memory.Kind == rule.Aggregated {
		m.rememberGroup(memory)
		return
	}
	if v.Sequence != nil {
		m.rememberSequence(memory)
		return
	}
	if memory.Kind == rule.NewTerms {
		d.put(slotMemoryTerms, m.encoded(func(w *writer) { memory.writeObject(w) }))
		d.setTime(slotMemoryPrevious, v.Previous)
		d.put(slotKibanaNewTerms, value{kind: aList, list: m.own(memory.Values)})
		return
	}
	w := v.Window
	if memory.Kind == rule.Correlated {
		m.correlate(memory)
	}
	d.put(slotMemoryGroup, m.encoded(func(w *writer) { memory.writeObject(w) }))
	d.setInt(slotMemoryCount, int64(w.Count))
	d.setInt(slotKibanaCount, int64(w.Count))
	d.setTime(slotMemoryFrom, w.From)
	d.setTime(slotKibanaFrom, w.From)
	d.setTime(slotMemoryTo, w.To)
	d.setTime(slotKibanaOriginalTime, w.To)
	d.setStrings(slotMemoryEventIDs, w.EventIDs)
	d.put(slotKibanaTerms, m.encoded(func(w *writer) { memory.writeFields(w) }))
	if of := memory.distinctOf(); of != "" {
		d.setInt(slotMemoryCardinality, int64(w.Distinct))
		d.put(slotKibanaCardinality, m.encoded(func(to *writer) {
			to.out = msgpack.AppendArrayHeader(to.out, 1)
			to.out = msgpack.AppendMapHeader(to.out, 2)
			to.string(view("field"))
			to.string(clean(view(of)))
			to.string(view("value"))
			to.out = msgpack.AppendInt(to.out, int64(w.Distinct))
		}))
	}
}

// encoded returns what write writes as a value.
func (m *Maker) encoded(write func(*writer)) value {
	d := &m.doc
	begin := len(d.text)
	d.w.begin(d.text)
	write(&d.w)
	d.text = d.w.end()
	return value{kind: encoded, text: d.text[begin:len(d.text):len(d.text)]}
}

// own returns the values as a list that is valid until the next alert.
func (m *Maker) own(values [][]byte) [][]byte {
	begin := len(m.texts)
	m.texts = append(m.texts, values...)
	return m.texts[begin:len(m.texts):len(m.texts)]
}

// writeObject writes one object, with the names of the fields as they are.
func (m *Memory) writeObject(w *writer) {
	w.out = msgpack.AppendMapHeader(w.out, len(m.Values))
	for i, v := range m.Values {
		w.string(clean(view(m.Fields[i])))
		if v == nil { // of a group of what lacks the field
			w.out = msgpack.AppendNil(w.out)
			continue
		}
		w.string(clean(v))
	}
}

// writeFields writes a list of fields and values, as Kibana has it.
func (m *Memory) writeFields(w *writer) {
	list := w.openList(len(m.Values))
	n := 0
	defer func() { w.closeList(list, n) }()
	for i, v := range m.Values {
		if v == nil {
			continue
		}
		n++
		w.out = msgpack.AppendMapHeader(w.out, 2)
		w.string(view("field"))
		w.string(clean(view(m.Fields[i])))
		w.string(view("value"))
		w.string(clean(v))
	}
}

// appendMemoryReason appends the sentence of an alert of a rule with a memory.
func (m *Maker) appendMemoryReason(dst, action []byte, s *event.Subject, memory *Memory) []byte {
	v := memory.Verdict
	if memory.Kind == rule.Aggregated {
		return m.appendGroupReason(dst, action, s, memory)
	}
	if v.Sequence != nil {
		return m.appendSequenceReason(dst, s, memory)
	}
	if memory.Kind == rule.NewTerms {
		dst = append(append(dst, "first "...), oneLine(action)...)
		dst = m.appendWhose(dst, s, memory, func(string) bool { return true })
		if v.Since.After(v.At.Add(-memory.Window)) {
			return append(dst, " since "+v.Since.Format(timeFormat)+", where memory begins"...)
		}
		return append(dst, " in "+period(memory.Window)...)
	}
	if memory.Kind == rule.Correlated {
		return m.appendCorrelationReason(dst, memory)
	}
	w := v.Window
	dst = append(dst, fmt.Sprintf("%d ", w.Count)...)
	dst = append(append(dst, oneLine(action)...), " events"...)
	if memory.DistinctOf != "" {
		dst = append(dst, fmt.Sprintf(" with %d values of %s", w.Distinct, memory.DistinctOf)...)
	}
	dst = m.appendWhose(dst, s, memory, func(field string) bool { return slices.Contains(memory.Fields, field) })
	return append(dst, " in "+period(memory.Window)...)
}

// appendWhose appends who did it, from where, and the values that the rule is about, as far
// as may says that the sentence may name a field.
func (m *Maker) appendWhose(dst []byte, s *event.Subject, memory *Memory, may func(field string) bool) []byte {
	actor, from, address := false, false, m.doc.first(slotSourceAddress)
	name := s.Actor
	isActor := func(f string) bool {
		return f == "user.name" || f == "user.id" || strings.HasPrefix(f, userIdentity) && !strings.HasSuffix(f, ".type")
	}
	isAddress := func(f string) bool { return f == "source.ip" || f == "source.address" }
	for i, f := range memory.Fields {
		actor, from = actor || isActor(f), from || isAddress(f)
		switch v := memory.Values[i]; { // of several names, or addresses, of an event the one that it is about
		case f == "user.name" && !bytes.Contains(name, v):
			name = v
		case f == "source.ip" && v != nil:
			address = v
		}
	}
	if actor || may("user.name") {
		dst = appendPart(dst, " by ", name)
	}
	if from && len(address) > 0 {
		dst = appendPart(dst, " from ", address)
	}
	for i, f := range memory.Fields {
		switch {
		case isActor(f), isAddress(f), memory.Values[i] == nil:
		case f == "cloud.account.id":
			if len(memory.Fields) == 1 {
				dst = appendPart(dst, " in account ", memory.Values[i])
			}
		default:
			dst = appendPart(append(append(dst, " with "...), f...), " ", memory.Values[i])
		}
	}
	return dst
}

// period returns a duration in words: "10 days".
func period(d time.Duration) string {
	for _, unit := range []struct {
		is   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / unit.is; d%unit.is == 0 && n > 0 {
			if n == 1 {
				return "1 " + unit.name
			}
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return d.String()
}
