package match

import (
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// longIs matches an equal whole number.
type longIs bound

func (m longIs) match(v msgpack.Value) bool {
	n, ok := wholeNumber(v)
	return ok && bound(m).compare(n) == 0
}

// longOrder matches whole numbers on one side of a number.
type longOrder struct {
	op    query.Op
	bound bound
}

func (m longOrder) match(v msgpack.Value) bool {
	n, ok := wholeNumber(v)
	return ok && in(m.op, m.bound.compare(n))
}

// number returns the number that a value is, or the text of which one is.
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

// doubleIs matches an equal number.
type doubleIs float64

func (m doubleIs) match(v msgpack.Value) bool {
	n, ok := number(v)
	return ok && n == float64(m)
}

// doubleOrder matches numbers on one side of another.
type doubleOrder struct {
	op     query.Op
	number float64
}

func (m doubleOrder) match(v msgpack.Value) bool {
	n, ok := number(v)
	if !ok {
		return false
	}
	switch m.op {
	case query.Gt:
		return n > m.number
	case query.Gte:
		return n >= m.number
	case query.Lt:
		return n < m.number
	}
	return n <= m.number
}
