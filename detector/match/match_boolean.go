package match

import (
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// boolean matches an equal boolean, or the text of one. The empty text is false.
type boolean bool

func (m boolean) match(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Bool:
		return v.Bool() == bool(m)
	case msgpack.Str, msgpack.Bin:
		switch string(v.Bytes()) {
		case "true":
			return bool(m)
		case "false", "":
			return !bool(m)
		}
	}
	return false
}

// parseBoolean parses the text of a boolean.
func parseBoolean(text string) (value, ok bool) {
	return text == "true", text == "true" || text == "false"
}

// newBooleanOrder returns a matcher of booleans by order. False is less than true.
func newBooleanOrder(op query.Op, than bool) matcher {
	rank := map[bool]int{false: 0, true: 1}
	var matching union
	for _, b := range []bool{false, true} {
		if satisfies(op, rank[b]-rank[than]) {
			matching = append(matching, boolean(b))
		}
	}
	return matching
}
