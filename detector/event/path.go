package event

import "math/bits"

// path is the envelopes that an event came in, four bits each, the outermost
// lowest. Shapes are below 16 and envelopes never Other, which is 0; there are
// fewer than maxLevels of them.
type path uint64

const _ = uint(15-(Shapes-1)) + uint(16-maxLevels) // neither may be below 0

func (p path) add(s Shape) path {
	used := (bits.Len64(uint64(p)) + 3) &^ 3
	return p | path(s)<<used
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
