package table

import (
	"math"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
)

// Row is a row of a table.
type Row struct {
	columns []column
	values  row
}

// AppendJSON appends the row as a JSON object, with the names of columns for keys.
// Columns that are null are left out.
func (r Row) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	first := true
	for _, c := range r.columns {
		if c.slot >= len(r.values) || r.values[c.slot].Kind() == expr.Null {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, []byte(c.name)), ':')
		dst = appendValue(dst, r.values[c.slot])
	}
	return append(dst, '}')
}

func appendString(dst, text []byte) []byte { return jsontext.AppendJSON(dst, msgpack.TextOf(text)) }

func appendValue(dst []byte, v expr.Value) []byte {
	switch v.Kind() {
	case expr.List:
		dst = append(dst, '[')
		for i, member := range v.Members() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, member)
		}
		return append(dst, ']')
	case expr.Bool, expr.Int:
		return v.AppendText(dst)
	case expr.Float:
		f, _ := v.Float()
		if f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return strconv.AppendFloat(dst, f, 'f', 1, 64)
		}
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	}
	return appendString(dst, v.AppendText(nil))
}
