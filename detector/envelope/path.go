package envelope

import (
	"math/bits"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// path is the envelopes that an event came in, four bits each, the outermost
// lowest. Shapes are below 16 and envelopes never Other, which is 0; there are
// fewer than maxLevels of them.
type path uint64

const _ = uint(15-(Shapes-1)) + uint(15-maxLevels) // neither may be below 0

func (p path) add(s Shape) path {
	used := (bits.Len64(uint64(p)) + 3) &^ 3
	return p | path(s)<<used
}

// routeOf is what the reader notes with an event: the envelopes around it and
// its own shape.
func routeOf(p path, own Shape) uint64 { return uint64(p)<<4 | uint64(own) }

// ShapeOf returns Raw or ECS: the form of an event that a Reader visits.
func ShapeOf(e *event.Event) Shape { return Shape(e.Route & 15) }

// AppendShape appends the form of the event with the envelopes around it, the
// outermost first: "text/records" for instance.
func AppendShape(dst []byte, e *event.Event) []byte {
	return path(e.Route>>4).appendName(dst, ShapeOf(e))
}

// appendName appends the envelopes and the event's own shape, joined by "/":
// "raw", "records", "text/records", "text/ecs". Within an envelope Raw goes
// without saying.
func (p path) appendName(dst []byte, own Shape) []byte {
	if p == 0 {
		return append(dst, own.String()...)
	}
	for ; p != 0; p >>= 4 {
		dst = append(dst, Shape(p&15).String()...)
		if p>>4 != 0 || own != Raw {
			dst = append(dst, '/')
		}
	}
	if own != Raw {
		dst = append(dst, own.String()...)
	}
	return dst
}

// Wrapped reports whether the event came in an envelope: whether the record is
// more than the event.
func Wrapped(e *event.Event) bool { return e.Route>>4 != 0 }
