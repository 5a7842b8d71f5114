package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// IDScheme names the way in which ids are made; another way would get another
// name, and so other ids.
const IDScheme = "fluent-detect/1"

// IDSeparator is between the parts that an id is made of.
const IDSeparator = 0x1f

// ID returns the id of the alert that a rule makes of an event: the SHA-256 of
// the scheme, the rule's id, and the fields that identify the event: the account
// that it was delivered to and its id. It is the same on every host, over every
// route and after every restart. An event without the last of these fields
// stands for itself: a digest of the whole takes its place.
func ID(ruleID string, e *Event, identity []*Field) [sha256.Size]byte {
	var room [256]byte
	b := append(room[:0], IDScheme...)
	b = append(append(b, IDSeparator), ruleID...)
	begin := len(b)
	for _, f := range identity {
		b = append(b, IDSeparator)
		begin = len(b)
		b = AppendScalar(b, e.First(f))
	}
	if len(b) == begin {
		d := digest(e.Document(), digestDepth)
		b = append(b, d[:]...)
	}
	return sha256.Sum256(b)
}

// digestDepth bounds how deep a digest looks into a value; what lies deeper
// counts by its encoded bytes.
const digestDepth = jsontext.MaxDepth

// maxDigested is how many members a map may have whose digest does not depend on their
// order; a larger one counts by its encoded bytes as well.
const maxDigested = 64 << 10

// digest returns a hash of a value that does not depend on the order of the
// members of maps, nor on how wide numbers and lengths are encoded, nor on
// whether texts are str or bin.
func digest(v msgpack.Value, depth int) [sha256.Size]byte {
	var room [128]byte
	b := room[:0]
	switch kind := v.Kind(); kind {
	case msgpack.Map, msgpack.Array:
		b = append(b, byte(kind))
		if depth == 0 || kind == msgpack.Map && v.Len() > maxDigested {
			h := sha256.New()
			_, _ = h.Write(b)
			_, _ = h.Write(v.Encoded())
			return [sha256.Size]byte(h.Sum(room[:0]))
		}
		if kind == msgpack.Array {
			h := sha256.New()
			_, _ = h.Write(b)
			for elements := v.Elements(); ; {
				element, ok := elements.Next()
				if !ok {
					break
				}
				d := digest(element, depth-1)
				_, _ = h.Write(d[:])
			}
			return [sha256.Size]byte(h.Sum(room[:0]))
		}
		all := make([][2 * sha256.Size]byte, 0, v.Len())
		for members := v.Members(); ; {
			key, value, ok := members.Next()
			if !ok {
				break
			}
			k, d := digest(key, depth-1), digest(value, depth-1)
			all = append(all, [2 * sha256.Size]byte(append(k[:], d[:]...)))
		}
		slices.SortFunc(all, func(x, y [2 * sha256.Size]byte) int { return bytes.Compare(x[:], y[:]) })
		for _, member := range all {
			b = append(b, member[:]...)
		}
	case msgpack.Str, msgpack.Bin:
		b = append(append(b, byte(msgpack.Str)), v.Bytes()...)
	case msgpack.Ext:
		b = append(append(b, byte(kind), byte(v.ExtType())), v.Bytes()...)
	case msgpack.Float:
		b = binary.BigEndian.AppendUint64(append(b, byte(kind)), math.Float64bits(v.Float()))
	default:
		b = AppendScalar(append(b, byte(kind)), v)
	}
	return sha256.Sum256(b)
}

// AppendScalar appends a scalar as text: account ids, for instance, that some
// shipper took for numbers.
func AppendScalar(dst []byte, v msgpack.Value) []byte {
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		return append(dst, v.Bytes()...)
	case msgpack.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case msgpack.Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case msgpack.Uint:
		return strconv.AppendUint(dst, v.Uint(), 10)
	case msgpack.Float:
		if f := v.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return strconv.AppendFloat(dst, f, 'f', -1, 64)
		}
	}
	return dst
}
