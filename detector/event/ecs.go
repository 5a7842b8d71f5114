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
	if e.shape == ECS {
		dst = msgpack.AppendMapHeader(dst, e.document.Len())
		return append(dst, e.document.Encoded()...)
	}
	out, ok := e.appendObject(dst, view)
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
}

var (
	// view is the ECS view as a tree.
	view = &object{}
	// objects has its inner nodes by their whole names.
	objects = buildView()
)

func buildView() map[string]*object {
	inner := map[string]*object{}
	for _, d := range fields {
		at, begin := view, 0
		for {
			n := strings.IndexByte(d.name[begin:], '.')
			if n < 0 {
				break
			}
			whole := d.name[:begin+n]
			next := inner[whole]
			if next == nil {
				next = &object{name: d.name[begin : begin+n]}
				inner[whole] = next
				at.below = append(at.below, next)
			}
			at, begin = next, begin+n+1
		}
		at.below = append(at.below, &object{name: d.name[begin:], field: byName[d.name]})
	}
	return inner
}

// value is how the field that is the object derives: one map, if any field in
// it has a value.
func (o *object) value(e *Event, _ *Field) {
	s := &e.scratch
	mark := len(s.values)
	packed, ok := e.appendObject(nil, o)
	s.values = s.values[:mark] // what the fields in it had
	if !ok {
		return
	}
	if v, _, err := msgpack.Read(packed, 0); err == nil {
		s.values = append(s.values, v)
	}
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
		if o == objects["aws.cloudtrail.resources"] {
			return e.appendResources(dst)
		}
		return e.appendObject(dst, o)
	}
	if o.field.Type == TypeFlattened {
		return e.appendOccurrences(dst, o.field.member)
	}
	return appendValues(dst, e.Values(o.field))
}

// appendResources appends the list of resources. Fields in it are named by what
// they are in all of the list's elements, but an element is one object.
func (e *Event) appendResources(dst []byte) (out []byte, ok bool) {
	mark := len(e.scratch.values)
	e.copyMember(resources, "")
	header, n := len(dst), 0
	dst = msgpack.AppendArrayHeader(dst, len(e.scratch.values)-mark)
	for _, v := range e.scratch.values[mark:] {
		if dst, ok = appendRenamed(dst, v, resourceName); ok {
			n++
		}
	}
	if n == 0 {
		return dst[:header], false
	}
	msgpack.SetLen(dst[header:], n)
	return dst, true
}

// resourceName returns the ECS name of a member of a resource.
func resourceName(name []byte) []byte {
	switch string(name) {
	case "ARN":
		return []byte("arn")
	case "accountId":
		return []byte("account_id")
	}
	return name
}

// appendOccurrences appends the values of a member without what is empty.
func (e *Event) appendOccurrences(dst []byte, m member) (out []byte, ok bool) {
	mark := len(e.scratch.values)
	for o := e.occurrences(m); o.next(); {
		e.scratch.values = append(e.scratch.values, o.value())
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
