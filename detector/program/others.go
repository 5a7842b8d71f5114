package program

import (
	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// others tests the fields of a document that the mapping does not know, for a
// name with wildcards, for a value without a field, and for what is in an object.
type others struct {
	name  pattern // in an object of a nested field, relative to it
	known map[string]bool
	match matcher
}

func (o *others) holds(e *cloudtrail.Event, object record.Value) bool {
	if object.Kind() == record.Invalid {
		if e.Shape() != cloudtrail.ECS {
			return false // all that is in it is known
		}
		object = e.Document()
	}
	return e.AnyLeaf(object, func(name []byte, v record.Value) bool {
		return o.name.fits(name) && !o.known[string(name)] && o.match.match(v)
	})
}
