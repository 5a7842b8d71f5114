package match

import (
	"bytes"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// exact matches a value whose text is this, to the letter.
type exact string

func (m exact) match(v msgpack.Value) bool {
	if v.IsText() {
		return string(v.Bytes()) == string(m)
	}
	var buf [numberText]byte
	text, ok := scalarText(buf[:0], v)
	return ok && string(text) == string(m)
}

// textSet matches a value whose text is one of these.
type textSet map[string]struct{}

func (m textSet) match(v msgpack.Value) bool {
	var buf [numberText]byte
	text, ok := scalarText(buf[:0], v)
	if !ok {
		return false
	}
	_, found := m[string(text)]
	return found
}

// textOrder matches texts on one side of another, by code points: the order of
// the bytes of UTF-8.
type textOrder struct {
	op   query.Op
	text []byte
}

func (m textOrder) match(v msgpack.Value) bool {
	var buf [numberText]byte
	text, ok := scalarText(buf[:0], v)
	return ok && in(m.op, bytes.Compare(text, m.text))
}

// in reports whether something that compares so lies on the operator's side.
func in(op query.Op, compared int) bool {
	switch op {
	case query.Gt:
		return compared > 0
	case query.Gte:
		return compared >= 0
	case query.Lt:
		return compared < 0
	}
	return compared <= 0
}

// numberText is enough for the text of any number.
const numberText = 32

// scalarText returns the text by which keyword and flattened fields know a
// value: a number and a truth as JSON writes them. An object has none. It
// aliases the value, or is appended to buf.
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
