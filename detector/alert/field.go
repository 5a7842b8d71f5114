package alert

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
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

// copied are the fields that are taken over from the event; their slots follow
// those of the others. asked is the same, to ask the event for all of them.
var (
	copied = copiedFields()
	asked  = func() *event.Fields {
		fields := make([]*event.Field, len(copied))
		for i, f := range copied {
			fields[i] = f.Field
		}
		return event.NewFields(fields)
	}()
	// objects are taken over as they are.
	objects = func() []objectField {
		var fields []objectField
		for _, name := range event.TableNames() {
			if f := event.FieldNamed(name); f.Type == event.TypeFlattened {
				fields = append(fields, objectField{f, slot(len(own) + len(copied) + len(fields))})
			}
		}
		return fields
	}()
)

type copiedField struct {
	*event.Field
	slot slot
	most int // bytes of a text
}

type objectField struct {
	*event.Field
	slot slot
}

func copiedFields() (fields []copiedField) {
	for _, name := range event.TableNames() {
		f := copiedField{event.FieldNamed(name), slot(len(own) + len(fields)), maxText}
		if f.Type == event.TypeFlattened || slices.Contains(own, name) || slices.Contains(constant, name) {
			continue
		}
		if name == "user_agent.original" {
			f.most = maxUserAgent
		}
		fields = append(fields, f)
	}
	return fields
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
	for _, f := range objects {
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

// Slots of the fields that this package sets or reads by itself.
var (
	slotTimestamp                 = slotOf("@timestamp")
	slotResourceARN               = slotOf("aws.cloudtrail.resources.arn")
	slotResourceType              = slotOf("aws.cloudtrail.resources.type")
	slotAlertID                   = slotOf("alert_id")
	slotAwsCloudtrailErrorCode    = slotOf("aws.cloudtrail.error_code")
	slotAwsCloudtrailErrorMessage = slotOf("aws.cloudtrail.error_message")
	slotCloudRegion               = slotOf("cloud.region")
	slotCloudServiceName          = slotOf("cloud.service.name")
	slotCloudTargetInstanceID     = slotOf("cloud.target.instance.id")
	slotEventAction               = slotOf("event.action")
	slotEventCreated              = slotOf("event.created")
	slotEventEnd                  = slotOf("event.end")
	slotEventOutcome              = slotOf("event.outcome")
	slotEventReason               = slotOf("event.reason")
	slotEventStart                = slotOf("event.start")
	slotDuplicateCount            = slotOf("fluent_detect.duplicate_count")
	slotInputTag                  = slotOf("fluent_detect.input.tag")
	slotIntegrity                 = slotOf("fluent_detect.integrity")
	slotKeyExpires                = slotOf("fluent_detect.key.expires")
	slotKeyFingerprint            = slotOf("fluent_detect.key.fingerprint")
	slotKeyType                   = slotOf("fluent_detect.key.type")
	slotLatencyMS                 = slotOf("fluent_detect.latency_ms")
	slotShape                     = slotOf("fluent_detect.shape")
	slotSummaryBy                 = slotOf("fluent_detect.summary.by")
	slotSummaryCount              = slotOf("fluent_detect.summary.count")
	slotSummaryFirst              = slotOf("fluent_detect.summary.first")
	slotSummaryInstances          = slotOf("fluent_detect.summary.instances")
	slotSummaryIntervalBegin      = slotOf("fluent_detect.summary.interval.begin")
	slotSummaryIntervalEnd        = slotOf("fluent_detect.summary.interval.end")
	slotSummaryKeys               = slotOf("fluent_detect.summary.keys")
	slotSummaryKind               = slotOf("fluent_detect.summary.kind")
	slotSummaryLast               = slotOf("fluent_detect.summary.last")
	slotSummaryMore               = slotOf("fluent_detect.summary.more")
	slotSummaryUsers              = slotOf("fluent_detect.summary.users")
	slotKibanaAlertReason         = slotOf("kibana.alert.reason")
	slotOCSFActor                 = slotOf("ocsf.actor")
	slotOCSFObservables           = slotOf("ocsf.observables")
	slotOCSFResources             = slotOf("ocsf.resources")
	slotRelatedHash               = slotOf("related.hash")
	slotRelatedIP                 = slotOf("related.ip")
	slotRelatedUser               = slotOf("related.user")
	slotSourceAddress             = slotOf("source.address")
	slotSourceIP                  = slotOf("source.ip")
	slotUserID                    = slotOf("user.id")
	slotUserName                  = slotOf("user.name")
	slotUserTargetName            = slotOf("user.target.name")
)
