package alert

import (
	"math"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/table"
)

const (
	// maxColumnValues is how many values of one column an alert carries.
	maxColumnValues = 100
	// maxColumns is how many encoded bytes all columns may have together.
	maxColumns = 1 << 17
)

// columnsAlso are the objects in which columns are besides, as Elastic's rules name them:
// Esql.event_count is event_count in Esql.
var columnsAlso = []struct {
	prefix string
	slot   slot
}{{"Esql.", slotEsql}, {"Esql_priv.", slotEsqlPriv}}

// addColumns adds the columns that a query in ES|QL makes. What is left out is noted.
func (m *Maker) addColumns(columns []table.Column) {
	if len(columns) == 0 {
		return
	}
	d := &m.doc
	d.put(slotColumns, m.encoded(func(w *writer) {
		m.writeColumns(w, columns, "", d.truncate)
	}))
	for _, also := range columnsAlso {
		v := m.encoded(func(w *writer) { m.writeColumns(w, columns, also.prefix, func(string) {}) })
		if members, _, err := msgpack.Read(v.text, 0); err == nil && members.Len() > 0 {
			d.put(also.slot, v)
		}
	}
}

// writeColumns writes an object of the columns whose names have that prefix, without it.
func (m *Maker) writeColumns(w *writer, columns []table.Column, prefix string, truncate func(string)) {
	header, n, begin := w.openMap(len(columns)), 0, len(w.out)
	for _, c := range columns {
		name, ok := strings.CutPrefix(c.Name, prefix)
		if !ok || name == "" {
			continue
		}
		at := len(w.out)
		w.string(cleanKey(msgpack.TextOf(view(name))))
		whole := w.columnValue(c.Value)
		if len(w.out)-begin > maxColumns {
			w.out, whole = w.out[:at], false
		} else {
			n++
		}
		if !whole {
			truncate(c.Name)
		}
	}
	w.closeMap(header, n)
}

// columnValue writes a value, and reports whether all of it is there.
func (w *writer) columnValue(v expr.Value) (whole bool) {
	switch v.Kind() {
	case expr.Null:
		w.out = msgpack.AppendNil(w.out)
	case expr.List:
		members := v.Members()
		whole = len(members) <= maxColumnValues
		members = members[:min(len(members), maxColumnValues)]
		header, begin, n := w.openList(len(members)), len(w.out), 0
		for _, member := range members {
			at := len(w.out)
			whole = w.columnValue(member) && whole
			if len(w.out)-begin > maxList {
				w.out, whole = w.out[:at], false
				break
			}
			n++
		}
		w.closeList(header, n)
		return whole
	case expr.Bool:
		w.out = msgpack.AppendBool(w.out, v.IsTrue())
	case expr.Int:
		n, _ := v.Int()
		w.out = msgpack.AppendInt(w.out, n)
	case expr.Float:
		f, _ := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			w.out = msgpack.AppendNil(w.out)
			return false
		}
		w.out = msgpack.AppendFloat(w.out, f)
	default:
		text := v.AppendText(nil)
		w.string(clean(text))
		return len(text) <= maxText
	}
	return true
}
