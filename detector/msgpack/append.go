package msgpack

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// The functions of this file append one value, or its header, to dst and return
// the extended slice, as append does. Numbers, texts and headers take their
// shortest form.

// AppendNil appends nil.
func AppendNil(dst []byte) []byte { return append(dst, msgpcode.Nil) }

// AppendBool appends a bool.
func AppendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, msgpcode.True)
	}
	return append(dst, msgpcode.False)
}

// AppendInt appends an integer.
func AppendInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0:
		return AppendUint(dst, uint64(n))
	case n >= -1<<5:
		return append(dst, byte(n))
	case n >= math.MinInt8:
		return append(dst, msgpcode.Int8, byte(n))
	case n >= math.MinInt16:
		return append(dst, msgpcode.Int16, byte(n>>8), byte(n))
	case n >= math.MinInt32:
		return append(dst, msgpcode.Int32, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, msgpcode.Int64), uint64(n))
}

// AppendUint appends an unsigned integer.
func AppendUint(dst []byte, n uint64) []byte {
	switch {
	case n <= math.MaxInt8:
		return append(dst, byte(n))
	case n <= math.MaxUint8:
		return append(dst, msgpcode.Uint8, byte(n))
	case n <= math.MaxUint16:
		return append(dst, msgpcode.Uint16, byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return append(dst, msgpcode.Uint32, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, msgpcode.Uint64), n)
}

// AppendFloat appends a float64.
func AppendFloat(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, msgpcode.Double), math.Float64bits(f))
}

// AppendString appends text as a str.
func AppendString[T ~string | ~[]byte](dst []byte, text T) []byte {
	return append(AppendStringHeader(dst, len(text)), text...)
}

// AppendStringHeader appends the header of a str of n bytes, which must follow.
func AppendStringHeader(dst []byte, n int) []byte {
	switch {
	case n < 1<<5:
		return append(dst, msgpcode.FixedStrLow|byte(n))
	case n <= math.MaxUint8:
		return append(dst, msgpcode.Str8, byte(n))
	case n <= math.MaxUint16:
		return append(dst, msgpcode.Str16, byte(n>>8), byte(n))
	}
	return append(dst, msgpcode.Str32, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// AppendBinHeader appends the header of a bin of n bytes, which must follow.
func AppendBinHeader(dst []byte, n int) []byte {
	switch {
	case n <= math.MaxUint8:
		return append(dst, msgpcode.Bin8, byte(n))
	case n <= math.MaxUint16:
		return append(dst, msgpcode.Bin16, byte(n>>8), byte(n))
	}
	return append(dst, msgpcode.Bin32, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// AppendExt appends an ext of up to 4 GiB of data.
func AppendExt(dst []byte, extType int8, data []byte) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, msgpcode.Ext32), uint32(len(data)))
	return append(append(dst, byte(extType)), data...)
}

// AppendEventTime appends a time as the Forward protocol and Fluent Bit have it:
// an ext of type 0 with seconds and nanoseconds.
func AppendEventTime(dst []byte, t time.Time) []byte {
	dst = append(dst, msgpcode.FixExt8, eventTime)
	dst = binary.BigEndian.AppendUint32(dst, uint32(t.Unix()))
	return binary.BigEndian.AppendUint32(dst, uint32(t.Nanosecond()))
}

// RecordHeadSize is how many bytes AppendRecordHead appends.
const RecordHeadSize = 1 + 1 + 10 + 1

// AppendRecordHead appends what precedes the body of a record in a chunk of
// Fluent Bit, [[time, {}], body]. The body must follow.
func AppendRecordHead(dst []byte, t time.Time) []byte {
	dst = append(dst, msgpcode.FixedArrayLow|2, msgpcode.FixedArrayLow|2)
	return append(AppendEventTime(dst, t), msgpcode.FixedMapLow)
}

// AppendMapHeader appends the header of a map of n pairs, which must follow. If n
// is only the maximum, SetLen corrects it later.
func AppendMapHeader(dst []byte, n int) []byte {
	return appendHeader(dst, n, msgpcode.FixedMapLow, msgpcode.Map16, msgpcode.Map32)
}

// AppendArrayHeader appends the header of an array of n elements, which must
// follow. If n is only the maximum, SetLen corrects it later.
func AppendArrayHeader(dst []byte, n int) []byte {
	return appendHeader(dst, n, msgpcode.FixedArrayLow, msgpcode.Array16, msgpcode.Array32)
}

func appendHeader(dst []byte, n int, fixed, two, four byte) []byte {
	switch {
	case n < 1<<4:
		return append(dst, fixed|byte(n))
	case n <= math.MaxUint16:
		return append(dst, two, byte(n>>8), byte(n))
	}
	return append(dst, four, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// SetLen makes n the number of members that the header of a map or an array at
// the beginning of b gives. The header must have been written for as many at
// least.
func SetLen(b []byte, n int) {
	switch b[0] {
	case msgpcode.Map16, msgpcode.Array16:
		binary.BigEndian.PutUint16(b[1:], uint16(n))
	case msgpcode.Map32, msgpcode.Array32:
		binary.BigEndian.PutUint32(b[1:], uint32(n))
	default:
		b[0] = b[0]&0xf0 | byte(n)
	}
}

// AppendValue appends a value as it is: of a container its header and its
// members.
func AppendValue(dst []byte, v Value) []byte {
	switch v.Kind() {
	case Array:
		return append(AppendArrayHeader(dst, v.Len()), v.Encoded()...)
	case Map:
		return append(AppendMapHeader(dst, v.Len()), v.Encoded()...)
	case Bool:
		return AppendBool(dst, v.Bool())
	case Int:
		return AppendInt(dst, v.Int())
	case Uint:
		return AppendUint(dst, v.Uint())
	case Float:
		return AppendFloat(dst, v.Float())
	case Str, Bin:
		return AppendString(dst, v.Bytes())
	case Ext:
		return AppendExt(dst, v.ExtType(), v.Bytes())
	}
	return AppendNil(dst)
}
