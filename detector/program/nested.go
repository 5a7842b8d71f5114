package program

import (
	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// nested tests whether one object of a nested field satisfies a query of its
// own.
type nested struct {
	field   *cloudtrail.Field
	program *Program
}

func (n *nested) test(e *cloudtrail.Event) bool {
	if n.field.Type != cloudtrail.TypeNested {
		return false
	}
	var object *cloudtrail.Event
	for _, v := range e.Values(n.field) {
		if v.Kind() != record.Map {
			continue
		}
		if object == nil {
			object = cloudtrail.NewDocument(v)
		} else {
			object.ResetDocument(v)
		}
		if n.program.Match(object) {
			return true
		}
	}
	return false
}

func (n *nested) fields() []*cloudtrail.Field { return []*cloudtrail.Field{n.field} }
