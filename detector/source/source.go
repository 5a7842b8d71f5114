// Package source lists the sources of events that are built in.
package source

import (
	"sync"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/source/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/source/ecs"
	"github.com/fluent-detect/fluent-detect/detector/source/kubernetes"
)

// Schema returns the schema of all sources that are built in.
var Schema = sync.OnceValue(func() *event.Schema { return event.NewSchema(cloudtrail.Source, kubernetes.Source, ecs.Source) })
