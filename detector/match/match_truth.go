package match

import (
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// truth matches a boolean, or the text of one. The empty text is false.
type truth bool

func (m truth) match(v msgpack.Value) bool {
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

// truthOf reads the text of a boolean.
func truthOf(text string) (truth, ok bool) { return text == "true", text == "true" || text == "false" }

// newTruthOrder returns a matcher of the booleans on one side of another; false
// comes before true.
func newTruthOrder(op query.Op, of bool) matcher {
	order := map[bool]int{false: 0, true: 1}
	var sides either
	for _, b := range []bool{false, true} {
		if in(op, order[b]-order[of]) {
			sides = append(sides, truth(b))
		}
	}
	return sides
}
