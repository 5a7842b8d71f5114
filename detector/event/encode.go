package event

import (
	"encoding/binary"
	"math"

	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// appendFull appends v as msgpack without what is empty in it, and reports whether
// anything is left; if not nothing is appended. What lies deeper than maxDepth
// is left out.
func appendFull(dst []byte, v msgpack.Value) (out []byte, ok bool) {
	return appendWithin(dst, v, maxDepth)
}

func appendWithin(dst []byte, v msgpack.Value, depth int) (out []byte, ok bool) {
	switch v.Kind() {
	case msgpack.Array:
		return appendList(dst, v, depth)
	case msgpack.Map:
		return appendMap(dst, v, depth, nil)
	}
	if msgpack.IsEmpty(v) {
		return dst, false
	}
	return appendScalar(dst, v), true
}

func appendList(dst []byte, v msgpack.Value, depth int) (out []byte, ok bool) {
	header := len(dst)
	if depth == 0 {
		return dst, false
	}
	dst = append(dst, msgpcode.Array32, 0, 0, 0, 0)
	n := uint32(0)
	for elements := v.Elements(); ; {
		element, more := elements.Next()
		if !more {
			break
		}
		if dst, ok = appendWithin(dst, element, depth-1); ok {
			n++
		}
	}
	if n == 0 {
		return dst[:header], false
	}
	binary.BigEndian.PutUint32(dst[header+1:], n)
	return dst, true
}

// appendRenamed is appendFull with other names for the members of v itself.
func appendRenamed(dst []byte, v msgpack.Value, rename func([]byte) []byte) (out []byte, ok bool) {
	if v.Kind() != msgpack.Map {
		return appendFull(dst, v)
	}
	return appendMap(dst, v, maxDepth, rename)
}

func appendMap(dst []byte, v msgpack.Value, depth int, rename func([]byte) []byte) (out []byte, ok bool) {
	header := len(dst)
	if depth == 0 {
		return dst, false
	}
	dst = append(dst, msgpcode.Map32, 0, 0, 0, 0)
	n := uint32(0)
	for pairs := v.Members(); ; {
		key, value, more := pairs.Next()
		if !more {
			break
		}
		before := len(dst)
		switch {
		case !key.IsText(): // JSON has none; their text is that of their value
			dst = appendText(dst, jsontext.AppendValue(nil, key))
		case rename != nil:
			dst = appendText(dst, rename(key.Bytes()))
		default:
			dst = appendText(dst, key.Bytes())
		}
		if dst, ok = appendWithin(dst, value, depth-1); ok {
			n++
		} else {
			dst = dst[:before]
		}
	}
	if n == 0 {
		return dst[:header], false
	}
	binary.BigEndian.PutUint32(dst[header+1:], n)
	return dst, true
}

// appendScalar appends a value that is neither an array nor a map.
func appendScalar(dst []byte, v msgpack.Value) []byte {
	switch v.Kind() {
	case msgpack.Bool:
		if v.Bool() {
			return append(dst, msgpcode.True)
		}
		return append(dst, msgpcode.False)
	case msgpack.Int:
		return binary.BigEndian.AppendUint64(append(dst, msgpcode.Int64), uint64(v.Int()))
	case msgpack.Uint:
		return binary.BigEndian.AppendUint64(append(dst, msgpcode.Uint64), v.Uint())
	case msgpack.Float:
		return binary.BigEndian.AppendUint64(append(dst, msgpcode.Double), math.Float64bits(v.Float()))
	case msgpack.Str, msgpack.Bin:
		return appendText(dst, v.Bytes())
	case msgpack.Ext:
		b := v.Bytes()
		dst = binary.BigEndian.AppendUint32(append(dst, msgpcode.Ext32), uint32(len(b)))
		return append(append(dst, byte(v.ExtType())), b...)
	}
	return append(dst, msgpcode.Nil)
}

// appendText appends a str.
func appendText(dst, text []byte) []byte {
	switch n := len(text); {
	case n < 1<<5:
		dst = append(dst, msgpcode.FixedStrLow|byte(n))
	case n < 1<<8:
		dst = append(dst, msgpcode.Str8, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, msgpcode.Str16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, msgpcode.Str32), uint32(n))
	}
	return append(dst, text...)
}

func appendMapHeader(dst []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, msgpcode.Map32), uint32(n))
}
