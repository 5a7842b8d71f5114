package expr

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
	"time"
	"unsafe"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
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
	Date
	IP
	List
	spanOfTime   // of so many milliseconds
	spanOfMonths // of so many months
)

// Value is a value. The zero Value is null.
type Value struct {
	kind   Kind
	number int64   // of an Int; of a Bool 1 for true; of a Date the milliseconds since 1970; the bits of a Float
	text   []byte  // of an IP its 16 bytes
	list   []Value // at least two, none of which is null or a list
}

// Kind returns the kind of the value.
func (v Value) Kind() Kind { return v.kind }

// Members returns the values that a value consists of: none of null, several of a list.
func (v *Value) Members() []Value {
	switch v.kind {
	case Null:
		return nil
	case List:
		return v.list
	}
	return unsafe.Slice(v, 1)
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
func FloatOf(f float64) Value { return Value{kind: Float, number: int64(math.Float64bits(f))} }

// DateOf returns a time, in milliseconds since 1970.
func DateOf(ms int64) Value { return Value{kind: Date, number: ms} }

// IPOf returns an address of 16 bytes, which it keeps.
func IPOf(address []byte) Value { return Value{kind: IP, text: address} }

// ListOf returns a list, which it keeps: null if it is empty, and its only member if
// there is one. The members are neither null nor lists.
func ListOf(members []Value) Value {
	switch len(members) {
	case 0:
		return Value{}
	case 1:
		return members[0]
	}
	return Value{kind: List, list: members}
}

// float returns the number of a Float.
func (v *Value) float() float64 { return math.Float64frombits(uint64(v.number)) }

// TextOf returns a text, which it keeps.
func TextOf(text []byte) Value { return Value{kind: Text, text: text} }

// Clone returns a value that aliases nothing.
func (v Value) Clone() Value {
	v.text = bytes.Clone(v.text)
	if v.kind == List {
		list := make([]Value, len(v.list))
		for i, member := range v.list {
			list[i] = member.Clone()
		}
		v.list = list
	}
	return v
}

// AppendKey appends bytes that are the same for equal values, and for no others. Lists
// are equal if their members are.
func (v Value) AppendKey(dst []byte) []byte {
	dst = append(dst, byte(v.kind))
	switch v.kind {
	case List:
		dst = binary.AppendUvarint(dst, uint64(len(v.list)))
		for _, member := range v.list {
			dst = member.AppendKey(dst)
		}
	case Text, IP:
		dst = binary.AppendUvarint(dst, uint64(len(v.text)))
		dst = append(dst, v.text...)
	default:
		dst = binary.BigEndian.AppendUint64(dst, uint64(v.number))
	}
	return dst
}

// IsTrue reports whether the value is true.
func (v Value) IsTrue() bool { return v.isTrue() }

// Float returns a number as one with a fraction.
func (v Value) Float() (f float64, ok bool) { return v.asFloat() }

// Add returns the sum of two numbers, null if it does not fit.
func Add(a, b Value) Value { return arithmetic(query.FnAdd, a, b) }

// AppendText appends the text of a value that is neither null nor a list.
func (v Value) AppendText(dst []byte) []byte { return v.appendText(dst) }

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
	case time.Time:
		return DateOf(c.UnixMilli())
	case time.Duration:
		return Value{kind: spanOfTime, number: c.Milliseconds()}
	case query.Months:
		return Value{kind: spanOfMonths, number: int64(c)}
	case netip.Addr:
		address := c.As16()
		return IPOf(address[:])
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
		return v.float()
	case Text:
		return string(v.text)
	case Date:
		return time.UnixMilli(v.number).UTC()
	case IP:
		return v.address()
	}
	return nil
}

// address returns the address of an IP.
func (v Value) address() netip.Addr {
	a, _ := netip.AddrFromSlice(v.text)
	return a.Unmap()
}

func (v Value) isTrue() bool  { return v.kind == Bool && v.number != 0 }
func (v Value) isFalse() bool { return v.kind == Bool && v.number == 0 }

// asFloat returns a number as one with a fraction.
func (v Value) asFloat() (f float64, ok bool) {
	switch v.kind {
	case Int:
		return float64(v.number), true
	case Float:
		return v.float(), true
	}
	return 0, false
}

// compare compares two values of one kind, or two numbers. It returns false for
// others and for null.
func compare(a, b Value) (order int, ok bool) {
	switch {
	case a.kind == b.kind && (a.kind == Int || a.kind == Bool || a.kind == Date):
		return cmp.Compare(a.number, b.number), true
	case a.kind == b.kind && (a.kind == Text || a.kind == IP):
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
		return event.AppendDouble(dst, v.float())
	case Date:
		return time.UnixMilli(v.number).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	case IP:
		return v.address().AppendTo(dst)
	}
	return append(dst, v.text...)
}
