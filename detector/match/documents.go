package match

import (
	"maps"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Documents is the mapping of plain JSON documents. A field whose type was not
// declared has the type that Elasticsearch's dynamic mapping would give it for the
// first document that has it, with texts as keywords. [Documents.Learn] adds the
// fields of a document.
type Documents struct {
	declared map[string]event.Type
	learned  map[string]event.Type // never TypeDynamic
	names    []string              // of both, without objects and nested fields
	name     []byte                // of the value that is being learned
}

// NewDocuments returns a mapping with the declared types. It keeps the map.
func NewDocuments(declared map[string]event.Type) *Documents {
	d := &Documents{declared: declared, learned: map[string]event.Type{}}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		d.add(name, declared[name])
	}
	return d
}

// Learn adds the fields of a document and reports whether there were new ones. If so,
// programs have to be compiled again, as they do not keep the mapping.
func (d *Documents) Learn(document msgpack.Value) (changed bool) {
	before := len(d.learned)
	d.name = d.name[:0]
	d.learn(document, maxDepth)
	return len(d.learned) > before
}

// maxDepth is the maximum depth of values in documents. Deeper ones are ignored.
const maxDepth = 64

// learn adds the fields of a value, whose name is d.name.
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
		d.learnType(event.TypeKeyword)
	case msgpack.Bool:
		d.learnType(event.TypeBoolean)
	case msgpack.Int, msgpack.Uint:
		d.learnType(event.TypeLong)
	case msgpack.Float:
		d.learnType(event.TypeDouble)
	}
}

func (d *Documents) learnMembers(v msgpack.Value, depth int) {
	before := len(d.name)
	if before > 0 {
		if d.declared[string(d.name)] == event.TypeFlattened {
			return // its leaves need no mapping
		}
		d.learnType(event.TypeObject)
		d.name = append(d.name, '.')
	}
	start := len(d.name)
	for members := v.Members(); ; {
		key, value, ok := members.Next()
		if !ok {
			break
		}
		d.name = append(d.name[:start], key.Bytes()...)
		d.learn(value, depth-1)
	}
	d.name = d.name[:before]
}

// learnType sets the type of d.name, unless it has one.
func (d *Documents) learnType(t event.Type) {
	if _, known := d.learned[string(d.name)]; known {
		return
	}
	if _, declared := d.declared[string(d.name)]; declared {
		return
	}
	name := string(d.name)
	if d.inFlattened(name) {
		return
	}
	d.learned[name] = t
	d.add(name, t)
}

// add adds a new name, and the objects that it is in: {"a.b": 1} has an object a.
func (d *Documents) add(name string, t event.Type) {
	if t != event.TypeObject && t != event.TypeNested {
		d.names = append(d.names, name)
	}
	for object := range parents(name) {
		if _, ok := d.learned[object]; ok {
			return
		}
		if _, ok := d.declared[object]; !ok {
			d.learned[object] = event.TypeObject
		}
	}
}

// inFlattened reports whether the field is in one that was declared flattened.
func (d *Documents) inFlattened(name string) bool {
	for parent := range parents(name) {
		if d.declared[parent] == event.TypeFlattened {
			return true
		}
	}
	return false
}

// Field returns the field with its type. A field in a flattened one is flattened
// too.
func (d *Documents) Field(name string) *event.Field {
	t, ok := d.declared[name]
	switch {
	case ok:
	case d.inFlattened(name):
		t = event.TypeFlattened
	default:
		t = d.learned[name]
	}
	return event.DocumentField(name, t)
}

// Names returns the names of the declared fields and of those in documents.
func (d *Documents) Names() []string { return d.names }

// Closed returns true, as a field that was not learned has no value.
func (d *Documents) Closed() bool { return true }
