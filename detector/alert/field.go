package alert

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
)

// slot is the number of a field whose value is different from alert to alert.
type slot int

// Fields that begin like this are known to one format only.
const (
	kibanaOnly = "kibana."
	ocsfOnly   = "ocsf."
)

// own are the fields that are the alert's own, by their names in ECS form. The
// others are taken over from the ECS view of the event.
var own = []string{
	"@timestamp", "alert_id",
	"event.start", "event.end", "event.created", "event.reason",
	"cloud.target.instance.id",
	"related.user", "related.ip", "related.hash",

	"fluent_detect.input.tag", "fluent_detect.shape", "fluent_detect.integrity",
	"fluent_detect.key.type", "fluent_detect.key.fingerprint", "fluent_detect.key.expires",
	"fluent_detect.latency_ms", "fluent_detect.duplicate_count",

	"fluent_detect.summary.kind", "fluent_detect.summary.by", "fluent_detect.summary.count",
	"fluent_detect.summary.first", "fluent_detect.summary.last",
	"fluent_detect.summary.interval.begin", "fluent_detect.summary.interval.end",
	"fluent_detect.summary.instances", "fluent_detect.summary.keys", "fluent_detect.summary.users",
	"fluent_detect.summary.more",

	"kibana.alert.reason",
	"ocsf.actor", "ocsf.observables", "ocsf.resources",
}

// constant are the fields of the ECS view that are the same in each alert: they
// say what the alert is, not what the event was.
var constant = []string{"event.dataset", "event.kind", "event.module", "data_stream.dataset", "data_stream.type"}

// copied are the fields that are taken over from the event.
var copied = func() (fields []copiedField) {
	for _, name := range cloudtrail.TableNames() {
		if !slices.Contains(own, name) && !slices.Contains(constant, name) {
			f := copiedField{cloudtrail.FieldNamed(name), slot(len(own) + len(fields)), maxText}
			if name == "user_agent.original" {
				f.most = maxUserAgent
			}
			fields = append(fields, f)
		}
	}
	return fields
}()

type copiedField struct {
	*cloudtrail.Field
	slot slot
	most int // bytes of a text
}

// slots has the slot of each field.
var slots = func() map[string]slot {
	m := map[string]slot{}
	for i, name := range own {
		m[name] = slot(i)
	}
	for _, f := range copied {
		m[f.Name] = f.slot
	}
	return m
}()

// slotOf returns the slot of a field that there is.
func slotOf(name string) slot {
	s, ok := slots[name]
	if !ok {
		panic("alert: no field " + name)
	}
	return s
}
