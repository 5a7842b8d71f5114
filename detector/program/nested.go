package program

import (
	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// nested tests whether one object of a nested field satisfies a query of its
// own.
type nested struct {
	field   *cloudtrail.Field // with its whole name
	path    string            // within an object of another nested field
	program *Program
}

func (n *nested) holds(e *cloudtrail.Event, object record.Value) bool {
	if object.Kind() != record.Invalid {
		return e.AnyIn(object, n.path, func(v record.Value) bool { return n.satisfies(e, v) })
	}
	for _, v := range e.Values(n.field) {
		if n.satisfies(e, v) {
			return true
		}
	}
	return false
}

func (n *nested) satisfies(e *cloudtrail.Event, v record.Value) bool {
	return v.Kind() == record.Map && n.program.eval(0, e, v)
}
