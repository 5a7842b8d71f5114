package match

import (
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// dynamicEqual matches an equal value of a field of unknown type: a text, or a
// number that is equal as a number or as a text.
type dynamicEqual struct {
	text         exact
	long, double matcher
}

func newDynamicEqual(text string) matcher {
	double, ok := parseDouble([]byte(text))
	if !ok {
		return exact(text)
	}
	m := dynamicEqual{exact(text), never{}, doubleEqual(double)}
	if long, ok := parseBound(text); ok {
		m.long = longEqual(long)
	}
	return m
}

func (m dynamicEqual) match(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Int, msgpack.Uint:
		return m.long.match(v) || m.text.match(v)
	case msgpack.Float:
		return m.double.match(v) || m.text.match(v)
	}
	return m.text.match(v)
}

// dynamicOrder matches values of a field of unknown type by order: numbers by the
// order of numbers, other values by that of texts. If the query has no number, no
// number matches.
type dynamicOrder struct {
	text, long, double matcher
}

func newDynamicOrder(op query.Op, text string) matcher {
	m := dynamicOrder{textOrder{op, []byte(text)}, never{}, never{}}
	if double, ok := parseDouble([]byte(text)); ok {
		m.double = doubleOrder{op, double}
		m.long = m.double
	}
	if long, ok := parseBound(text); ok {
		m.long = longOrder{op, long}
	}
	return m
}

func (m dynamicOrder) match(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Int, msgpack.Uint:
		return m.long.match(v)
	case msgpack.Float:
		return m.double.match(v)
	}
	return m.text.match(v)
}
