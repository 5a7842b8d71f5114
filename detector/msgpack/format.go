package msgpack

import "github.com/vmihailenco/msgpack/v5/msgpcode"

// Kind is the type family of a msgpack value.
type Kind uint8

// The kinds of values. A rule takes both Str and Bin for text: Fluent Bit's
// parsers make either.
const (
	Invalid Kind = iota // the byte 0xc1, which msgpack never uses, and the zero Value
	Nil
	Bool
	Int  // a signed integer, or an unsigned one that fits in int64
	Uint // an unsigned integer above the range of int64
	Float
	Str
	Bin
	Array
	Map
	Ext
)

var kindNames = [...]string{"invalid", "nil", "bool", "int", "uint", "float", "str", "bin", "array", "map", "ext"}

// String returns the name of the kind in the msgpack specification.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid"
}

// format is the layout of the values that begin with a certain byte: the byte,
// then width bytes of length (big endian), then for ext one byte of type, then the
// payload.
type format struct {
	kind   Kind
	number number // encoding of the payload of a number
	width  uint8  // number of bytes of the length: 0, 1, 2 or 4
	fixed  uint8  // payload bytes (or members, for containers) when width is 0
}

// number is the encoding of a payload that is a number.
type number uint8

const (
	inline number = iota // in the first byte
	signed
	unsigned
	float
)

// formats is indexed by the first byte. It is read-only after initialisation.
var formats = buildFormats()

func buildFormats() (t [256]format) {
	for c := range 256 {
		b := byte(c)
		switch {
		case msgpcode.IsFixedNum(b):
			t[c] = format{kind: Int}
		case msgpcode.IsFixedMap(b):
			t[c] = format{kind: Map, fixed: b & msgpcode.FixedMapMask}
		case msgpcode.IsFixedArray(b):
			t[c] = format{kind: Array, fixed: b & msgpcode.FixedArrayMask}
		case msgpcode.IsFixedString(b):
			t[c] = format{kind: Str, fixed: b & msgpcode.FixedStrMask}
		}
	}
	t[msgpcode.Nil] = format{kind: Nil}
	t[msgpcode.False] = format{kind: Bool}
	t[msgpcode.True] = format{kind: Bool}
	t[msgpcode.Float] = format{kind: Float, number: float, fixed: 4}
	t[msgpcode.Double] = format{kind: Float, number: float, fixed: 8}
	for i, c := range []byte{msgpcode.Uint8, msgpcode.Uint16, msgpcode.Uint32, msgpcode.Uint64} {
		t[c] = format{kind: Int, number: unsigned, fixed: 1 << i}
	}
	for i, c := range []byte{msgpcode.Int8, msgpcode.Int16, msgpcode.Int32, msgpcode.Int64} {
		t[c] = format{kind: Int, number: signed, fixed: 1 << i}
	}
	for i, c := range []byte{msgpcode.Str8, msgpcode.Str16, msgpcode.Str32} {
		t[c] = format{kind: Str, width: 1 << i}
	}
	for i, c := range []byte{msgpcode.Bin8, msgpcode.Bin16, msgpcode.Bin32} {
		t[c] = format{kind: Bin, width: 1 << i}
	}
	for i, c := range []byte{msgpcode.Ext8, msgpcode.Ext16, msgpcode.Ext32} {
		t[c] = format{kind: Ext, width: 1 << i}
	}
	for i, c := range []byte{msgpcode.FixExt1, msgpcode.FixExt2, msgpcode.FixExt4, msgpcode.FixExt8, msgpcode.FixExt16} {
		t[c] = format{kind: Ext, fixed: 1 << i}
	}
	for i, c := range []byte{msgpcode.Array16, msgpcode.Array32} {
		t[c] = format{kind: Array, width: 2 << i}
	}
	for i, c := range []byte{msgpcode.Map16, msgpcode.Map32} {
		t[c] = format{kind: Map, width: 2 << i}
	}
	return t
}
