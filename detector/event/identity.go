package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// IDScheme names the way in which ids are made; another way would get another
// name, and so other ids.
const IDScheme = "fluent-detect/2"

// IDSeparator is between the parts that an id is made of, and valueSeparator
// between the values of one field.
const (
	IDSeparator    = 0x1f
	valueSeparator = 0x1e
)

// Identify returns the identity of the event: the SHA-256 of the
// scheme and of the fields of its source's Identity, with dates as RFC 3339 in
// UTC and the members of objects in a text sorted. It is the same on every host, over
// every route, after every restart and in every form of the event. The ID is the last of
// these fields; if an event has none, a digest of the whole event is used instead. The
// identity is computed once for an event.
func (s *Schema) Identify(e *Event) (identity [sha256.Size]byte) {
	known := &e.scratch.identified
	if known.number != e.scratch.number || known.schema != s {
		known.number, known.schema, known.identity = e.scratch.number, s, s.identify(e)
	}
	return known.identity
}

// identified is the identity of the event with a number.
type identified struct {
	number   uint64
	schema   *Schema
	identity [sha256.Size]byte
}

func (s *Schema) identify(e *Event) [sha256.Size]byte {
	b, hasID := e.identityOf(s.identity[s.sourceOf(e)])
	if !hasID {
		d := digest(e.Document(), digestDepth)
		b = append(b, d[:]...)
	}
	return sha256.Sum256(b)
}

// ScopedID returns a digest of the event's ID and of what it is unique in: two events
// with the same one are one event, or one of them is not what it says. It returns
// false if the event has no ID.
func (s *Schema) ScopedID(e *Event) (id [sha256.Size]byte, ok bool) {
	b, ok := e.identityOf(s.scopedID[s.sourceOf(e)])
	return sha256.Sum256(b), ok
}

// identityOf returns the scheme and the values of fields, of each list those of the
// first field that has one, and whether there was a value for the last list. The bytes
// are valid until it is called again.
func (e *Event) identityOf(fields [][]*Field) (id []byte, last bool) {
	dst := append(e.scratch.identity[:0], IDScheme...)
	for _, alternatives := range fields {
		dst = append(dst, IDSeparator)
		begin := len(dst)
		for _, f := range alternatives {
			if dst = appendIdentityOf(dst, f, e.Values(f)); len(dst) > begin {
				break
			}
		}
		last = len(dst) > begin
	}
	if cap(dst) <= 16*maxArena {
		e.scratch.identity = dst
	}
	return dst, last
}

// appendIdentityOf appends the values of a field.
func appendIdentityOf(dst []byte, f *Field, values []msgpack.Value) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, valueSeparator)
		}
		if f.Type == TypeDate {
			if t := ParseTime(v); !t.IsZero() {
				dst = t.UTC().AppendFormat(dst, time.RFC3339Nano)
				continue
			}
		}
		if f.unordered && v.IsText() {
			dst = appendUnordered(dst, v.Bytes())
			continue
		}
		dst = AppendScalar(dst, v)
	}
	return dst
}

// AlertID returns the id of the alert that a rule makes of the event with that
// identity: the SHA-256 of the scheme, the rule's id and the identity in hex.
func AlertID(ruleID string, identity [sha256.Size]byte) [sha256.Size]byte {
	var room [256]byte
	b := append(room[:0], IDScheme...)
	b = append(append(b, IDSeparator), ruleID...)
	return sha256.Sum256(hex.AppendEncode(append(b, IDSeparator), identity[:]))
}

// MemoryAlertID returns the id of the alert that a rule with a memory makes when the event
// with that identity comes, about the values that the digest stands for.
func MemoryAlertID(ruleID string, identity, values [sha256.Size]byte) [sha256.Size]byte {
	var room [256]byte
	b := append(room[:0], IDScheme+"/memory"...)
	b = append(append(b, IDSeparator), ruleID...)
	b = hex.AppendEncode(append(b, IDSeparator), identity[:])
	return sha256.Sum256(hex.AppendEncode(append(b, IDSeparator), values[:]))
}

// GroupAlertID returns the id of the alert that a rule makes about a group of events, and
// the time, that the digest stands for: whichever of them completed it.
func GroupAlertID(ruleID string, group [sha256.Size]byte) [sha256.Size]byte {
	var room [256]byte
	b := append(room[:0], IDScheme+"/group"...)
	b = append(append(b, IDSeparator), ruleID...)
	return sha256.Sum256(hex.AppendEncode(append(b, IDSeparator), group[:]))
}

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
		if depth == 0 || len(v.Encoded()) > maxReordered { // counts as it is
			h := sha256.New()
			_, _ = h.Write(b)
			_, _ = h.Write(v.Encoded())
			return [sha256.Size]byte(h.Sum(room[:0]))
		}
		if kind == msgpack.Array {
			h := sha256.New()
			for elements := v.Elements(); ; {
				element, ok := elements.Next()
				if !ok {
					break
				}
				if b = appendDigest(b, element, depth-1); len(b) > len(room)/2 {
					_, _ = h.Write(b)
					b = b[:0]
				}
			}
			_, _ = h.Write(b)
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
	default:
		b = appendScalar(b, v)
	}
	return sha256.Sum256(b)
}

// appendDigest appends what an element of a list adds to the list's digest: 0 for a map or
// a list, which a scalar does not begin with.
func appendDigest(dst []byte, v msgpack.Value, depth int) []byte {
	if kind := v.Kind(); kind == msgpack.Map || kind == msgpack.Array {
		if v.Len() == 0 {
			return append(dst, 0, byte(kind), 0)
		}
		d := digest(v, depth)
		return append(append(dst, 0, byte(kind), 1), d[:]...)
	}
	var room [64]byte
	scalar := appendScalar(room[:0], v)
	return append(binary.AppendUvarint(dst, uint64(len(scalar))), scalar...)
}

// appendScalar appends a scalar with its kind.
func appendScalar(dst []byte, v msgpack.Value) []byte {
	switch kind := v.Kind(); kind {
	case msgpack.Str, msgpack.Bin:
		return append(append(dst, byte(msgpack.Str)), v.Bytes()...)
	case msgpack.Ext:
		return append(append(dst, byte(kind), byte(v.ExtType())), v.Bytes()...)
	case msgpack.Float:
		return binary.BigEndian.AppendUint64(append(dst, byte(kind)), math.Float64bits(v.Float()))
	default:
		return AppendScalar(append(dst, byte(kind)), v)
	}
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
