package alert

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// idScheme names the way in which ids are made; another way would get another
// name, and so other ids.
const idScheme = "fluent-detect/1"

const separator = 0x1f

// ID returns the id of the alert that a rule makes of an event: the SHA-256 of
// the scheme, the rule's id, and the fields that identify the event: the account
// that it was delivered to and its id. It is the same on every host, over every
// route and after every restart. An event without the last of these fields
// stands for itself: a digest of the whole takes its place.
func ID(ruleID string, e *event.Event, identity []*event.Field) hold.Key {
	var room [256]byte
	b := append(room[:0], idScheme...)
	b = append(append(b, separator), ruleID...)
	begin := len(b)
	for _, f := range identity {
		b = append(b, separator)
		begin = len(b)
		b = appendScalar(b, e.First(f))
	}
	if len(b) == begin {
		d := digest(e.Document(), digestDepth)
		b = append(b, d[:]...)
	}
	return sha256.Sum256(b)
}

func write(h hash.Hash, part []byte) {
	_, _ = h.Write(part)
	_, _ = h.Write([]byte{separator})
}

// UUID returns the id as alerts show it, in hex.
func UUID(k hold.Key) string { return hex.EncodeToString(k[:]) }

// digestDepth bounds how deep a digest looks into a value; what lies deeper
// counts by its encoded bytes.
const digestDepth = jsontext.MaxDepth

// digest returns a hash of a value that does not depend on the order of the
// members of maps, nor on how wide numbers and lengths are encoded, nor on
// whether texts are str or bin.
func digest(v msgpack.Value, depth int) [sha256.Size]byte {
	var room [128]byte
	b := room[:0]
	switch kind := v.Kind(); kind {
	case msgpack.Map, msgpack.Array:
		b = append(b, byte(kind))
		if depth == 0 {
			b = append(b, v.Encoded()...)
			break
		}
		if kind == msgpack.Array {
			for elements := v.Elements(); ; {
				element, ok := elements.Next()
				if !ok {
					break
				}
				d := digest(element, depth-1)
				b = append(b, d[:]...)
			}
			break
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
		b = appendScalar(append(b, byte(kind)), v)
	}
	return sha256.Sum256(b)
}
