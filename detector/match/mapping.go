package match

import "github.com/fluent-detect/fluent-detect/detector/event"

// Mapping tells of which type a field is.
type Mapping interface {
	// Field returns the field of that name; one of [event.TypeDynamic]
	// when the mapping does not know it. What is in a nested field has its own
	// type and its whole name.
	Field(name string) *event.Field
	// Names returns the names of the fields it knows, without objects and
	// nested fields: what a name with wildcards and a value without a field
	// look into.
	Names() []string
	// Closed says that no document has fields besides those.
	Closed() bool
}

// ECS is the mapping of the ECS view of CloudTrail. Documents that came in ECS
// form can have other fields. Those that the Elastic Common Schema defines are of
// the type it gives them, the rest is of the type of the value that is met.
type ECS struct{}

// Field returns the field of the view, or one that only documents in ECS form
// can have.
func (ECS) Field(name string) *event.Field {
	f := event.FieldNamed(name)
	if f.Type != event.TypeDynamic {
		return f
	}
	if t, ok := schemaTypes[name]; ok {
		typed := *f
		typed.Type = t
		return &typed
	}
	return f
}

// Names returns the names of the view's table.
func (ECS) Names() []string { return event.TableNames() }

// Closed returns false.
func (ECS) Closed() bool { return false }

// prefixes calls do with the names of the objects that a field is in, the
// innermost first, until it returns true, and reports whether it did.
func prefixes(name string, do func(string) bool) bool {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == '.' && do(name[:i]) {
			return true
		}
	}
	return false
}

// nestedIn returns the innermost nested field that a field is in, or "".
func nestedIn(m Mapping, name string) (path string) {
	prefixes(name, func(prefix string) bool {
		if m.Field(prefix).Type != event.TypeNested {
			return false
		}
		path = prefix
		return true
	})
	return path
}
