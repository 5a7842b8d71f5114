package event

import (
	"slices"
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
	if w := e.way(o.field); o.field.Type == TypeFlattened && w.Below == "" {
		return e.appendOccurrences(dst, w)
	} else if o.field.Type == TypeFlattened {
		return appendValues(dst, e.ValuesAt(w.Place), false)
	}
	return appendValues(dst, e.Values(o.field), o.field.list)
}

// AppendList appends an array of the objects among the values of a member,
// with other names for their own members, and reports whether there are any;
// if not nothing is appended. An object is left out if another one says the same:
// if says reports that its second argument says all that the first one does.
func (e *Event) AppendList(dst []byte, m Member, rename func([]byte) []byte, says func(a, b msgpack.Value) bool) (out []byte, ok bool) {
	var list []msgpack.Value
	for _, v := range e.ValuesAt(Place{Member: m}) {
		packed, ok := appendRenamed(nil, v, rename)
		if !ok {
			continue
		}
		one, _, err := msgpack.Read(packed, 0)
		if err != nil { // cannot happen: it was written here
			continue
		}
		if slices.ContainsFunc(list, func(other msgpack.Value) bool { return says(one, other) }) {
			continue
		}
		list = append(slices.DeleteFunc(list, func(other msgpack.Value) bool { return says(other, one) }), one)
	}
	if len(list) == 0 {
		return dst, false
	}
	dst = msgpack.AppendArrayHeader(dst, len(list))
	for _, v := range list {
		dst = msgpack.AppendValue(dst, v)
	}
	return dst, true
}

// appendOccurrences appends the values of a member without what is empty.
func (e *Event) appendOccurrences(dst []byte, w *way) (out []byte, ok bool) {
	taken := w.taken(e)
	mark := len(e.scratch.values)
	for o := e.Occurrences(w.Member); o.Next(); {
		e.scratch.values = append(e.scratch.values, o.Value())
	}
	if taken != "" {
		e.dropMember(mark, "", taken)
	}
	e.scratch.dropEmpty(mark)
	return appendValues(dst, e.scratch.values[mark:], false)
}

// appendValues appends one value as it is, unless a list is wanted, and several as an
// array.
func appendValues(dst []byte, values []msgpack.Value, list bool) (out []byte, ok bool) {
	switch {
	case len(values) == 0:
		return dst, false
	case len(values) == 1 && !list:
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
