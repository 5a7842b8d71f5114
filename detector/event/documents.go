package event

import "github.com/fluent-detect/fluent-detect/detector/msgpack"

// noSource is the source of documents that are of none: every field is looked
// up by its name.
const noSource = 255

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
	e.document, e.schema, e.all, e.respelled = v, nil, true, true
	e.source, e.has, e.again = noSource, Set{}, nil
	e.outer = nil
	e.scratch.reset()
}

// AnyIn reports whether do returns true for one of the values at a dotted path in
// an object that is part of the event, found as [Event.Values] finds those of a
// field. It stops at the first. The values are valid until do returns, which may
// call AnyIn again.
func (e *Event) AnyIn(object msgpack.Value, path string, do func(msgpack.Value) bool) bool {
	to := visitor{do: do, empty: true}
	e.scratch.findMembers(object.Encoded(), 0, object.Len(), path, maxDepth, &to)
	return to.found
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
