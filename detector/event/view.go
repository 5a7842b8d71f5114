package event

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// AppendECS appends the ECS view of the event as the rules see it: one msgpack
// map, nested, with every field of the table that the event has and the
// flattened objects without what is empty in them. A field with several values
// has them as an array. An event that came in ECS form is appended as it is.
// What is appended does not alias the event.
func (e *Event) AppendECS(dst []byte) []byte {
	if e.IsOpen() {
		dst = msgpack.AppendMapHeader(dst, e.document.Len())
		return append(dst, e.document.Encoded()...)
	}
	out, ok := e.appendObject(dst, e.schema.views[e.source])
	if !ok {
		return msgpack.AppendMapHeader(dst, 0)
	}
	return out
}

// object is a node of the ECS view: the fields and objects that have its name
// before a dot, in the order of the table.
type object struct {
	name  string // the last part
	field *Field // at a leaf
	below []*object
	write func(e *Event, dst []byte) (out []byte, ok bool) // instead of what is below
}

// newView returns the ECS view of a source as a tree, and its inner nodes by
// their whole names.
func newView(s *Schema, source *Source) (root *object, inner map[string]*object) {
	root, inner = &object{}, map[string]*object{}
	for _, d := range source.Fields {
		at, begin := root, 0
		for {
			n := strings.IndexByte(d.Name[begin:], '.')
			if n < 0 {
				break
			}
			whole := d.Name[:begin+n]
			next := inner[whole]
			if next == nil {
				next = &object{name: d.Name[begin : begin+n], write: source.Objects[whole]}
				inner[whole] = next
				at.below = append(at.below, next)
			}
			at, begin = next, begin+n+1
		}
		at.below = append(at.below, &object{name: d.Name[begin:], field: s.fields[d.Name]})
	}
	return root, inner
}

// value derives the field that is the object: one map, if any field in it has a
// value.
func (o *object) value(e *Event, _ Place) []msgpack.Value {
	s := &e.scratch
	mark := len(s.values)
	packed, ok := e.appendObject(nil, o)
	s.values = s.values[:mark] // what the fields in it had
	if !ok {
		return nil
	}
	v, _, err := msgpack.Read(packed, 0)
	if err != nil { // cannot happen: it was written here
		return nil
	}
	s.values = append(s.values, v)
	return s.values[mark:]
}

// appendObject appends the object, and reports whether there is anything in it; if
// not nothing is appended.
func (e *Event) appendObject(dst []byte, o *object) (out []byte, ok bool) {
	header := len(dst)
	dst = msgpack.AppendMapHeader(dst, len(o.below))
	n := 0
	for _, b := range o.below {
		before := len(dst)
		dst = msgpack.AppendString(dst, b.name)
		if dst, ok = e.appendNode(dst, b); ok {
			n++
		} else {
			dst = dst[:before]
		}
	}
	if n == 0 {
		return dst[:header], false
	}
	msgpack.SetLen(dst[header:], n)
	return dst, true
}

func (e *Event) appendNode(dst []byte, o *object) (out []byte, ok bool) {
	if o.field == nil {
		if o.write != nil {
			return o.write(e, dst)
		}
		return e.appendObject(dst, o)
	}
	if o.field.Type == TypeFlattened {
		return e.appendOccurrences(dst, e.way(o.field).Member)
	}
	return appendValues(dst, e.Values(o.field))
}

// AppendList appends an array of the objects among the values of a member,
// with other names for their own members, and reports whether there are any;
// if not nothing is appended.
func (e *Event) AppendList(dst []byte, m Member, rename func([]byte) []byte) (out []byte, ok bool) {
	values := e.ValuesAt(Place{Member: m})
	header, n := len(dst), 0
	dst = msgpack.AppendArrayHeader(dst, len(values))
	for _, v := range values {
		if dst, ok = appendRenamed(dst, v, rename); ok {
			n++
		}
	}
	if n == 0 {
		return dst[:header], false
	}
	msgpack.SetLen(dst[header:], n)
	return dst, true
}

// appendOccurrences appends the values of a member without what is empty.
func (e *Event) appendOccurrences(dst []byte, m Member) (out []byte, ok bool) {
	mark := len(e.scratch.values)
	for o := e.Occurrences(m); o.Next(); {
		e.scratch.values = append(e.scratch.values, o.Value())
	}
	e.scratch.dropEmpty(mark)
	return appendValues(dst, e.scratch.values[mark:])
}

// appendValues appends one value as it is and several as an array.
func appendValues(dst []byte, values []msgpack.Value) (out []byte, ok bool) {
	switch len(values) {
	case 0:
		return dst, false
	case 1:
		return appendFull(dst, values[0])
	}
	header, n := len(dst), 0
	dst = msgpack.AppendArrayHeader(dst, len(values))
	for _, v := range values {
		if dst, ok = appendFull(dst, v); ok {
			n++
		}
	}
	msgpack.SetLen(dst[header:], n)
	return dst, true
}
