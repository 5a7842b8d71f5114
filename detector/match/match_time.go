package match

import (
	"cmp"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// A span matches the times in it.
func (m timeSpan) match(v msgpack.Value) bool {
	t, ok := timeOf(v)
	return ok && m.first <= t && t <= m.last
}

// timeOrder matches times on one side of another.
type timeOrder struct {
	op query.Op
	ms int64
}

// newTimeOrder takes the end of the span that the operator means: after a day is
// after its end, from a day on is from its beginning.
func newTimeOrder(o query.Op, s timeSpan) timeOrder {
	if o == query.Gt || o == query.Lte {
		return timeOrder{o, s.last}
	}
	return timeOrder{o, s.first}
}

func (m timeOrder) match(v msgpack.Value) bool {
	t, ok := timeOf(v)
	return ok && in(m.op, cmp.Compare(t, m.ms))
}
