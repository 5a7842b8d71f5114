package alert

import (
	"fmt"
	"math"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// Notice is a record about the detector itself: a heartbeat or an error. It goes where
// alerts go but is not an alert: event.kind is never alert.
type Notice struct {
	Dataset string // event.dataset and data_stream.dataset; begins with "fluent_detect."
	Kind    string // event.kind
	Stream  string // data_stream.type
	Type    string // event.type
	Message string
	Time    time.Time
	Fields  []Field // the rest, by dotted names
}

// Field is a field of a notice. The value is a string, bool, int, int64, uint64,
// float64, time.Time, []string, List or [][]Field, a list of objects. Texts that are
// empty, and times that are zero, are left out.
type Field struct {
	Name  string
	Value any
}

// List is a value of a Field that is not left out when it is empty.
type List []string

// Append appends the notice to dst as a msgpack map. Two fields of the same name
// are an error of the caller, and panic.
func (n *Notice) Append(dst []byte, o Observer) []byte {
	c := constants{}
	c.set("@timestamp", timeText(n.Time))
	c.set("ecs.version", ecsVersion)
	c.set("message", n.Message)
	c.set("data_stream.type", n.Stream)
	c.set("data_stream.dataset", n.Dataset)
	c.set("data_stream.namespace", "default")
	c.set("event.kind", n.Kind)
	c.set("event.type", []string{n.Type})
	c.set("event.module", "fluent_detect")
	c.set("event.dataset", n.Dataset)
	c.set("observer.vendor", vendor)
	c.set("observer.product", vendor)
	c.set("observer.type", "detector")
	c.set("observer.version", o.Version)
	c.set("observer.hostname", o.Hostname)
	c.set("fluent_detect.schema", schemaVersion)
	for _, f := range n.Fields {
		if list, ok := f.Value.(List); ok {
			c.keep(f.Name, []string(list))
			continue
		}
		c.set(f.Name, plain(f.Value))
	}
	leaves := make([]leaf, len(c.list))
	for i, f := range c.list {
		leaves[i] = leaf{path: f.name, encoded: f.encoded}
	}
	var w writer
	return w.document(dst, layOut(leaves), nil, &slotSet{})
}

// plain returns the value as a constant can have it.
func plain(v any) any {
	switch v := v.(type) {
	case string, bool, int, float64, []string:
		return v
	case int64:
		return int(v)
	case uint64:
		return int(min(v, math.MaxInt64))
	case time.Time:
		return timeText(v)
	case [][]Field:
		list := make([]tree, len(v))
		for i, fields := range v {
			for _, f := range fields {
				list[i] = append(list[i], branch{f.Name, plain(f.Value)})
			}
		}
		return list
	}
	panic(fmt.Sprintf("alert: a notice cannot have a %T", v))
}

// timeText returns a time as documents have it, "" for one that they cannot have.
func timeText(t time.Time) string {
	if t.IsZero() || !event.InRange(t) {
		return ""
	}
	return string(appendTime(nil, t.UnixMilli()))
}
