package ecs

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// The fields that a document without an action and a provider is told by.
var (
	eventKinds = event.DocumentField("event.kind", event.TypeKeyword)
	datasets   = event.DocumentField("event.dataset", event.TypeKeyword)
	streams    = event.DocumentField("data_stream.dataset", event.TypeKeyword)
)

// ours is what the data sets of a detector's own records begin with, such as heartbeats.
const ours = "fluent_detect."

// isMapped reports whether a record has a data set and a kind.
func isMapped(e *event.Event) bool {
	if has := e.Members(); !has.Has(nested) && !has.Has(kind) || len(e.Values(eventKinds)) == 0 {
		return false
	}
	name := e.First(streams).Bytes()
	if len(name) == 0 {
		name = e.First(datasets).Bytes()
	}
	return len(name) > 0 && !bytes.HasPrefix(name, []byte(ours))
}
