package event

import (
	"slices"
	"strings"
)

// Schema is the fields that the events of a number of sources have. It never
// changes and may be shared.
type Schema struct {
	sources  []*Source
	views    []*object // by source: its ECS view
	fields   map[string]*Field
	objects  map[string]*Field
	names    []string     // of the fields
	first    *Search      // what tells sources apart
	all      Set          // every member that anybody looks for
	identity [][][]*Field // by source: what Identify looks for
	scopedID [][][]*Field // by source: what ScopedID looks for
	known    []*FieldSet  // by source: what Describe looks for
	stream   streamFields
	added    AddedFields

	// objectMembers are, by source, the members that are objects and that other programs
	// flatten or write as texts.
	objectMembers []Set
}

// maxSources is how many sources a schema can have.
const maxSources = 8

// NewSchema returns the schema of those sources, eight at most. The first of them describes
// documents in ECS form that have no dataset. A field that two sources
// define with different types is an error in their tables, and panics.
func NewSchema(sources ...*Source) *Schema { return AddedFields(nil).NewSchema(sources...) }

// NewSchema is [NewSchema] for records to which shippers add fields under other names
// than their own.
func (a AddedFields) NewSchema(sources ...*Source) *Schema {
	if len(sources) == 0 || len(sources) > maxSources {
		panic("event: a schema has one to eight sources")
	}
	s := &Schema{sources: sources, fields: map[string]*Field{}, objects: map[string]*Field{}, added: a}
	for _, source := range sources {
		for i := range source.Fields {
			s.define(&source.Fields[i])
		}
	}
	for _, name := range s.names {
		s.setWays(s.fields[name])
	}
	var early Set
	for i, source := range sources {
		early = early.Union(source.Marks).Union(source.Reads)
		s.objectMembers = append(s.objectMembers, source.Flattened.without(&source.Marks))
		view, objects := newView(s, source)
		s.views = append(s.views, view)
		for name, o := range objects {
			f := s.objects[name]
			if f == nil {
				f = &Field{Name: name, Type: TypeObject, Derivable: true, ways: s.unknown(name)}
				s.objects[name] = f
			}
			f.ways[i].derive, f.ways[i].added = o.value, nil
		}
	}
	s.names = slices.Clip(s.names)
	s.first, s.all = &Search{early}, everyMember()
	s.describeWith()
	return s
}

// define adds a field, without its ways.
func (s *Schema) define(d *Definition) {
	f := s.fields[d.Name]
	if f == nil {
		s.fields[d.Name] = &Field{Name: d.Name, Type: d.Type}
		s.names = append(s.names, d.Name)
	} else if f.Type != d.Type {
		panic("event: the field " + d.Name + " is defined as " + f.Type.String() + " and as " + d.Type.String())
	}
}

// unknown returns the ways of a field that no table has.
func (s *Schema) unknown(name string) []way {
	ways := make([]way, len(s.sources))
	for i, source := range s.sources {
		ways[i].byName, ways[i].added = source.Open, s.added.addedTo(source, name)
	}
	return ways
}

// setWays sets the ways of a field that some table has.
func (s *Schema) setWays(f *Field) {
	f.ways = s.unknown(f.Name)
	f.verbatim = true
	for i, source := range s.sources {
		f.ways[i].leaves = f.Type == TypeFlattened
		n := slices.IndexFunc(source.Fields, func(d Definition) bool { return d.Name == f.Name })
		if n < 0 {
			continue
		}
		d := &source.Fields[n]
		w := d.way()
		f.ways[i] = w
		f.Derivable = f.Derivable || !source.Open
		f.nested = f.nested || w.nested
		f.FewValues = f.FewValues || d.FewValues
		f.RulesOnly = f.RulesOnly || d.RulesOnly
		f.list = f.list || d.List
		f.unordered = f.unordered || d.Unordered
		f.verbatim = f.verbatim && w.verbatim(d)
	}
}

// Sources returns the sources.
func (s *Schema) Sources() []*Source { return s.sources }

// Names returns the names of the fields that tables have, in their order.
func (s *Schema) Names() []string { return s.names }

