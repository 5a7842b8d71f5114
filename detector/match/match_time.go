package match

import (
	"cmp"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// match reports whether the value is a time within the span.
func (m timeSpan) match(v msgpack.Value) bool {
	t, ok := timeOf(v)
	return ok && m.first <= t && t <= m.last
}

// timeOrder matches times by order.
type timeOrder struct {
	op query.Op
	ms int64
}

// newTimeOrder compares with one end of the span: later than a day means later than
// its end, and from a day on means from its beginning on.
func newTimeOrder(op query.Op, s timeSpan) timeOrder {
	if op == query.Gt || op == query.Lte {
		return timeOrder{op, s.last}
	}
	return timeOrder{op, s.first}
}

func (m timeOrder) match(v msgpack.Value) bool {
	t, ok := timeOf(v)
	return ok && satisfies(m.op, cmp.Compare(t, m.ms))
}
