package event

import (
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
	copies []fieldCopy
	single []int // those that are asked for one by one
	groups []fieldGroup
}

// fieldCopy is a field that is a copy of a member.
type fieldCopy struct {
	field  int
	member Member
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
	switch {
	case w.derive != nil || w.Member == None || w.leaves || w.also.Member != None || w.without != nil:
		p.single = append(p.single, i)
		return
	case w.Below == "":
		p.copies = append(p.copies, fieldCopy{i, w.Member})
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
	over := e.scratch.over // of what the conditions have seen, which is more
	e.scratch.over = false
	defer func() { e.scratch.over = over }()
	e.findAll()
	e.findRespelled(e.schema.sources[e.source].Expected) // if its objects are flattened
	s := &e.scratch
	once := len(e.again) == 0
	for _, c := range p.copies {
		if !e.has.Has(c.member) {
			continue
		}
		if text := msgpack.ReadText(e.buf, int(e.offsets[c.member])); once && len(text) > len("none") {
			mark := len(s.values)
			s.values = append(s.values, msgpack.TextOf(text))
			do(c.field, s.values[mark:mark+1:mark+1])
			continue
		}
		e.visitField(fs, c.field, do)
	}
	for _, i := range p.single {
		if w := e.way(fs.fields[i]); w.Member == None || e.has.Meets(&w.reads) {
			e.visitField(fs, i, do)
		}
	}
	var room [32]int
	for i := range p.groups {
		g := &p.groups[i]
		if !e.has.Has(g.member) {
			continue
		}
		mark := len(s.values)
		found, ok := room[:0], false
		if once {
			_, found, ok = s.collect(e.buf, int(e.offsets[g.member]), g.below, found)
		}
		if !ok {
			s.values = s.values[:mark]
			for _, i := range g.fields {
				e.visitField(fs, i, do)
			}
			continue
		}
		values := s.values[mark:]
		for n, i := range found {
			do(i, values[n:n+1:n+1])
		}
	}
}

func (e *Event) visitField(fs *FieldSet, i int, do func(i int, values []msgpack.Value)) {
	if values := e.Values(fs.fields[i]); len(values) > 0 {
		do(i, values)
	}
	e.scratch.over = false
}

// TextOf returns the text that the first of the fields has as its first value that has
// one, or nil. That a field has more values than are looked at does not count.
func (e *Event) TextOf(fs *FieldSet) (text []byte) {
	best, more := len(fs.fields), e.scratch.more
	e.Visit(fs, func(i int, values []msgpack.Value) {
		if i < best {
			if b := values[0].Bytes(); len(b) > 0 {
				best, text = i, b
			}
		}
	})
	e.scratch.more = more
	return text
}

// IsCut reports, while Visit calls do, whether the field has more values than do gets.
func (e *Event) IsCut() bool { return e.scratch.over }

// collect appends the fields that the value at buf[off:] has below the nodes to
// found, and the value of each to the values. It gives up, and returns false,
// where a field may have several values or a name several forms: at arrays,
// repeated keys and dotted keys.
func (s *scratch) collect(buf []byte, off int, nodes []fieldNode, found []int) (end int, all []int, ok bool) {
	v, pos, _ := msgpack.ReadHeader(buf, off)
	switch v.Kind() {
	case msgpack.Array:
		return pos, found, false
	case msgpack.Map:
	default:
		return pos, found, true
	}
	for range v.Len() {
		var key []byte
		key, pos, _ = msgpack.ReadKey(buf, pos)
		n, dotted := nodeOf(nodes, key)
		switch {
		case dotted:
			return pos, found, false
		case n == nil:
			if end := msgpack.SkipPlain(buf, pos); end != 0 {
				pos = end
			} else {
				pos = skip(buf, pos)
			}
			continue
		}
		begin := pos
		if n.field >= 0 {
			v, pos, _ = msgpack.Read(buf, begin)
			if v.Kind() == msgpack.Array || slices.Contains(found, n.field) {
				return pos, found, false
			}
			if !IsEmpty(v) {
				found = append(found, n.field)
				s.values = append(s.values, v)
			}
		}
		if len(n.below) > 0 {
			if pos, found, ok = s.collect(buf, begin, n.below, found); !ok {
				return pos, found, false
			}
		}
	}
	return pos, found, true
}

// nodeOf returns the node of that name, or nil. A key that begins with the name
// of a node and a dot may be another form of what is below it.
func nodeOf(nodes []fieldNode, key []byte) (n *fieldNode, dotted bool) {
	for i := range nodes {
		n := &nodes[i]
		size := len(n.name)
		if len(key) < size || size > 0 && key[0] != n.name[0] || string(key[:size]) != n.name {
			continue
		}
		if len(key) == size {
			return n, false
		}
		if key[size] == '.' {
			return nil, true
		}
	}
	return nil, false
}
