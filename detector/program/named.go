package program

import (
	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/kql"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// named tests the fields that a name with wildcards means: those of the mapping,
// and in documents all others that fit.
type named struct {
	name    pattern
	known   []namedField
	unknown matcher // of fields that the mapping does not know, nil for none
	isKnown map[string]bool
}

type namedField struct {
	field *cloudtrail.Field
	match matcher
}

// named compiles the condition for each field that fits. A field whose type
// refuses the value is left out: the wildcard did not ask for it.
func (c *compiler) named(parts []string, matcherFor func(*cloudtrail.Field) (matcher, error)) *named {
	n := &named{name: newPattern(parts), isKnown: map[string]bool{}}
	for _, name := range c.mapping.Names() {
		if !n.name.fits([]byte(name)) {
			continue
		}
		n.isKnown[name] = true
		field := c.mapping.Field(name)
		if m, err := matcherFor(field); err == nil {
			n.known = append(n.known, namedField{field, m})
		}
	}
	if m, err := matcherFor(cloudtrail.DocumentField("", cloudtrail.TypeDynamic, false)); err == nil {
		n.unknown = m
	}
	return n
}

// anywhere compiles a value without a field: whether any field has it. Kibana asks
// leniently: a field whose type refuses the value does not have it.
func (c *compiler) anywhere(v kql.Value) *named {
	return c.named([]string{"", ""}, func(f *cloudtrail.Field) (matcher, error) { return c.equals(f, v) })
}

func (n *named) test(e *cloudtrail.Event) bool {
	for i := range n.known {
		f := &n.known[i]
		for _, v := range e.Values(f.field) {
			if f.match.match(v) {
				return true
			}
		}
	}
	if n.unknown == nil || e.Shape() != cloudtrail.ECS {
		return false
	}
	return eachLeaf(nil, e.Document(), maxLearnDepth, func(name []byte, v record.Value) bool {
		return n.name.fits(name) && !n.isKnown[string(name)] && n.unknown.match(v)
	})
}

func (n *named) fields() []*cloudtrail.Field {
	fields := make([]*cloudtrail.Field, len(n.known))
	for i, f := range n.known {
		fields[i] = f.field
	}
	return fields
}

// eachLeaf calls visit for the values of a document that are no objects, with
// their dotted names, until one call returns true; it says whether one did.
func eachLeaf(name []byte, v record.Value, depth int, visit func(name []byte, v record.Value) bool) bool {
	if depth == 0 {
		return false
	}
	switch v.Kind() {
	case record.Nil, record.Invalid:
		return false
	case record.Map:
		if len(name) > 0 {
			name = append(name, '.')
		}
		for m := v.Members(); ; {
			key, value, ok := m.Next()
			if !ok {
				return false
			}
			if eachLeaf(append(name, key.Bytes()...), value, depth-1, visit) {
				return true
			}
		}
	case record.Array:
		for e := v.Elements(); ; {
			element, ok := e.Next()
			if !ok {
				return false
			}
			if eachLeaf(name, element, depth-1, visit) {
				return true
			}
		}
	}
	return visit(name, v)
}
