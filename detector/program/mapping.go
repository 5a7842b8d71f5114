package program

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// Mapping tells of which type a field is.
type Mapping interface {
	// Field returns the field of that name; one of [cloudtrail.TypeDynamic]
	// when the mapping does not know it.
	Field(name string) *cloudtrail.Field
	// Names returns the names of the fields it knows, for wildcards in names.
	Names() []string
}

// ECS is the mapping of the ECS view of CloudTrail.
type ECS struct{}

// Field returns the field of the view.
func (ECS) Field(name string) *cloudtrail.Field { return cloudtrail.FieldNamed(name) }

// Names returns the names of the view's table.
func (ECS) Names() []string { return cloudtrail.TableNames() }

// Documents is the mapping of plain JSON documents: types that were declared,
// and for all other fields what Elasticsearch's dynamic mapping would make of
// the first document that has them (a text is a keyword).
type Documents struct {
	declared map[string]cloudtrail.Type
	seen     map[string]cloudtrail.Type
	names    []string // of seen, in the order in which they came
}

// NewDocuments returns a mapping with declared types, which it keeps.
func NewDocuments(declared map[string]cloudtrail.Type) *Documents {
	return &Documents{declared: declared, seen: map[string]cloudtrail.Type{}}
}

// Learn takes in the fields of a document and says whether there were new ones:
// a query has to be compiled again then.
func (d *Documents) Learn(v record.Value) (changed bool) {
	n := len(d.seen)
	d.learn("", v, maxLearnDepth)
	return len(d.seen) > n
}

const maxLearnDepth = 64

func (d *Documents) learn(name string, v record.Value, depth int) {
	if depth == 0 {
		return
	}
	var t cloudtrail.Type
	switch v.Kind() {
	case record.Map:
		if name != "" {
			d.see(name, cloudtrail.TypeObject)
			name += "."
		}
		for m := v.Members(); ; {
			key, value, ok := m.Next()
			if !ok {
				return
			}
			d.learn(name+string(key.Bytes()), value, depth-1)
		}
	case record.Array:
		for e := v.Elements(); ; {
			element, ok := e.Next()
			if !ok {
				return
			}
			d.learn(name, element, depth-1)
		}
	case record.Str, record.Bin:
		t = cloudtrail.TypeKeyword
	case record.Bool:
		t = cloudtrail.TypeBoolean
	case record.Int, record.Uint:
		t = cloudtrail.TypeLong
	case record.Float:
		t = cloudtrail.TypeDouble
	default:
		return
	}
	d.see(name, t)
}

func (d *Documents) see(name string, t cloudtrail.Type) {
	if _, known := d.seen[name]; !known {
		d.seen[name] = t
		d.names = append(d.names, name)
	}
}

// Field returns the field with its type. Below a flattened field there are its
// leaves; what is below a nested one cannot be reached by its name.
func (d *Documents) Field(name string) *cloudtrail.Field {
	if t, ok := d.declared[name]; ok {
		return cloudtrail.DocumentField(name, t, true)
	}
	for i := len(name) - 1; i > 0; i-- {
		if name[i] != '.' {
			continue
		}
		switch d.declared[name[:i]] {
		case cloudtrail.TypeFlattened:
			return cloudtrail.DocumentField(name, cloudtrail.TypeFlattened, false)
		case cloudtrail.TypeNested:
			return cloudtrail.DocumentField(name, cloudtrail.TypeNested, false)
		}
	}
	return cloudtrail.DocumentField(name, d.seen[name], false)
}

// Names returns the fields that documents had, but not objects.
func (d *Documents) Names() []string {
	var names []string
	for _, name := range d.names {
		if d.seen[name] != cloudtrail.TypeObject {
			names = append(names, name)
		}
	}
	return names
}

// below is the mapping within a nested object: names are relative to it.
type below struct {
	Mapping
	path string
}

func (b below) Field(name string) *cloudtrail.Field {
	if d, ok := b.Mapping.(*Documents); ok {
		t, declared := d.declared[b.path+"."+name]
		if !declared {
			t = d.seen[b.path+"."+name]
		}
		return cloudtrail.DocumentField(name, t, declared)
	}
	return cloudtrail.DocumentField(name, cloudtrail.TypeDynamic, false)
}

func (b below) Names() []string {
	var names []string
	for _, name := range b.Mapping.Names() {
		if inner, ok := strings.CutPrefix(name, b.path+"."); ok {
			names = append(names, inner)
		}
	}
	return names
}
