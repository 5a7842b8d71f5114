// Package source lists the sources of events that are built in.
package source

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/fluent-detect/fluent-detect/detector/enrich"
	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/source/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/source/ecs"
	"github.com/fluent-detect/fluent-detect/detector/source/kubernetes"
)

// Schema returns the schema of all sources that are built in.
var Schema = sync.OnceValue(func() *event.Schema { return newSchema(nil, nil) })

// NewSchema returns the schema of all sources that are built in, with the databases that
// addresses are looked up in, nil for none, and the names under which shippers add fields
// to records. It is an error if events have one of these by themselves.
func NewSchema(databases *geo.Databases, added event.AddedFields) (*event.Schema, error) {
	for _, field := range slices.Sorted(maps.Keys(added)) {
		if from, own := cloudtrail.Gives(field); own {
			return nil, fmt.Errorf("%s is not a field that can be added: events have it, %s", field, from)
		}
	}
	if databases == nil && len(added) == 0 {
		return Schema(), nil
	}
	return newSchema(databases, added), nil
}

func newSchema(databases *geo.Databases, added event.AddedFields) *event.Schema {
	fields := enrich.Fields(databases, added)
	return added.NewSchema(with(cloudtrail.Source, fields), with(kubernetes.Source, fields), with(ecs.Source, fields))
}

// with returns the source with more fields in its table.
func with(s *event.Source, fields []event.Definition) *event.Source {
	more := *s
	more.Fields = slices.Concat(s.Fields, fields)
	return &more
}
