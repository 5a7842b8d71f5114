package jsontext

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// AppendJSON appends v to dst as JSON without white space:
//
//   - str and bin as strings, see [AppendString];
//   - integers with all their digits;
//   - floats with the fewest digits that yield the same float64, and always with a
//     point or an exponent (1.0, 1e+21), so that they are read back as floats; NaN
//     and the infinities, which JSON does not have, as null;
//   - maps with their members in order, duplicates included. A key that is not a
//     string becomes the JSON text of the key in a string ("5", "null", "[1,2]");
//     maps and arrays that are keys within such a key are null, because escapes of
//     escapes would grow without bound;
//   - an EventTime (ext type 0 of 8 bytes) as RFC 3339 in UTC with its
//     nanoseconds, another ext as "ext:TYPE:HEX" with decimal type and
//     hexadecimal payload;
//   - the zero Value as null, and also arrays and maps nested deeper than MaxDepth:
//     JSON readers limit the depth, and so does AppendMsgpack.
//
// The text is valid UTF-8 and at most eight times as long as the msgpack. AppendMsgpack
// can read it.
func AppendJSON(dst []byte, v msgpack.Value) []byte {
	switch v.Kind() {
	case msgpack.Array, msgpack.Map:
		dst, _ = appendMembers(dst, v, v.Encoded(), 0, MaxDepth-1, false)
		return dst
	}
	return appendScalar(dst, v)
}

// broken is the offset returned for a value that cannot be read. A Value from
// msgpack.Read contains none; in one made otherwise, the brackets are closed early.
const broken = -1

// appendNext appends the value at b[off:] and returns the offset of its end, so
// that nested containers are read only once. Containers nested deeper than depth
// become null, as do those that are keys within a key.
func appendNext(dst, b []byte, off, depth int, inKey bool) ([]byte, int) {
	if uint(off) < uint(len(b)) && msgpcode.IsFixedString(b[off]) { // keys, and most values
		if end := off + 1 + int(b[off]&msgpcode.FixedStrMask); end <= len(b) {
			return AppendString(dst, b[off+1:end]), end
		}
	}
	v, next, err := msgpack.ReadHeader(b, off)
	if err != nil {
		return append(dst, "null"...), broken
	}
	switch v.Kind() {
	case msgpack.Array, msgpack.Map:
		if depth > 0 {
			return appendMembers(dst, v, b, next, depth-1, inKey)
		}
		if next, err = msgpack.Skip(b, off); err != nil {
			next = broken
		}
		return append(dst, "null"...), next
	}
	return appendScalar(dst, v), next
}

// appendMembers appends the container v, whose members are at b[off:].
func appendMembers(dst []byte, v msgpack.Value, b []byte, off, depth int, inKey bool) ([]byte, int) {
	isMap := v.Kind() == msgpack.Map
	opening, closing := byte('['), byte(']')
	if isMap {
		opening, closing = '{', '}'
	}
	dst = append(dst, opening)
	for left := v.Len(); left > 0 && off != broken; left-- {
		if isMap {
			if dst, off = appendKey(dst, b, off, depth, inKey); off == broken {
				dst = append(dst, ":null,"...)
				break
			}
			dst = append(dst, ':')
		}
		dst, off = appendNext(dst, b, off, depth, inKey)
		dst = append(dst, ',')
	}
	if last := len(dst) - 1; dst[last] == ',' {
		dst[last] = closing
		return dst, off
	}
	return append(dst, closing), off
}

// appendKey appends the key at b[off:] as a string. For a key that is not text it
// writes the JSON text first, then the quoted form after it, and moves that into
// place.
func appendKey(dst, b []byte, off, depth int, inKey bool) ([]byte, int) {
	if inKey {
		depth = 0
	}
	start := len(dst)
	dst, off = appendNext(dst, b, off, depth, true)
	middle := len(dst)
	if dst[start] == '"' { // str, bin and ext are strings already
		return dst, off
	}
	dst = AppendString(dst, dst[start:middle])
	return append(dst[:start], dst[middle:]...), off
}

// appendScalar appends a value that is neither a map nor an array.
func appendScalar(dst []byte, v msgpack.Value) []byte {
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		return AppendString(dst, v.Bytes())
	case msgpack.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case msgpack.Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case msgpack.Uint:
		return strconv.AppendUint(dst, v.Uint(), 10)
	case msgpack.Float:
		return AppendFloat(dst, v.Float())
	case msgpack.Ext:
		return appendExt(dst, v)
	}
	return append(dst, "null"...)
}

// AppendFloat appends f, which AppendJSON writes so, with the fewest digits that identify it, with an exponent
// only outside of [1e-6, 1e21).
func AppendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
		if end := len(dst); dst[end-2] == '0' && dst[end-3] == '-' { // e-07
			dst = append(dst[:end-2], dst[end-1])
		}
		return dst
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendExt appends an ext as a string, which needs no escapes.
func appendExt(dst []byte, v msgpack.Value) []byte {
	data := v.Bytes()
	dst = append(dst, '"')
	if v.ExtType() == 0 && len(data) == 8 {
		sec, nsec := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
		if nsec < uint32(time.Second) {
			dst = time.Unix(int64(sec), int64(nsec)).UTC().AppendFormat(dst, time.RFC3339Nano)
			return append(dst, '"')
		}
	}
	dst = append(dst, "ext:"...)
	dst = strconv.AppendInt(dst, int64(v.ExtType()), 10)
	dst = append(dst, ':')
	dst = hex.AppendEncode(dst, data)
	return append(dst, '"')
}