// Field returns the field of that name: one of a table, an object that has such
// fields in it, a leaf below one of the flattened objects, a member of an object
// whose members are fields by their own names, or else a field that only documents
// in ECS form can have.
func (s *Schema) Field(name string) *Field {
	if f, ok := s.fields[name]; ok {
		return f
	}
	if f, ok := s.objects[name]; ok {
		return f
	}
	for i := len(name) - 1; i > 0; i-- {
		if name[i] != '.' {
			continue
		}
		if root, ok := s.fields[name[:i]]; ok && root.Type == TypeFlattened {
			return s.leaf(name, root, name[i+1:])
		}
	}
	f := &Field{Name: name, ways: s.unknown(name), verbatim: true}
	for i, source := range s.sources {
		if p, ok := source.rest(name); ok {
			f.Type, f.Derivable, f.nested = TypeKeyword, true, true
			f.ways[i] = way{Place: p, nested: true, reads: SetOf(p.Member)}
		}
		if source.Named == nil {
			continue
		}
		if d, ok := source.Named(name); ok {
			w := d.way()
			f.Type, f.Derivable, f.nested = d.Type, true, f.nested || w.nested
			f.verbatim = f.verbatim && w.verbatim(&d)
			f.ways[i] = w
		}
	}
	return f
}

// rest returns the place of a field that no row of the table defines, if it is in
// an object whose members are fields by their own names.
func (s *Source) rest(name string) (p Place, ok bool) {
	for object, member := range s.Rest {
		below, ok := strings.CutPrefix(name, object+".")
		if !ok {
			continue
		}
		first, _, _ := strings.Cut(below, ".")
		for i := range s.Fields {
			if s.Fields[i].From == member+"."+first {
				return Place{}, false // it has another name in the view
			}
		}
		return PlaceOf(member + "." + below), true
	}
	return Place{}, false
}

// leaf returns the field of that name below a flattened object.
func (s *Schema) leaf(name string, root *Field, below string) *Field {
	f := &Field{Name: name, Type: TypeFlattened, Derivable: root.Derivable, ways: s.unknown(name), verbatim: true}
	for i := range f.ways {
		if w := &f.ways[i]; root.ways[i].plain {
			w.Place = Place{root.ways[i].Member, below}
			w.reads, w.without = root.ways[i].reads, root.ways[i].without
			w.nested, w.added, f.nested = true, nil, true
		} else if root.ways[i].Member != None {
			w.Place = Place{root.ways[i].Member, root.ways[i].Below + "." + below}
			w.reads = root.ways[i].reads
			w.nested, w.added, f.nested = true, nil, true
		}
	}
	return f
}

// FieldsNamed returns the fields of those names.
func (s *Schema) FieldsNamed(names []string) []*Field {
	fields := make([]*Field, len(names))
	for i, name := range names {
		fields[i] = s.Field(name)
	}
	return fields
}

// CallerControlled reports whether who causes an event chooses what the field
// holds, in the events of some source.
func (s *Schema) CallerControlled(field string) bool {
	return slices.ContainsFunc(s.sources, func(source *Source) bool {
		return source.CallerControlled != nil && source.CallerControlled(field)
	})
}

// CallerCanMatch reports whether who causes an event can choose a part of what the
// field holds so that the pattern fits, in the events of some source. A pattern is
// the runs of text between its stars.
func (s *Schema) CallerCanMatch(field string, pattern []string) bool {
	return slices.ContainsFunc(s.sources, func(source *Source) bool {
		return source.CallerCanMatch != nil && source.CallerCanMatch(field, pattern)
	})
}

// Escapes returns the sources' [Source.Escapes].
func (s *Schema) Escapes() (texts []string) {
	for _, source := range s.sources {
		texts = append(texts, source.Escapes...)
	}
	return texts
}

// Search is what the first walk over an event looks for.
type Search struct{ set Set }

// Expect returns a search for what tells sources apart, for members besides,
// and for what those fields follow from. Other fields may be asked for as well,
// and the first of them costs another walk.
func (s *Schema) Expect(members Set, fields []*Field) *Search {
	set := s.first.set.Union(members)
	for _, f := range fields {
		for i := range f.ways {
			set = set.Union(f.ways[i].reads)
		}
	}
	for _, objects := range s.objectMembers {
		if set.Meets(&objects) { // whether names are respelled is asked of every event
			set = set.Union(objects)
		}
	}
	return &Search{set}
}

// Marks returns the marks of all sources.
func (s *Schema) Marks() (marks Set) {
	for _, source := range s.sources {
		marks = marks.Union(source.Marks)
	}
	return marks
}
