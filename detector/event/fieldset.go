package event

import (
	"bytes"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// FieldSet is fields that are asked for together: what is below one member is
// found in one walk over it. A FieldSet never changes and may be shared.
type FieldSet struct {
	fields []*Field
	plans  []fieldPlan // by source
}

// fieldPlan is how the fields of a set are found in the events of a source.
type fieldPlan struct {
	single []int // those that are asked for one by one
	groups []fieldGroup
}

// fieldGroup is the fields that are copies of what is below a member.
type fieldGroup struct {
	member Member
	fields []int
	below  []fieldNode
}

// fieldNode is a name on the way to a field.
type fieldNode struct {
	name  string
	field int // that ends here, or -1
	below []fieldNode
}

// NewFieldSet returns a set of fields of the schema, to be asked for together.
// It keeps the slice.
func (s *Schema) NewFieldSet(fields []*Field) *FieldSet {
	fs := &FieldSet{fields: fields, plans: make([]fieldPlan, len(s.sources))}
	for source := range s.sources {
		p := &fs.plans[source]
		for i, f := range fields {
			p.add(i, &f.ways[source])
		}
	}
	return fs
}

// add adds the i-th field of the set.
func (p *fieldPlan) add(i int, w *way) {
	if w.derive != nil || w.Member == None || w.Below == "" || w.leaves {
		p.single = append(p.single, i)
		return
	}
	g := p.group(w.Member)
	g.fields = append(g.fields, i)
	nodes := &g.below
	for names := strings.Split(w.Below, "."); ; names = names[1:] {
		n := nodeNamed(nodes, names[0])
		if len(names) == 1 {
			n.field = i
			return
		}
		nodes = &n.below
	}
}

func (p *fieldPlan) group(m Member) *fieldGroup {
	for i := range p.groups {
		if p.groups[i].member == m {
			return &p.groups[i]
		}
	}
	p.groups = append(p.groups, fieldGroup{member: m})
	return &p.groups[len(p.groups)-1]
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

// Visit calls do with each of the fields that the event has, by its index in
// the set, and what [Event.Values] returns for it, in no particular order.
func (e *Event) Visit(fs *FieldSet, do func(i int, values []msgpack.Value)) {
	p := &fs.plans[e.source]
	e.findAll()
	for _, i := range p.single {
		if w := e.way(fs.fields[i]); w.derive != nil || w.Member == None || e.has.Has(w.Member) {
			e.visitField(fs, i, do)
		}
	}
	s := &e.scratch
	var room [32]int
	for i := range p.groups {
		g := &p.groups[i]
		if !e.find(g.member) {
			continue
		}
		mark := len(s.values)
		o := e.Occurrences(g.member)
		o.Next()
		found, ok := room[:0], false
		if len(e.again) == 0 {
			found, ok = s.collect(o.Value(), g.below, found)
		}
		if !ok {
			s.values = s.values[:mark]
			for _, i := range g.fields {
				e.visitField(fs, i, do)
			}
			continue
		}
		for n, i := range found {
			do(i, s.values[mark+n:mark+n+1:mark+n+1])
		}
	}
}

func (e *Event) visitField(fs *FieldSet, i int, do func(i int, values []msgpack.Value)) {
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
				if !IsEmpty(value) {
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
