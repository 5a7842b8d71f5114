package msgpack

// maxEmptyDepth bounds how deep IsEmpty looks.
const maxEmptyDepth = 64

// IsEmpty reports whether Elastic's aws.cloudtrail pipeline drops the member that
// has this value: null, "", "-", "none", and maps and arrays of nothing else.
// What lies deeper than 64 levels is not empty.
func IsEmpty(v Value) bool {
	switch v.Kind() {
	case Array, Map:
		empty, _ := allEmpty(v, v.payload, 0, maxEmptyDepth-1)
		return empty
	}
	return isEmptyScalar(v)
}

func isEmptyScalar(v Value) bool {
	switch v.Kind() {
	case Nil, Invalid:
		return true
	case Str, Bin:
		b := v.payload
		return len(b) == 0 || string(b) == "-" || string(b) == "none"
	}
	return false
}

// allEmpty reports whether all members of the container v, which are at b[off:],
// are empty, and returns the offset behind them if they are. Every byte is
// looked at once, however deep it lies.
func allEmpty(v Value, b []byte, off, depth int) (empty bool, end int) {
	for range v.Len() {
		var err error
		if v.Kind() == Map {
			if off, err = Skip(b, off); err != nil { // the key
				return false, off
			}
		}
		member, body, err := ReadHeader(b, off)
		if err != nil { // not after Read has walked over the container
			return false, off
		}
		switch member.Kind() {
		case Array, Map:
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
