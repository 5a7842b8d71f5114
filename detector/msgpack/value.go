package msgpack

import (
	"encoding/binary"
	"math"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// Value is a typed view of one msgpack value. It aliases the bytes it was read
// from. The zero Value has kind Invalid and means that there is no value.
//
// It is four words long, because the compiler does not keep larger structs in
// registers, and iterating costs three times as much with values in memory.
type Value struct {
	payload []byte // Str, Bin, Ext: the payload. Array, Map: the encoded members. Numbers: their bytes, nil for those of one byte.
	meta    meta
}

// meta packs the kind of a value in the top byte, below it the encoding of an
// Int and the type of an Ext, and in the lower half the number of members, the
// value of a Bool or the single byte of an Int.
type meta uint64

const (
	kindShift   = 56
	numberShift = 40
	extShift    = 32
)

func of(k Kind) meta { return meta(k) << kindShift }

// Kind returns the type family of the value.
func (v Value) Kind() Kind { return Kind(v.meta >> kindShift) }

// Bool returns the value of a Bool, and false for any other kind.
func (v Value) Bool() bool { return v.meta == of(Bool)|1 }

// Int returns the value of an Int, and 0 for any other kind.
func (v Value) Int() int64 {
	if v.Kind() != Int {
		return 0
	}
	if v.payload == nil {
		return int64(int8(v.meta))
	}
	n := bigEndian(v.payload, uint8(len(v.payload)))
	if number(v.meta>>numberShift) == signed {
		unused := 64 - 8*len(v.payload)
		return int64(n<<unused) >> unused
	}
	return int64(n)
}

// Uint returns the value of a Uint, or of an Int that is not negative, and 0 for
// anything else.
func (v Value) Uint() uint64 {
	if v.Kind() == Uint {
		return binary.BigEndian.Uint64(v.payload)
	}
	return uint64(max(v.Int(), 0))
}

// Float returns the value of a Float, or of an Int or Uint, rounded to a float64,
// and 0 for any other kind.
func (v Value) Float() float64 {
	switch v.Kind() {
	case Float:
		if len(v.payload) == 4 {
			return float64(math.Float32frombits(binary.BigEndian.Uint32(v.payload)))
		}
		return math.Float64frombits(binary.BigEndian.Uint64(v.payload))
	case Int:
		return float64(v.Int())
	case Uint:
		return float64(v.Uint())
	}
	return 0
}

// Bytes returns the bytes of a Str, Bin or Ext, aliasing the input, and nil for
// any other kind.
func (v Value) Bytes() []byte {
	switch v.Kind() {
	case Str, Bin, Ext:
		return v.payload
	}
	return nil
}

// IsText reports whether the value is a Str or a Bin.
func (v Value) IsText() bool { return v.Kind() == Str || v.Kind() == Bin }

// ExtType returns the type of an Ext, and 0 for any other kind.
func (v Value) ExtType() int8 { return int8(v.meta >> extShift) }

// Len returns the number of pairs of a Map and of elements of an Array, and
// the number of bytes of a Str, Bin or Ext.
func (v Value) Len() int {
	switch v.Kind() {
	case Array, Map:
		return int(uint32(v.meta))
	case Str, Bin, Ext:
		return len(v.payload)
	}
	return 0
}

// TextOf returns a Str value that aliases b.
func TextOf(b []byte) Value { return Value{b, of(Str)} }

// BoolOf returns a Bool value.
func BoolOf(t bool) Value {
	if t {
		return Value{nil, of(Bool) | 1}
	}
	return Value{nil, of(Bool)}
}

// Read reads the value at b[off:] and returns it with the offset of its end. It
// skips over the members of a container, so that iterating over them later cannot
// fail. The error is an *Error.
func Read(b []byte, off int) (Value, int, error) {
	v, body, err := ReadHeader(b, off)
	if err != nil {
		return Value{}, off, err
	}
	if v.Kind() != Array && v.Kind() != Map {
		return v, body, nil
	}
	end, err := skipMembers(b, body, v.members())
	if err != nil {
		return Value{}, off, err
	}
	v.payload = b[body:end]
	return v, end, nil
}

// members returns the number of encoded values in a container: two for each pair
// of a map.
func (v Value) members() uint64 {
	n := uint64(uint32(v.meta))
	if v.Kind() == Map {
		return 2 * n
	}
	return n
}

// ReadHeader is Read without skipping the members of a container, which begin at
// the returned offset. A container that claims more members than there are bytes
// left is Truncated.
func ReadHeader(b []byte, off int) (Value, int, error) {
	if uint(off) >= uint(len(b)) {
		return Value{}, off, &Error{Offset: off, Fault: Truncated}
	}
	first := b[off]
	f := &formats[first]
	pos := off + 1
	n := uint64(f.fixed)
	if f.width != 0 {
		if len(b)-pos < int(f.width) {
			return Value{}, off, &Error{Offset: off, Fault: Truncated}
		}
		n = bigEndian(b[pos:], f.width)
		pos += int(f.width)
	}
	m := of(f.kind)
	switch f.kind {
	case Invalid:
		return Value{}, off, &Error{Offset: off, Fault: BadCode}
	case Nil:
		return Value{nil, m}, pos, nil
	case Bool:
		return Value{nil, m | meta(first-msgpcode.False)}, pos, nil
	case Array, Map:
		v := Value{nil, m | meta(n)}
		if v.members() > uint64(len(b)-pos) {
			return Value{}, off, &Error{Offset: off, Fault: Truncated}
		}
		return v, pos, nil
	case Ext:
		if len(b)-pos < 1 {
			return Value{}, off, &Error{Offset: off, Fault: Truncated}
		}
		m |= meta(b[pos]) << extShift
		pos++
	case Int:
		if f.number == inline {
			return Value{nil, m | meta(first)}, pos, nil
		}
	}
	if n > uint64(len(b)-pos) {
		return Value{}, off, &Error{Offset: off, Fault: Truncated}
	}
	end := pos + int(n)
	if f.kind == Int {
		m |= meta(f.number) << numberShift
		if f.number == unsigned && n == 8 && b[pos] >= 0x80 {
			m = of(Uint)
		}
	}
	return Value{b[pos:end], m}, end, nil
}

// bigEndian reads width bytes: 1, 2, 4 or 8. b must have as many.
func bigEndian(b []byte, width uint8) uint64 {
	switch width {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	default:
		return binary.BigEndian.Uint64(b)
	}
}

// ReadKey reads the value at b[off:], a key in a map, and returns its text,
// aliasing b, with the offset of its end. For a key that is not text it returns
// nil. The error is an *Error.
func ReadKey(b []byte, off int) (key []byte, end int, err error) {
	if uint(off) < uint(len(b)) {
		if c := b[off]; msgpcode.FixedStrLow <= c && c <= msgpcode.FixedStrHigh {
			end = off + 1 + int(c&msgpcode.FixedStrMask)
			if end <= len(b) {
				return b[off+1 : end], end, nil
			}
		}
	}
	v, end, err := Read(b, off)
	if err != nil || !v.IsText() {
		return nil, end, err
	}
	return v.payload, end, nil
}

// ReadText returns the text at b[off:], aliasing b, or nil for a value that is not text,
// which it does not walk over, and for one that is not whole.
func ReadText(b []byte, off int) []byte {
	if uint(off) < uint(len(b)) {
		if c := b[off]; msgpcode.FixedStrLow <= c && c <= msgpcode.FixedStrHigh {
			if end := off + 1 + int(c&msgpcode.FixedStrMask); end <= len(b) {
				return b[off+1 : end]
			}
		}
	}
	v, _, err := ReadHeader(b, off)
	if err != nil || !v.IsText() {
		return nil
	}
	return v.payload
}

// MapOf returns a Map value of n pairs whose encoded keys and values are b, which
// it aliases. They must be complete.
func MapOf(n int, b []byte) Value { return Value{b, of(Map) | meta(uint32(n))} }

// ArrayOf returns an Array value of n elements whose encoding is b, which it aliases.
// They must be complete.
func ArrayOf(n int, b []byte) Value { return Value{b, of(Array) | meta(uint32(n))} }

// Encoded returns the encoded members of a Map or Array, aliasing the input,
// and nil for any other kind. Len is their number.
func (v Value) Encoded() []byte {
	if v.Kind() == Map || v.Kind() == Array {
		return v.payload
	}
	return nil
}
