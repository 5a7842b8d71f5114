package program

import (
	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// exists returns the matcher of "field: *".
func exists(f *cloudtrail.Field) matcher {
	switch f.Type {
	case cloudtrail.TypeObject, cloudtrail.TypeDynamic:
		return anything{}
	case cloudtrail.TypeNested:
		return never{}
	}
	return scalar{}
}

// scalar matches any value but an object.
type scalar struct{}

func (scalar) match(v record.Value) bool { return v.Kind() != record.Map }

// anything matches any value, an object if something is in it.
type anything struct{}

func (anything) match(v record.Value) bool {
	return v.Kind() != record.Map || hasLeaf(v, maxLearnDepth)
}

// hasLeaf says whether there is anything in a value that is no null.
func hasLeaf(v record.Value, depth int) bool {
	if depth == 0 {
		return false
	}
	switch v.Kind() {
	case record.Nil, record.Invalid:
		return false
	case record.Map:
		for m := v.Members(); ; {
			_, value, ok := m.Next()
			if !ok {
				return false
			}
			if hasLeaf(value, depth-1) {
				return true
			}
		}
	case record.Array:
		for e := v.Elements(); ; {
			element, ok := e.Next()
			if !ok {
				return false
			}
			if hasLeaf(element, depth-1) {
				return true
			}
		}
	}
	return true
}

// never matches nothing.
type never struct{}

func (never) match(record.Value) bool { return false }
