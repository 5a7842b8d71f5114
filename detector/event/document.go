package event

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// NewDocument returns an event that is the map v as it is, whatever it is: the
// fields of v are its own members, by dotted names. It is valid as long as the
// bytes of v are.
func NewDocument(v msgpack.Value) *Event {
	e := &Event{}
	e.ResetDocument(v)
	return e
}

// ResetDocument makes e what NewDocument would return, with the memory it has.
func (e *Event) ResetDocument(v msgpack.Value) {
	s := e.scratch
	*e = Event{document: v, shape: ECS, first: earlyMembers, all: true, scratch: s}
	e.scratch.reset()
}

// DocumentField returns a field of documents that is of that type, whatever the
// ECS view has under the name.
func DocumentField(name string, t Type) *Field {
	return &Field{Name: name, Type: t, Derivable: true}
}

// AnyIn reports whether do returns true for one of the values at a dotted path in
// an object that is part of the event, found as [Event.Values] finds those of a
// field. It stops at the first. The values are valid until do returns, which may
// call AnyIn again.
func (e *Event) AnyIn(object msgpack.Value, path string, do func(msgpack.Value) bool) bool {
	s := &e.scratch
	values, text := len(s.values), len(s.text)
	s.findMembers(object.Encoded(), 0, object.Len(), path, maxDepth)
	found := slices.ContainsFunc(s.values[values:], do)
	s.values, s.text = s.values[:values], s.text[:text]
	return found
}

// AnyLeaf reports whether do returns true for one of the values in an object that
// are neither objects nor null, with its dotted name in it: the elements of
// arrays have the array's name. It stops at the first. The name is valid until
// do returns, which must not ask the event for values.
func (e *Event) AnyLeaf(object msgpack.Value, do func(name []byte, v msgpack.Value) bool) bool {
	s := &e.scratch
	text := len(s.text)
	found := s.anyLeaf(object, text, maxDepth, do)
	s.text = s.text[:text]
	return found
}

// anyLeaf has the name of v in the text from name on.
func (s *scratch) anyLeaf(v msgpack.Value, name, depth int, do func(name []byte, v msgpack.Value) bool) bool {
	switch v.Kind() {
	case msgpack.Nil, msgpack.Invalid:
		return false
	case msgpack.Array:
		if s.tooDeep(v, depth) {
			return false
		}
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return false
			}
			if s.anyLeaf(element, name, depth-1, do) {
				return true
			}
		}
	case msgpack.Map:
		if s.tooDeep(v, depth) {
			return false
		}
		before := len(s.text)
		for pairs := v.Members(); ; {
			key, value, ok := pairs.Next()
			if !ok {
				return false
			}
			if before > name {
				s.text = append(s.text, '.')
			}
			s.text = append(s.text, key.Bytes()...)
			if s.anyLeaf(value, name, depth-1, do) {
				return true
			}
			s.text = s.text[:before]
		}
	}
	return do(s.text[name:], v)
}

// AppendDouble appends the text that Elastic's pipelines make of a number with a
// point, in keywords and in flattened objects: that of Java's Double.toString.
func AppendDouble(dst []byte, f float64) []byte { return appendJavaDouble(dst, f) }

// ParseType returns the type of that name, as Elasticsearch's mappings have it:
// the numeric types are long or double here, date_nanos is a date.
func ParseType(name string) (Type, bool) {
	switch name {
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
