package event

import "github.com/fluent-detect/fluent-detect/detector/msgpack"

// maxEmptyDepth is how many levels IsEmpty descends.
const maxEmptyDepth = 64

// IsEmpty reports whether Elastic's ingest pipelines remove a member with this
// value: null, "", "-", "none", and maps and arrays of nothing else. Values nested
// deeper than 64 levels are not empty.
func IsEmpty(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Array, msgpack.Map:
		empty, _ := allEmpty(v, v.Encoded(), 0, maxEmptyDepth-1)
		return empty
	}
	return isEmptyScalar(v)
}

func isEmptyScalar(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Nil, msgpack.Invalid:
		return true
	case msgpack.Str, msgpack.Bin:
		b := v.Bytes()
		return len(b) == 0 || string(b) == "-" || string(b) == "none"
	}
	return false
}

// allEmpty reports whether all members of the container v, which begin at b[off:],
// are empty, and if so returns the offset of their end. It reads every byte once,
// however deep it is nested.
func allEmpty(v msgpack.Value, b []byte, off, depth int) (empty bool, end int) {
	for range v.Len() {
		var err error
		if v.Kind() == msgpack.Map {
			if off, err = msgpack.Skip(b, off); err != nil { // the key
				return false, off
			}
		}
		member, body, err := msgpack.ReadHeader(b, off)
		if err != nil { // impossible if the container came from Read
			return false, off
		}
		switch member.Kind() {
		case msgpack.Array, msgpack.Map:
			if depth == 0 {
				return false, off
			}
			if empty, off = allEmpty(member, b, body, depth-1); !empty {
				return false, off
			}
		default:
			if !isEmptyScalar(member) {
				return false, off
			}
			off = body
		}
	}
	return true, off
}
