package match

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// newExists returns the matcher of values that make the field exist.
func newExists(t target) matcher {
	switch t.typ {
	case event.TypeAny:
		return present{}
	case event.TypeObject, event.TypeDynamic, event.TypeGeoPoint:
		return nonEmpty{}
	case event.TypeNested:
		return never{}
	}
	return t.overLeaves(scalar{})
}

// scalar matches any value but an object.
type scalar struct{}

func (scalar) match(v msgpack.Value) bool { return v.Kind() != msgpack.Map }

// nonEmpty matches any value but an object without values in it.
type nonEmpty struct{}

func (nonEmpty) match(v msgpack.Value) bool { return anyLeaf{scalar{}}.match(v) }

// never matches nothing.
type never struct{}

func (never) match(msgpack.Value) bool { return false }
