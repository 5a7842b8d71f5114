package match

import (
	"cmp"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// longEqual matches an equal whole number.
type longEqual bound

func (m longEqual) match(v msgpack.Value) bool {
	n, ok := wholeNumber(v)
	return ok && bound(m).compare(n) == 0
}

// longOrder matches whole numbers by order.
type longOrder struct {
	op    query.Op
	bound bound
}

func (m longOrder) match(v msgpack.Value) bool {
	n, ok := wholeNumber(v)
	return ok && satisfies(m.op, m.bound.compare(n))
}

// number returns a value that is a number, or the text of one.
func number(v msgpack.Value) (float64, bool) {
	switch v.Kind() {
	case msgpack.Int, msgpack.Uint, msgpack.Float:
		f := v.Float()
		return f, f == f // not NaN
	case msgpack.Str, msgpack.Bin:
		return parseDouble(v.Bytes())
	}
	return 0, false
}

// doubleEqual matches an equal number.
type doubleEqual float64

func (m doubleEqual) match(v msgpack.Value) bool {
	n, ok := number(v)
	return ok && n == float64(m)
}

// doubleOrder matches numbers by order.
type doubleOrder struct {
	op     query.Op
	number float64
}

func (m doubleOrder) match(v msgpack.Value) bool {
	n, ok := number(v)
	return ok && satisfies(m.op, cmp.Compare(n, m.number))
}
