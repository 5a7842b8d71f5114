package match

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// unmapped tests the fields of a document that are not in the mapping, for a
// pattern of names and for a comparison without a field.
type unmapped struct {
	names  pattern         // relative to the object of a nested field
	tested map[string]bool // fields that the condition tests otherwise
	match  matcher
}

func (u *unmapped) holds(e *event.Event, object msgpack.Value) bool {
	if object.Kind() == msgpack.Invalid {
		if !e.IsOpen() {
			return false // all its fields are in the mapping
		}
		object = e.Document()
	}
	return e.AnyLeaf(object, func(name []byte, v msgpack.Value) bool {
		return u.names.fits(name) && !u.tested[string(name)] && u.match.match(v)
	})
}
