package match

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// nested tests whether one object of a nested field satisfies a query.
type nested struct {
	field   *event.Field // by its full name
	path    string       // relative to the object of another nested field
	program *Program
}

func (n *nested) holds(e *event.Event, object msgpack.Value) bool {
	if object.Kind() != msgpack.Invalid {
		return e.AnyIn(object, n.path, func(v msgpack.Value) bool { return n.satisfies(e, v) })
	}
	return e.Any(n.field, func(v msgpack.Value) bool { return n.satisfies(e, v) })
}

func (n *nested) satisfies(e *event.Event, v msgpack.Value) bool {
	return v.Kind() == msgpack.Map && n.program.eval(0, e, v)
}
