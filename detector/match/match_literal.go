package match

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// literal returns the matcher of a comparison with a literal, which is one value of the
// type of the field.
func (c *compiler) literal(t target, op query.Op, v query.Value) (matcher, error) {
	wrong := func(want string) error {
		return c.refuse(v.At, "%s is of type %s, and can be compared with %s only", t.describe(), t.typ, want)
	}
	switch t.typ {
	case event.TypeLong, event.TypeDouble:
		if v.Kind != query.Number {
			return nil, wrong("numbers")
		}
	case event.TypeBoolean:
		v.Text = strings.ToLower(v.Text)
		switch _, ok := parseBoolean(v.Text); {
		case !ok || v.Kind == query.Number:
			return nil, wrong("true and false")
		case op != query.Is:
			return nil, c.refuse(v.At, "%s is a boolean, and these have no order", t.describe())
		}
	case event.TypeIP:
		if _, ok := event.ParseIP([]byte(v.Text)); !ok || v.Kind != query.String {
			return nil, wrong("addresses")
		}
	case event.TypeDate:
		first, _, ok := event.ParseDate([]byte(v.Text))
		if !ok || v.Kind != query.String {
			return nil, wrong("dates such as 2026-01-02T03:04:05.678Z, with less from the right")
		}
		if op == query.Is {
			return timeSpan{first, first}, nil
		}
		return newTimeOrder(op, timeSpan{first, first}), nil
	default:
		switch {
		case v.Kind != query.String:
			return nil, wrong("texts")
		case op != query.Is:
			return textOrder{op, []byte(v.Text)}, nil
		}
		return exact(v.Text), nil
	}
	if op != query.Is {
		return c.order(t, op, v)
	}
	return c.equal(t, v, v.Text)
}
