package alert

import (
	"fmt"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/table"
)

// rememberGroup adds what the memory of a rule that aggregates says.
func (m *Maker) rememberGroup(memory *Memory) {
	d, g, a := &m.doc, memory.Verdict.Group, memory.Aggregate
	d.put(slotMemoryGroup, m.encoded(func(w *writer) {
		columns := make([]table.Column, len(a.Keys))
		for i, v := range a.Keys {
			columns[i] = table.Column{Name: a.Stream.Keys[i], Value: v}
		}
		m.writeColumns(w, columns, "", d.truncate)
	}))
	d.setInt(slotMemoryCount, int64(g.Count))
	d.setTime(slotMemoryFrom, g.From)
	d.setTime(slotMemoryTo, g.To)
	d.setTime(slotKibanaOriginalTime, g.To)
	d.setStrings(slotMemoryEventIDs, g.EventIDs)
}

// appendGroupReason appends the sentence of an alert of a rule that aggregates.
func (m *Maker) appendGroupReason(dst, action []byte, s *event.Subject, memory *Memory) []byte {
	v, a := memory.Verdict, memory.Aggregate
	if v.Group.Count == 1 {
		dst = append(dst, "1 event, "...)
	} else {
		dst = fmt.Appendf(dst, "%d events, the one that completed them ", v.Group.Count)
	}
	dst = append(dst, oneLine(action)...)
	dst = appendPart(dst, " by ", s.Actor)
	dst = appendPart(dst, " from ", m.doc.first(slotSourceAddress))
	by := ", grouped by "
	for i, key := range a.Keys {
		members := key.Members()
		if len(members) == 0 || members[0].Kind() == expr.Date {
			continue
		}
		dst = appendPart(append(append(dst, by...), a.Stream.Keys[i]...), " ", members[0].AppendText(nil))
		by = ", "
	}
	if a.Stream.Class == table.Recent && v.Since.After(v.At.Add(-memory.Window)) {
		return append(dst, ", since "+v.Since.Format(timeFormat)+", where memory begins"...)
	}
	return append(dst, ", in "+period(memory.Window)...)
}
