package match

import (
	"bytes"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// exact matches a value whose text is equal.
type exact string

func (m exact) match(v msgpack.Value) bool {
	if v.IsText() {
		return string(v.Bytes()) == string(m)
	}
	var buf [maxNumberText]byte
	text, ok := scalarText(buf[:0], v)
	return ok && string(text) == string(m)
}

// textSet matches a value whose text is in the set.
type textSet map[string]struct{}

func (m textSet) match(v msgpack.Value) bool {
	var buf [maxNumberText]byte
	text, ok := scalarText(buf[:0], v)
	if !ok {
		return false
	}
	_, found := m[string(text)]
	return found
}

// textOrder matches texts by the order of their code points, which is the order of
// the bytes in UTF-8.
type textOrder struct {
	op   query.Op
	text []byte
}

func (m textOrder) match(v msgpack.Value) bool {
	var buf [maxNumberText]byte
	text, ok := scalarText(buf[:0], v)
	return ok && satisfies(m.op, bytes.Compare(text, m.text))
}

// satisfies reports whether the result of a comparison, negative, 0 or positive as
// that of [cmp.Compare], satisfies the operator.
func satisfies(op query.Op, order int) bool {
	switch op {
	case query.Gt:
		return order > 0
	case query.Gte:
		return order >= 0
	case query.Lt:
		return order < 0
	}
	return order <= 0
}

// maxNumberText is the maximum length of the text of a number.
const maxNumberText = 32

// scalarText returns the text that a value has in a keyword or flattened field:
// numbers and booleans as in JSON. An object has none. The text aliases the value,
// or is appended to buf.
func scalarText(buf []byte, v msgpack.Value) ([]byte, bool) {
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		return v.Bytes(), true
	case msgpack.Bool:
		return strconv.AppendBool(buf, v.Bool()), true
	case msgpack.Int:
		return strconv.AppendInt(buf, v.Int(), 10), true
	case msgpack.Uint:
		return strconv.AppendUint(buf, v.Uint(), 10), true
	case msgpack.Float:
		return event.AppendDouble(buf, v.Float()), true
	}
	return nil, false
}
