package match

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// exists returns the matcher of "field: *".
func exists(t target) matcher {
	switch t.typ {
	case event.TypeObject, event.TypeDynamic:
		return anything{}
	case event.TypeNested:
		return never{}
	}
	return t.leaves(scalar{})
}

// scalar matches any value but an object.
type scalar struct{}

func (scalar) match(v msgpack.Value) bool { return v.Kind() != msgpack.Map }

// anything matches any value, an object if something is in it.
type anything struct{}

func (anything) match(v msgpack.Value) bool { return leaves{scalar{}}.match(v) }

// never matches nothing.
type never struct{}

func (never) match(msgpack.Value) bool { return false }
