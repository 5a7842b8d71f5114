package event

import "github.com/fluent-detect/fluent-detect/detector/msgpack"

// Values returns the values of a field, none when the event does not have it.
// Arrays are taken apart, null is no value; an object is a value of kind Map.
// A member that occurs twice gives the values of both.
func (e *Event) Values(f *Field) []msgpack.Value {
	s := &e.scratch
	mark := len(s.values)
	switch {
	case e.shape == ECS:
		e.copyMapped(f)
	case f.value.Kind() != msgpack.Invalid:
		s.values = append(s.values, f.value)
	case f.derive != nil:
		f.derive(e, f)
	case f.member != none:
		e.copyField(f)
		if f.leaves {
			e.replaceByLeaves(mark)
		}
	}
	return s.values[mark:]
}

// First returns the first value of a field, or the zero Value.
func (e *Event) First(f *Field) msgpack.Value {
	if v := e.Values(f); len(v) > 0 {
		return v[0]
	}
	return msgpack.Value{}
}

// copyField appends the values at the field's place in the event that are not
// empty.
func (e *Event) copyField(f *Field) { e.copyMember(f.member, f.below) }

func (e *Event) copyMember(m member, below string) {
	if !e.find(m) {
		return
	}
	s := &e.scratch
	if below == "" && len(e.again) == 0 { // most often it is one short text
		if text, _, err := msgpack.ReadKey(e.buf, int(e.offsets[m])); err == nil && len(text) > len("none") {
			s.values = append(s.values, msgpack.Text(text))
			return
		}
	}
	mark := len(s.values)
	for o := e.occurrences(m); o.next(); {
		if below == "" {
			s.add(e.buf, int(o.offset), maxDepth)
		} else {
			s.find(e.buf, int(o.offset), below, maxDepth)
		}
	}
	s.dropEmpty(mark)
}

// copyMapped appends the values of a field of a document in ECS form.
func (e *Event) copyMapped(f *Field) {
	s := &e.scratch
	mark := len(s.values)
	switch f.dotted {
	case dottedAction:
		s.values = append(s.values, e.set.actions...)
	case dottedProvider:
		s.values = append(s.values, e.set.providers...)
	default:
		s.findMembers(e.document.Encoded(), 0, e.document.Len(), f.Name, maxDepth)
	}
	if f.leaves {
		e.replaceByLeaves(mark)
	}
}

// replaceByLeaves puts in the place of the values from mark on what lies at
// their ends.
func (e *Event) replaceByLeaves(mark int) {
	s := &e.scratch
	n := len(s.values)
	for i := mark; i < n; i++ {
		if v := s.values[i]; v.Kind() == msgpack.Map {
			s.leavesOf(v, v.Encoded(), 0, maxDepth)
		} else {
			s.values = append(s.values, v)
		}
	}
	s.values = append(s.values[:mark], s.values[n:]...)
	if e.shape != ECS { // which is taken as it is
		s.dropEmpty(mark)
	}
}

// Object returns the object that an event has at a flattened field, or the
// zero Value.
func (e *Event) Object(f *Field) msgpack.Value {
	s := &e.scratch
	mark := len(s.values)
	if e.shape == ECS {
		s.findMembers(e.document.Encoded(), 0, e.document.Len(), f.Name, maxDepth)
	} else if f.member != none {
		e.copyField(f)
	}
	for _, v := range s.values[mark:] {
		if v.Kind() == msgpack.Map {
			return v
		}
	}
	return msgpack.Value{}
}

// OnBehalfOf returns the id of the IAM Identity Center user for whom the call
// was made, userIdentity.onBehalfOf.userId. Elastic's view has no field for it.
func (e *Event) OnBehalfOf() []byte {
	mark := len(e.scratch.values)
	e.copyMember(userIdentity, "onBehalfOf.userId")
	if len(e.scratch.values) == mark {
		return nil
	}
	return e.scratch.values[mark].Bytes()
}
