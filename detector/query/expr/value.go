package expr

import (
	"bytes"
	"cmp"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// Kind is the kind of a [Value].
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Int
	Float
	Text
)

// Value is a value. The zero Value is null.
type Value struct {
	kind   Kind
	number int64 // of an Int; of a Bool 1 for true
	float  float64
	text   []byte
}

// BoolOf returns a truth.
func BoolOf(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.number = 1
	}
	return v
}

// IntOf returns a whole number.
func IntOf(n int64) Value { return Value{kind: Int, number: n} }

// FloatOf returns a number with a fraction.
func FloatOf(f float64) Value { return Value{kind: Float, float: f} }

// TextOf returns a text, which it keeps.
func TextOf(text []byte) Value { return Value{kind: Text, text: text} }

// valueOf returns the value of a constant.
func valueOf(constant any) Value {
	switch c := constant.(type) {
	case bool:
		return BoolOf(c)
	case int64:
		return IntOf(c)
	case float64:
		return FloatOf(c)
	case string:
		return TextOf([]byte(c))
	}
	return Value{}
}

// constant returns the value as a constant.
func (v Value) constant() any {
	switch v.kind {
	case Bool:
		return v.isTrue()
	case Int:
		return v.number
	case Float:
		return v.float
	case Text:
		return string(v.text)
	}
	return nil
}

func (v Value) isTrue() bool  { return v.kind == Bool && v.number != 0 }
func (v Value) isFalse() bool { return v.kind == Bool && v.number == 0 }

// asFloat returns a number as one with a fraction.
func (v Value) asFloat() (f float64, ok bool) {
	switch v.kind {
	case Int:
		return float64(v.number), true
	case Float:
		return v.float, true
	}
	return 0, false
}

// compare compares two values of one kind, or two numbers. It returns false for
// others and for null.
func compare(a, b Value) (order int, ok bool) {
	switch {
	case a.kind == Int && b.kind == Int, a.kind == Bool && b.kind == Bool:
		return cmp.Compare(a.number, b.number), true
	case a.kind == Text && b.kind == Text:
		return bytes.Compare(a.text, b.text), true
	}
	x, isNumber := a.asFloat()
	y, areNumbers := b.asFloat()
	return cmp.Compare(x, y), isNumber && areNumbers
}

// appendText appends the text of a value that is not null, as Java writes it.
func (v Value) appendText(dst []byte) []byte {
	switch v.kind {
	case Bool:
		return strconv.AppendBool(dst, v.isTrue())
	case Int:
		return strconv.AppendInt(dst, v.number, 10)
	case Float:
		return event.AppendDouble(dst, v.float)
	}
	return append(dst, v.text...)
}
