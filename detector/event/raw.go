package event

import (
	"bytes"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Raw is what has to be known about a source for rules that name the members of its own
// records, such as eventName, instead of fields of ECS.
type Raw struct {
	// Product and Service are what these rules call the source: "aws", "cloudtrail".
	Product, Service string
	// Provider and Action are the members at the top that have what event.provider and
	// event.action have.
	Provider, Action string
	// IsKnown reports whether records may have a member of that dotted name, as far as
	// it is documented. Names are all that is known of the members.
	IsKnown func(name string) bool
	// Names are the members whose names are documented, for hints.
	Names []string
	// Original is the field of documents in ECS form that has the record as JSON text.
	Original string
	// Fields returns the fields that have the values of a member in documents in ECS
	// form that do not have the original.
	Fields func(name string) []string
	// AppendMap appends the text that other programs make of an object.
	AppendMap func(dst []byte, v msgpack.Value) []byte
}

// RawSource returns the place of a source among those of the schema, and false if none
// has that product and service.
func (s *Schema) RawSource(product, service string) (i int, ok bool) {
	i = slices.IndexFunc(s.sources, func(source *Source) bool {
		return source.Raw != nil && source.Raw.Product == product && source.Raw.Service == service
	})
	return i, i >= 0
}

// RawField returns the field that a member of the records of the i-th source is, by its
// dotted name. Unlike those of ECS it has values that are empty. Documents in ECS form
// have it if they have the original record or a field with its values.
func (s *Schema) RawField(i int, name string) *Field {
	raw := s.sources[i].Raw
	f := &Field{Name: name, Type: TypeAny, Derivable: true, ways: make([]way, len(s.sources)), verbatim: true}
	top, below, _ := strings.Cut(name, ".")
	member := Lookup([]byte(top))
	known := raw.IsKnown(name)
	for n, source := range s.sources {
		w := &f.ways[n]
		switch {
		case n == i:
			w.raw, w.known, w.Place = name, known, Place{member, below}
			w.reads = SetOf(member)
			w.plain = member != None && below == ""
			w.nested = member != None && below != ""
			f.nested = w.nested
		case source.Open:
			w.raw, w.known, w.original = name, true, s.Field(raw.Original)
			w.fields = s.FieldsNamed(raw.Fields(name))
		}
	}
	return f
}

// IsOf reports whether the event is of the i-th source of its schema. A document in ECS
// form is if it has the source's dataset, or none. One without a schema is of any.
func (e *Event) IsOf(i int) bool {
	if e.schema == nil || !e.IsOpen() {
		return e.schema == nil || int(e.source) == i
	}
	dataset := e.DataSet()
	return len(dataset) == 0 || string(dataset) == e.schema.sources[i].Dataset
}

// Record returns the record that an event was made of: itself, or the original that a
// document in ECS form has in the field of that name.
func (e *Event) Record(original *Field) msgpack.Value {
	if e.schema != nil && e.IsOpen() {
		if v, ok := e.original(original); ok {
			return v
		}
	}
	return e.document
}

// HasRaw reports whether the event has the member that a field of type any is, be it
// null or empty.
func (e *Event) HasRaw(f *Field) bool {
	to := visitor{do: func(msgpack.Value) bool { return true }, empty: true, whole: true}
	if w := e.way(f); w.byName {
		e.scratch.findMembers(e.document.Encoded(), 0, e.document.Len(), f.Name, maxDepth, &to)
	} else {
		e.findRaw(w, &to)
	}
	return to.found
}

// findRaw visits the values of a member of the source's own records, or appends them if
// the visitor is nil.
func (e *Event) findRaw(w *way, to *visitor) {
	s := &e.scratch
	if e.IsOpen() {
		if v, ok := e.original(w.original); ok {
			s.findMembers(v.Encoded(), 0, v.Len(), w.raw, maxDepth, to)
			return
		}
		for _, f := range w.fields {
			e.findMapped(f, to)
		}
		return
	}
	has := w.Member != None && e.find(w.Member) // which may give the event its own names
	switch {
	case w.Member == None, e.hasDotted():
		s.findMembers(e.document.Encoded(), 0, e.document.Len(), w.raw, maxDepth, to)
	case has:
		e.addPlace(w.Place, to)
	}
}

// findMapped visits the values of a field of a document in ECS form, or appends them.
func (e *Event) findMapped(f *Field, to *visitor) {
	s := &e.scratch
	w := e.way(f)
	switch {
	case s.enough(to):
	case !w.byName:
		mark := len(s.values)
		for _, v := range e.Values(f) {
			s.push(v, to)
		}
		if to != nil {
			s.values = s.values[:mark]
		}
	case to == nil:
		s.findMembers(e.document.Encoded(), 0, e.document.Len(), f.Name, maxDepth, nil)
	default:
		to.leaves = w.leaves
		s.findMembers(e.document.Encoded(), 0, e.document.Len(), f.Name, maxDepth, to)
		to.leaves = false
	}
}

// hasDotted reports whether a name at the top of the event has a dot in it: a field may
// then be there by several names.
func (e *Event) hasDotted() bool {
	s := &e.scratch
	if s.dottedOf == s.number {
		return s.dotted
	}
	s.dottedOf, s.dotted = s.number, false
	if e.namesAreOwn() {
		return false
	}
	buf, pos := e.document.Encoded(), 0
	before := uint32(cap(e.buf) - cap(buf)) // how many bytes of e.buf are before it
	for range e.document.Len() {
		var key []byte
		key, pos, _ = msgpack.ReadKey(buf, pos)
		if bytes.IndexByte(key, '.') >= 0 {
			s.dotted = true
			return true
		}
		if end := msgpack.SkipPlain(buf, pos); end != 0 {
			pos = end
		} else if end = msgpack.SkipStr8(buf, pos); end != 0 {
			pos = end
		} else {
			pos = e.skipValue(buf, pos, Lookup(key), before)
		}
	}
	return false
}

// original returns the record that a document in ECS form has as JSON text in a field.
func (e *Event) original(f *Field) (msgpack.Value, bool) {
	s := &e.scratch
	if s.originalOf == s.number {
		return s.original, s.original.Kind() == msgpack.Map
	}
	s.originalOf, s.original = s.number, msgpack.Value{}
	text := e.First(f).Bytes()
	if len(text) == 0 {
		return s.original, false
	}
	if cap(s.originalText) > 16*maxArena {
		s.originalText = nil
	}
	out, _, err := jsontext.AppendMsgpack(s.originalText[:0], text)
	s.originalText = out
	if err == nil {
		s.original, _, _ = msgpack.Read(out, 0)
	}
	return s.original, s.original.Kind() == msgpack.Map
}
