package match

import (
	"fmt"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// target is a field that a condition tests.
type target struct {
	field *event.Field // by its full name
	path  string       // relative to the nested object, for a condition on one
	typ   event.Type
	// root means a flattened field as a whole: each of its leaves is a value.
	root bool
	// pattern is the pattern in the query that the name of the field fits, if any.
	pattern string
}

// target returns the field of that full name.
func (c *compiler) target(name string) target {
	f := c.mapping.Field(name)
	t := target{field: f, typ: f.Type, path: name}
	if c.nested != "" {
		t.path = strings.TrimPrefix(name, c.nested+".")
	}
	inFlattened := false
	for parent := range parents(name) {
		inFlattened = inFlattened || c.mapping.Field(parent).Type == event.TypeFlattened
	}
	if inFlattened && f.Type == event.TypeDynamic {
		t.typ = event.TypeFlattened
	}
	t.root = t.typ == event.TypeFlattened && !inFlattened
	return t
}

// fullName returns the full name of a field that the query names relative to a
// nested field.
func (c *compiler) fullName(name string) string {
	if c.nested == "" {
		return name
	}
	return c.nested + "." + name
}

// describe returns the name of the field for messages.
func (t target) describe() string {
	if t.pattern != "" {
		return fmt.Sprintf("%s (which %s includes)", t.field.Name, t.pattern)
	}
	return t.field.Name
}

// overLeaves returns a matcher for all leaves if the field is a flattened one as a
// whole, else m.
func (t target) overLeaves(m matcher) matcher {
	if t.root {
		return anyLeaf{m}
	}
	return m
}
