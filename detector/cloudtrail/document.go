package cloudtrail

import "github.com/fluent-detect/fluent-detect/detector/record"

// NewDocument returns an event that is the map v as it is, whatever it is: the
// fields of v are its own members, by dotted names. It is valid as long as the
// bytes of v are.
func NewDocument(v record.Value) *Event {
	e := &Event{}
	e.ResetDocument(v)
	return e
}

// ResetDocument makes e what NewDocument would return, with the memory it has.
func (e *Event) ResetDocument(v record.Value) {
	s := e.scratch
	*e = Event{document: v, shape: ECS, first: earlyMembers, all: true, scratch: s}
	e.scratch.reset()
}

// DocumentField returns a field of documents that is of that type, whatever the
// ECS view has under the name. The values of a flattened field are its leaves
// if it is the root.
func DocumentField(name string, t Type, root bool) *Field {
	return &Field{Name: name, Type: t, Derivable: true, leaves: t == TypeFlattened && root}
}

// ParseType returns the type of that name, as Elasticsearch's mappings have it:
// the numeric types are long or double here, date_nanos is a date.
func ParseType(name string) (Type, bool) {
	switch name {
	case "wildcard":
		return TypeKeyword, true
	case "integer", "short", "byte", "unsigned_long":
		return TypeLong, true
	case "float", "half_float", "scaled_float":
		return TypeDouble, true
	case "date_nanos":
		return TypeDate, true
	case "match_only_text":
		return TypeText, true
	}
	for t, known := range typeNames {
		if name == known && Type(t) != TypeDynamic {
			return Type(t), true
		}
	}
	return 0, false
}
