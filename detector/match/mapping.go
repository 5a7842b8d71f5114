package match

import (
	"iter"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// Mapping has the fields of documents with their types.
type Mapping interface {
	// Field returns the field of that full name. If the mapping does not have
	// it, the type is [event.TypeDynamic].
	Field(name string) *event.Field
	// Names returns the names of the fields of the mapping, without objects and
	// nested fields: those that a pattern of names and a comparison without a
	// field can stand for.
	Names() []string
	// Closed reports whether documents have no other fields.
	Closed() bool
}

// parents yields the names of the objects that a field is in, the innermost first.
func parents(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := len(name) - 1; i > 0; i-- {
			if name[i] == '.' && !yield(name[:i]) {
				return
			}
		}
	}
}

// nestedParent returns the innermost nested field that a field is in, or "".
func nestedParent(m Mapping, name string) string {
	for parent := range parents(name) {
		if m.Field(parent).Type == event.TypeNested {
			return parent
		}
	}
	return ""
}
