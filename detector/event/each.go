package event

import (
	"bytes"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Fields are fields that are asked for together: what lies below one member is
// found in one walk over it. Fields never change and may be shared.
type Fields struct {
	fields []*Field
	alone  []int // those that are asked for one by one
	groups []fieldGroup
}

// fieldGroup is the fields that are copies of what lies below a member.
type fieldGroup struct {
	member member
	fields []int
	below  []fieldNode
}

// fieldNode is a name on the way to a field.
type fieldNode struct {
	name  string
	field int // that ends here, or -1
	below []fieldNode
}

// NewFields returns the fields, to be asked for together. It keeps the slice.
func NewFields(fields []*Field) *Fields {
	fs := &Fields{fields: fields}
	for i, f := range fields {
		if f.derive != nil || f.member == none || f.below == "" || f.leaves || f.value.Kind() != msgpack.Invalid {
			fs.alone = append(fs.alone, i)
			continue
		}
		g := fs.group(f.member)
		g.fields = append(g.fields, i)
		nodes := &g.below
		for names := strings.Split(f.below, "."); ; names = names[1:] {
			n := nodeNamed(nodes, names[0])
			if len(names) == 1 {
				n.field = i
				break
			}
			nodes = &n.below
		}
	}
	return fs
}

func (fs *Fields) group(m member) *fieldGroup {
	for i := range fs.groups {
		if fs.groups[i].member == m {
			return &fs.groups[i]
		}
	}
	fs.groups = append(fs.groups, fieldGroup{member: m})
	return &fs.groups[len(fs.groups)-1]
}

func nodeNamed(nodes *[]fieldNode, name string) *fieldNode {
	for i := range *nodes {
		if (*nodes)[i].name == name {
			return &(*nodes)[i]
		}
	}
	*nodes = append(*nodes, fieldNode{name: name, field: -1})
	return &(*nodes)[len(*nodes)-1]
}

// Each hands to do each of the fields that the event has, by its index, with
// what [Event.Values] gives for it. The order is of no meaning.
func (e *Event) Each(fs *Fields, do func(i int, values []msgpack.Value)) {
	if e.shape == ECS {
		for i := range fs.fields {
			e.hand(fs, i, do)
		}
		return
	}
	e.findAll()
	for _, i := range fs.alone {
		if f := fs.fields[i]; f.derive != nil || f.member == none || e.has.has(f.member) {
			e.hand(fs, i, do)
		}
	}
	s := &e.scratch
	var room [32]int
	for i := range fs.groups {
		g := &fs.groups[i]
		if !e.find(g.member) {
			continue
		}
		mark := len(s.values)
		o := e.occurrences(g.member)
		o.next()
		found, ok := room[:0], false
		if len(e.again) == 0 {
			found, ok = s.collect(o.value(), g.below, found)
		}
		if !ok {
			s.values = s.values[:mark]
			for _, i := range g.fields {
				e.hand(fs, i, do)
			}
			continue
		}
		for n, i := range found {
			do(i, s.values[mark+n:mark+n+1:mark+n+1])
		}
	}
}

func (e *Event) hand(fs *Fields, i int, do func(i int, values []msgpack.Value)) {
	if values := e.Values(fs.fields[i]); len(values) > 0 {
		do(i, values)
	}
}

// collect appends the fields that v has below the nodes to found, and the value
// of each to the values. It gives up, and returns false, where a field may have
// several values or a name several forms: at arrays, repeated keys and keys
// with a dot in them.
func (s *scratch) collect(v msgpack.Value, nodes []fieldNode, found []int) (all []int, ok bool) {
	if v.Kind() == msgpack.Array {
		return found, false
	}
	for pairs := v.Members(); ; {
		k, value, more := pairs.Next()
		if !more {
			return found, true
		}
		key := k.Bytes()
		if bytes.IndexByte(key, '.') >= 0 {
			return found, false
		}
		for i := range nodes {
			n := &nodes[i]
			if n.name != string(key) {
				continue
			}
			if n.field >= 0 {
				if value.Kind() == msgpack.Array || slices.Contains(found, n.field) {
					return found, false
				}
				if !msgpack.IsEmpty(value) {
					found = append(found, n.field)
					s.values = append(s.values, value)
				}
			}
			if len(n.below) > 0 {
				if found, ok = s.collect(value, n.below, found); !ok {
					return found, false
				}
			}
			break
		}
	}
}
