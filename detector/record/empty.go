package record

// maxEmptyDepth bounds how deep IsEmpty looks.
const maxEmptyDepth = 64

// IsEmpty says whether Elastic's aws.cloudtrail pipeline drops the member that
// has this value: null, "", "-", "none", and maps and arrays of nothing else.
// What lies deeper than 64 levels is not empty.
func IsEmpty(v Value) bool { return isEmptyTo(v, maxEmptyDepth) }

func isEmptyTo(v Value, depth int) bool {
	switch v.Kind() {
	case Nil, Invalid:
		return true
	case Str, Bin:
		b := v.Bytes()
		return len(b) == 0 || string(b) == "-" || string(b) == "none"
	case Array:
		elements := v.Elements()
		for depth > 0 {
			element, ok := elements.Next()
			if !ok {
				return true
			}
			if !isEmptyTo(element, depth-1) {
				return false
			}
		}
		return false
	case Map:
		pairs := v.Members()
		for depth > 0 {
			_, value, ok := pairs.Next()
			if !ok {
				return true
			}
			if !isEmptyTo(value, depth-1) {
				return false
			}
		}
		return false
	}
	return false
}
