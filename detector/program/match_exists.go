package program

import (
	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// exists returns the matcher of "field: *".
func exists(t target) matcher {
	switch t.typ {
	case cloudtrail.TypeObject, cloudtrail.TypeDynamic:
		return anything{}
	case cloudtrail.TypeNested:
		return never{}
	}
	return t.leaves(scalar{})
}

// scalar matches any value but an object.
type scalar struct{}

func (scalar) match(v record.Value) bool { return v.Kind() != record.Map }

// anything matches any value, an object if something is in it.
type anything struct{}

func (anything) match(v record.Value) bool { return leaves{scalar{}}.match(v) }

// never matches nothing.
type never struct{}

func (never) match(record.Value) bool { return false }
