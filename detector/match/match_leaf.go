package match

import "github.com/fluent-detect/fluent-detect/detector/msgpack"

// anyLeaf matches a flattened object with a leaf that its matcher matches.
type anyLeaf struct{ matcher }

func (m anyLeaf) match(v msgpack.Value) bool { return m.matchWithin(v, maxDepth) }

func (m anyLeaf) matchWithin(v msgpack.Value, depth int) bool {
	if depth == 0 {
		return false
	}
	switch v.Kind() {
	case msgpack.Nil, msgpack.Invalid:
		return false
	case msgpack.Map:
		for members := v.Members(); ; {
			_, value, ok := members.Next()
			if !ok {
				return false
			}
			if m.matchWithin(value, depth-1) {
				return true
			}
		}
	case msgpack.Array:
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return false
			}
			if m.matchWithin(element, depth-1) {
				return true
			}
		}
	}
	return m.matcher.match(v)
}
