package match

import (
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// anyOf returns a matcher of what one of these matches. Texts become one set.
func anyOf(all []matcher) matcher {
	set := textSet{}
	var rest either
	for _, m := range all {
		switch m := m.(type) {
		case exact:
			set[string(m)] = struct{}{}
		case either:
			rest = append(rest, m...)
		default:
			rest = append(rest, m)
		}
	}
	switch {
	case len(set) == 0 && len(rest) == 1:
		return rest[0]
	case len(set) == 0:
		return rest
	case len(set) == 1:
		for text := range set {
			rest = append(either{exact(text)}, rest...)
		}
	default:
		rest = append(either{set}, rest...)
	}
	if len(rest) == 1 {
		return rest[0]
	}
	return rest
}

// either matches what one of these matches.
type either []matcher

func (m either) match(v msgpack.Value) bool {
	for _, one := range m {
		if one.match(v) {
			return true
		}
	}
	return false
}

// leaves matches a flattened object of which a leaf matches.
type leaves struct{ matcher }

func (m leaves) match(v msgpack.Value) bool { return m.matchWithin(v, maxDepth) }

func (m leaves) matchWithin(v msgpack.Value, depth int) bool {
	if depth == 0 {
		return false
	}
	switch v.Kind() {
	case msgpack.Nil, msgpack.Invalid:
		return false
	case msgpack.Map:
		for pairs := v.Members(); ; {
			_, value, ok := pairs.Next()
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

// anyValue matches a value of a field whose type is not known: by its text, and
// a number also as a number.
type anyValue struct {
	text         exact
	long, double matcher
}

func newAnyValue(text string) matcher {
	double, ok := parseDouble([]byte(text))
	if !ok {
		return exact(text)
	}
	m := anyValue{exact(text), never{}, doubleIs(double)}
	if long, ok := parseBound(text); ok {
		m.long = longIs(long)
	}
	return m
}

func (m anyValue) match(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Int, msgpack.Uint:
		return m.long.match(v) || m.text.match(v)
	case msgpack.Float:
		return m.double.match(v) || m.text.match(v)
	}
	return m.text.match(v)
}

// anyOrder orders a value of a field whose type is not known: a number as a
// number if the query has one, all else as text.
type anyOrder struct {
	text, long, double matcher
}

func newAnyOrder(o query.Op, text string) matcher {
	m := anyOrder{textOrder{o, []byte(text)}, never{}, never{}}
	if double, ok := parseDouble([]byte(text)); ok {
		m.double = doubleOrder{o, double}
		m.long = m.double
	}
	if long, ok := parseBound(text); ok {
		m.long = longOrder{o, long}
	}
	return m
}

func (m anyOrder) match(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Int, msgpack.Uint:
		return m.long.match(v)
	case msgpack.Float:
		return m.double.match(v)
	}
	return m.text.match(v)
}
