package match

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// others tests the fields of a document that the mapping does not know, for a
// name with wildcards, for a value without a field, and for what is in an object.
type others struct {
	name  pattern // in an object of a nested field, relative to it
	known map[string]bool
	match matcher
}

func (o *others) holds(e *event.Event, object msgpack.Value) bool {
	if object.Kind() == msgpack.Invalid {
		if e.Shape() != event.ECS {
			return false // all that is in it is known
		}
		object = e.Document()
	}
	return e.AnyLeaf(object, func(name []byte, v msgpack.Value) bool {
		return o.name.fits(name) && !o.known[string(name)] && o.match.match(v)
	})
}
