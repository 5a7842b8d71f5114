package event

import (
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Field is one field of events, by its ECS name. A Field never changes and may
// be shared.
type Field struct {
	Name string
	Type Type
	// Derivable: some source gives events the field by its table. Others have
	// it only in documents that came in ECS form.
	Derivable bool
	// FewValues and RulesOnly: see [Definition].
	FewValues, RulesOnly bool

	ways      []way // by source; empty: by its name, in every event
	verbatim  bool
	nested    bool
	unordered bool
	list      bool
}

// way is how a field follows from an event of one source.
type way struct {
	Place
	also     Place  // a second place whose values count as well, below the same member
	byName   bool   // it is looked up in the document by the field's name
	plain    bool   // a copy of the member as a whole
	nested   bool   // every text of it is below the member, as it is
	leaves   bool   // the object as a whole was asked for: every leaf is a value
	kept     int8   // it was found when the event was recognized: its place in Event.kept, from 1 on
	added    *Added // where shippers add it to the record; nil: they do not
	constant []msgpack.Value
	derive   Derive
	without  func(*Event) string // see Definition.Without
	reads    Set                 // the members that derive looks at
	inside   []Member            // nested: other members that the texts may be below
	never    []string            // see Definition.Never
	lacking  bool                // see Definition.Lacking

	// Of a member of the source's own records: its dotted name, and whether it is
	// documented. A document in ECS form has it in the original record, or else in fields.
	raw      string
	known    bool
	original *Field
	fields   []*Field
}

// byName is the way of fields that are looked up in the document.
var byName = way{byName: true}

func (e *Event) way(f *Field) *way {
	if int(e.source) < len(f.ways) {
		return &f.ways[e.source]
	}
	return &byName
}

// Prospect says what can be told about the values of a field in the events of a
// source, without an event.
type Prospect struct {
	// Exists reports whether some events have the field. Documents in ECS form have
	// any field. Others may have any that a shipper adds to the record: that counts if
	// [AddedFields] says so.
	Exists bool
	// Lacking: what the field is looked up in is not there, see [Definition].
	Lacking bool
	// Constant are its values in every event, if they are always the same.
	Constant []msgpack.Value
	// Never are texts that it does not have in any event, see [Definition].
	Never []string
}

// Prospect returns what can be told about the field in the events of the i-th
// source of its schema.
func (f *Field) Prospect(i int) Prospect {
	if i >= len(f.ways) {
		return Prospect{}
	}
	w := &f.ways[i]
	if w.raw != "" {
		return Prospect{Exists: w.known}
	}
	return Prospect{
		Exists:   !w.lacking && (w.byName || w.constant != nil || w.derive != nil || w.kept != 0 || w.Member != None || w.added.said()),
		Lacking:  w.lacking,
		Constant: w.constant,
		Never:    w.never,
	}
}

// DocumentField returns a field that is looked up by its name in every event,
// with that type.
func DocumentField(name string, t Type) *Field {
	return &Field{Name: name, Type: t, Derivable: true, verbatim: true}
}

// WithType returns the field with another type.
func (f *Field) WithType(t Type) *Field {
	typed := *f
	typed.Type = t
	return &typed
}

// Nested reports whether some source has every text of the field below one
// member of the event, as it is, so that MayHave is quicker than Values.
func (f *Field) Nested() bool { return f.nested }

// MayBeAdded reports whether events of some source have the field only if a shipper
// added it to the record.
func (f *Field) MayBeAdded() bool {
	return slices.ContainsFunc(f.ways, func(w way) bool { return w.added != nil || w.lacking })
}

// Lacking reports whether the events of all sources with a table have the field only if a
// shipper added it to the record that the event is: there is nothing to look it up in.
func (f *Field) Lacking() bool {
	some := false
	if !strings.HasPrefix(f.Name, perAddress) {
		return false // it may also be in what is around the event
	}
	for i := range f.ways {
		w := &f.ways[i]
		some = some || w.lacking
		if !w.byName && !w.lacking && (w.derive != nil || w.constant != nil || w.kept != 0 || w.Member != None || w.raw != "") {
			return false
		}
	}
	return some
}

// Derived reports whether the values of the field are made from others, in the events of
// some source.
func (f *Field) Derived() bool {
	return slices.ContainsFunc(f.ways, func(w way) bool { return w.derive != nil })
}

// IsLookedUp reports whether events of some source have the field because it is looked up,
// or under another name than its own.
func (f *Field) IsLookedUp() bool {
	return slices.ContainsFunc(f.ways, func(w way) bool { return w.derive != nil && !w.lacking })
}

// Verbatim reports whether every text that the field can have is in the event
// as it is, or is a part of a text in it: not put together, not changed and not
// a constant.
func (f *Field) Verbatim() bool { return f.verbatim }
