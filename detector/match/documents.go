package match

import (
	"maps"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Documents is the mapping of plain JSON documents: types that were declared,
// and for all other fields what Elasticsearch's dynamic mapping would make of
// the first document that has them (with texts as keywords). It knows no field
// that it has not seen; [Documents.Learn] shows it a document.
type Documents struct {
	declared map[string]event.Type
	seen     map[string]event.Type // never TypeDynamic
	names    []string              // of both, without objects and nested fields
	name     []byte                // of the value in hand
}

// NewDocuments returns a mapping with declared types, which it keeps.
func NewDocuments(declared map[string]event.Type) *Documents {
	d := &Documents{declared: declared, seen: map[string]event.Type{}}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		d.add(name, declared[name])
	}
	return d
}

// Learn takes in the fields of a document and reports whether there were new ones:
// a program has to be compiled again then. Programs do not keep the mapping.
func (d *Documents) Learn(document msgpack.Value) (changed bool) {
	before := len(d.seen)
	d.name = d.name[:0]
	d.learn(document, maxDepth)
	return len(d.seen) > before
}

// maxDepth bounds how deep documents are looked into.
const maxDepth = 64

// learn takes in the value under the name in hand.
func (d *Documents) learn(v msgpack.Value, depth int) {
	if depth == 0 {
		return
	}
	switch v.Kind() {
	case msgpack.Map:
		d.learnMembers(v, depth)
	case msgpack.Array:
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return
			}
			d.learn(element, depth-1)
		}
	case msgpack.Str, msgpack.Bin:
		d.see(event.TypeKeyword)
	case msgpack.Bool:
		d.see(event.TypeBoolean)
	case msgpack.Int, msgpack.Uint:
		d.see(event.TypeLong)
	case msgpack.Float:
		d.see(event.TypeDouble)
	}
}

func (d *Documents) learnMembers(v msgpack.Value, depth int) {
	before := len(d.name)
	if before > 0 {
		if d.declared[string(d.name)] == event.TypeFlattened {
			return // its leaves need no mapping
		}
		d.see(event.TypeObject)
		d.name = append(d.name, '.')
	}
	start := len(d.name)
	for pairs := v.Members(); ; {
		key, value, ok := pairs.Next()
		if !ok {
			break
		}
		d.name = append(d.name[:start], key.Bytes()...)
		d.learn(value, depth-1)
	}
	d.name = d.name[:before]
}

// see notes the type of the name in hand, unless it has one.
func (d *Documents) see(t event.Type) {
	if _, known := d.seen[string(d.name)]; known {
		return
	}
	if _, declared := d.declared[string(d.name)]; declared {
		return
	}
	name := string(d.name)
	if d.belowFlattened(name) {
		return
	}
	d.seen[name] = t
	d.add(name, t)
}

// add takes in a name that is new, and the objects that it is in: {"a.b": 1} has
// an object a as well.
func (d *Documents) add(name string, t event.Type) {
	if t != event.TypeObject && t != event.TypeNested {
		d.names = append(d.names, name)
	}
	prefixes(name, func(object string) bool {
		if _, known := d.seen[object]; known {
			return true
		}
		if _, declared := d.declared[object]; !declared {
			d.seen[object] = event.TypeObject
		}
		return false
	})
}

func (d *Documents) belowFlattened(name string) bool {
	return prefixes(name, func(prefix string) bool { return d.declared[prefix] == event.TypeFlattened })
}

// Field returns the field with its type. What is in a flattened field is a leaf
// of it.
func (d *Documents) Field(name string) *event.Field {
	t, ok := d.declared[name]
	switch {
	case ok:
	case d.belowFlattened(name):
		t = event.TypeFlattened
	default:
		t = d.seen[name]
	}
	return event.DocumentField(name, t)
}

// Names returns the fields that were declared, and those that documents had.
func (d *Documents) Names() []string { return d.names }

// Closed returns true: a field that was not seen has no value.
func (d *Documents) Closed() bool { return true }
