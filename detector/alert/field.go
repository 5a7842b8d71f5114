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

// fixed are the fields that this package sets or reads by itself, by their names
// in ECS form.
var fixed = []string{
	"@timestamp", "alert_id",
	"event.start", "event.end", "event.created", "event.reason",
	"cloud.target.instance.id",
	"related.user", "related.ip", "related.hash",

	"fluent_detect.input.tag", "fluent_detect.shape", "fluent_detect.integrity",
	"fluent_detect.latency_ms", "fluent_detect.duplicate_count", "fluent_detect.event.sha256",
	"fluent_detect.truncated_fields", "fluent_detect.evidence", "fluent_detect.rule.selections", "fluent_detect.rule.fields",

	"fluent_detect.summary.kind", "fluent_detect.summary.by", "fluent_detect.summary.count",
	"fluent_detect.summary.first", "fluent_detect.summary.last",
	"fluent_detect.summary.interval.begin", "fluent_detect.summary.interval.end",
	"fluent_detect.summary.more",

	"fluent_detect.memory.kind", "fluent_detect.memory.sha256", "fluent_detect.memory.terms", "fluent_detect.memory.previous",
	"fluent_detect.memory.since", "fluent_detect.memory.group", "fluent_detect.memory.count", "fluent_detect.memory.cardinality",
	"fluent_detect.memory.from", "fluent_detect.memory.to", "fluent_detect.memory.event_ids", "fluent_detect.memory.steps",
	"fluent_detect.memory.correlation", "fluent_detect.memory.rules", "fluent_detect.memory.value",
	"fluent_detect.columns", "Esql", "Esql_priv",

	"fluent_detect.context.actor.id", "fluent_detect.context.actor.first_seen", "fluent_detect.context.actor.events", "fluent_detect.context.actor.assumed_by",
	"fluent_detect.context.action.first_seen", "fluent_detect.context.action.last_seen", "fluent_detect.context.action.count", "fluent_detect.context.action.actors",
	"fluent_detect.context.new", "fluent_detect.context.address.actors", "fluent_detect.context.time.usual", "fluent_detect.context.time.calendar",
	"fluent_detect.context.before.events", "fluent_detect.context.before.failures", "fluent_detect.context.before.actions", "fluent_detect.context.before.notable", "fluent_detect.context.before.others",
	"fluent_detect.context.key.instances", "fluent_detect.context.state", "fluent_detect.context.since", "fluent_detect.context.summary",

	"kibana.alert.new_terms", "kibana.alert.threshold_result.terms", "kibana.alert.threshold_result.cardinality",
	"kibana.alert.threshold_result.count", "kibana.alert.threshold_result.from", "kibana.alert.original_time",
	"kibana.alert.group.id", "kibana.alert.group.index",
	"kibana.alert.reason", "kibana.alert.original_event.dataset", "kibana.alert.original_event.module",
	"ocsf.actor", "ocsf.observables", "ocsf.resources", "ocsf.cloud", "ocsf.data_sources", "ocsf.profiles",

	// Of the event, where their places in a finding would not be valid:
	ocsfSpare + "event.provider", ocsfSpare + "aws.cloudtrail.api_version", ocsfSpare + "aws.cloudtrail.request_id",
	ocsfSpare + requestParameters, ocsfSpare + "aws.cloudtrail.flattened.response_elements",
	ocsfSpare + "aws.cloudtrail.error_code", ocsfSpare + "aws.cloudtrail.error_message",
	ocsfSpare + userIdentity + "type", ocsfSpare + userIdentity + "arn",
	ocsfSpare + sourceGeo + "city_name", ocsfSpare + sourceGeo + "country_iso_code", ocsfSpare + sourceGeo + "region_iso_code",
	ocsfSpare + sourceGeo + "continent_name", ocsfSpare + sourceGeo + "location",
	ocsfSpare + "source.as.number", ocsfSpare + "source.as.organization.name",
	ocsfSpare + "user_agent.original", ocsfSpare + "tls.version", ocsfSpare + "tls.cipher", ocsfSpare + "tls.client.server_name",

	// Of the event:
	"cloud.region", "cloud.service.name", "event.action", "event.id", "event.outcome", "source.address", "source.ip",
	"user.id", "user.name", "user.target.name", "user_agent.original",
	userIdentity + "access_key_id", "aws.cloudtrail.resources.arn", "aws.cloudtrail.resources.type",
	"cloud.provider", "cloud.account.id", "event.provider", "user.target.id",
	userIdentity + "type", userIdentity + "arn", userIdentity + "invoked_by",
	"aws.cloudtrail.api_version", "aws.cloudtrail.request_id", "aws.cloudtrail.error_code", "aws.cloudtrail.error_message",
	requestParameters, "aws.cloudtrail.flattened.response_elements",
	"tls.version", "tls.cipher", "tls.client.server_name",
	sourceGeo + "city_name", sourceGeo + "country_iso_code", sourceGeo + "region_iso_code", sourceGeo + "continent_name",
	sourceGeo + "location", "source.as.number", "source.as.organization.name",
}

// notCopied are the fields of an event that an alert has for itself, and those
// that are the same in each alert: they say what the alert is, not what the
// event was.
var notCopied = []string{"@timestamp", "event.dataset", "event.kind", "event.module", "data_stream.dataset", "data_stream.type"}

// Fields are the fields that alerts about the events of a schema can have. It
// never changes and may be shared.
type Fields struct {
	schema  *event.Schema
	module  *event.Field // event.module
	slots   map[string]slot
	names   []string      // of the fields, by slot
	objects []objectField // taken over as they are
	sources map[*event.Source]*sourceFields
	briefly map[*event.Source]*sourceFields // of FormatBrief
	// summarized are the attributes that summaries list, of all sources.
	summarized []summarized
}

// summarized is an attribute in a summary.
type summarized struct {
	name  string
	count slot // of its values
	list  slot // with the values, or -1
}

// sourceFields is what alerts have to know of a source.
type sourceFields struct {
	attributes []event.Attribute
	lists      []slot         // of each attribute: where its values are listed, or -1
	object     []*event.Field // one of which has what an event is about, the first that is there
	objectSet  *event.FieldSet
	failure    []slot

	// What is taken over from the event: known are fields whose values the subject
	// has, and copied the others.
	known  []knownField
	copied []copiedField
	set    *event.FieldSet // of copied

	objects []objectField // that are taken over as they are
}

type knownField struct {
	copiedField
	at int // in event.Subject.Known
}

type copiedField struct {
	*event.Field
	slot   slot
	max    int  // bytes of a text
	isText bool // texts are taken as they are
}

type objectField struct {
	*event.Field
	slot slot
}

// NewFields returns the fields of alerts about the events of the schema.
func NewFields(s *event.Schema) *Fields {
	f := &Fields{schema: s, module: s.Field("event.module"), slots: map[string]slot{}, sources: map[*event.Source]*sourceFields{}, briefly: map[*event.Source]*sourceFields{}}
	for _, name := range fixed {
		f.add(name)
	}
	var copied []copiedField
	for _, name := range s.Names() {
		field := s.Field(name)
		switch {
		case field.RulesOnly:
		case field.Type == event.TypeFlattened:
			f.objects = append(f.objects, objectField{field, f.add(name)})
		case !slices.Contains(notCopied, name):
			c := copiedField{field, f.add(name), maxText, isTextType(field.Type)}
			if name == "user_agent.original" {
				c.max = maxUserAgent
			}
			copied = append(copied, c)
		}
	}
	for _, source := range s.Sources() {
		for _, name := range source.AlertFields {
			f.add(name)
		}
		for _, name := range source.Blocks {
			f.objects = append(f.objects, objectField{s.Field(name), f.add(name)})
		}
		f.sources[source] = f.ofSource(source, copied)
		f.briefly[source] = f.brief(f.sources[source])
	}
	for _, of := range f.sources {
		of.objects = f.objects
	}
	return f
}

// isTextType reports whether a field of that type takes every text.
func isTextType(t event.Type) bool {
	return t != event.TypeBoolean && t != event.TypeDate && t != event.TypeIP && t != event.TypeLong && t != event.TypeGeoPoint
}

func (f *Fields) ofSource(source *event.Source, copied []copiedField) *sourceFields {
	of := &sourceFields{attributes: f.schema.Attributes(source), object: f.schema.FieldsNamed(source.Object)}
	of.objectSet = f.schema.NewFieldSet(of.object)
	for _, a := range of.attributes {
		list := slot(-1)
		if a.Field != "" {
			list = f.add(a.Field)
		}
		of.lists = append(of.lists, list)
		if a.Summarized && !slices.ContainsFunc(f.summarized, func(s summarized) bool { return s.name == a.Name }) {
			f.summarized = append(f.summarized, summarized{a.Name, f.add(summaryCount + a.Name), list})
		}
	}
	for _, name := range source.Failure {
		of.failure = append(of.failure, f.add(name))
	}
	known := f.schema.Known(source)
	rest := make([]copiedField, 0, len(copied))
	for _, c := range copied {
		if at := slices.Index(known, c.Field); at >= 0 {
			of.known = append(of.known, knownField{c, at})
			continue
		}
		rest = append(rest, c)
	}
	of.setCopied(f.schema, rest, func(copiedField) bool { return true })
	return of
}

// setCopied makes those of the fields the copied ones that are needed.
func (of *sourceFields) setCopied(s *event.Schema, all []copiedField, needed func(copiedField) bool) {
	of.copied = make([]copiedField, 0, len(all))
	fields := make([]*event.Field, 0, len(all))
	for _, c := range all {
		if needed(c) {
			of.copied, fields = append(of.copied, c), append(fields, c.Field)
		}
	}
	of.set = s.NewFieldSet(fields)
}

// of returns what alerts in a format have to know of a source.
func (f *Fields) of(s *event.Source, format Format) *sourceFields {
	if format == FormatBrief {
		return f.briefly[s]
	}
	return f.sources[s]
}

// summaryCount begins the names of the fields with the number of values that an
// attribute had in a summary.
const summaryCount = "fluent_detect.summary."

// add returns the slot of a field, a new one if it has none.
func (f *Fields) add(name string) slot {
	s, ok := f.slots[name]
	if !ok {
		s = slot(len(f.slots))
		f.slots[name] = s
		f.names = append(f.names, name)
	}
	return s
}

// slotOf returns the slot of a fixed field.
func slotOf(name string) slot {
	i := slices.Index(fixed, name)
	if i < 0 {
		panic("alert: no field " + name)
	}
	return slot(i)
}

// Slots of the fields that this package sets or reads by itself.
var (
	slotTimestamp             = slotOf("@timestamp")
	slotResourceARN           = slotOf("aws.cloudtrail.resources.arn")
	slotResourceType          = slotOf("aws.cloudtrail.resources.type")
	slotAlertID               = slotOf("alert_id")
	slotCloudAccount          = slotOf("cloud.account.id")
	slotCloudProvider         = slotOf("cloud.provider")
	slotCloudRegion           = slotOf("cloud.region")
	slotCloudServiceName      = slotOf("cloud.service.name")
	slotCloudTargetInstance   = slotOf("cloud.target.instance.id")
	slotEventAction           = slotOf("event.action")
	slotEventCreated          = slotOf("event.created")
	slotEventDigest           = slotOf("fluent_detect.event.sha256")
	slotEventEnd              = slotOf("event.end")
	slotEventID               = slotOf("event.id")
	slotEventOutcome          = slotOf("event.outcome")
	slotEventReason           = slotOf("event.reason")
	slotEventStart            = slotOf("event.start")
	slotDuplicateCount        = slotOf("fluent_detect.duplicate_count")
	slotInputTag              = slotOf("fluent_detect.input.tag")
	slotIntegrity             = slotOf("fluent_detect.integrity")
	slotTruncated             = slotOf("fluent_detect.truncated_fields")
	slotEvidence              = slotOf("fluent_detect.evidence")
	slotRuleSelections        = slotOf("fluent_detect.rule.selections")
	slotRuleFields            = slotOf("fluent_detect.rule.fields")
	slotLatencyMS             = slotOf("fluent_detect.latency_ms")
	slotShape                 = slotOf("fluent_detect.shape")
	slotSummaryBy             = slotOf("fluent_detect.summary.by")
	slotSummaryCount          = slotOf("fluent_detect.summary.count")
	slotSummaryFirst          = slotOf("fluent_detect.summary.first")
	slotSummaryIntervalBegin  = slotOf("fluent_detect.summary.interval.begin")
	slotSummaryIntervalEnd    = slotOf("fluent_detect.summary.interval.end")
	slotSummaryKind           = slotOf("fluent_detect.summary.kind")
	slotSummaryLast           = slotOf("fluent_detect.summary.last")
	slotSummaryMore           = slotOf("fluent_detect.summary.more")
	slotMemoryKind            = slotOf("fluent_detect.memory.kind")
	slotMemoryDigest          = slotOf("fluent_detect.memory.sha256")
	slotMemoryTerms           = slotOf("fluent_detect.memory.terms")
	slotMemoryPrevious        = slotOf("fluent_detect.memory.previous")
	slotMemorySince           = slotOf("fluent_detect.memory.since")
	slotMemoryGroup           = slotOf("fluent_detect.memory.group")
	slotMemoryCount           = slotOf("fluent_detect.memory.count")
	slotMemoryCardinality     = slotOf("fluent_detect.memory.cardinality")
	slotMemoryFrom            = slotOf("fluent_detect.memory.from")
	slotMemoryTo              = slotOf("fluent_detect.memory.to")
	slotMemoryEventIDs        = slotOf("fluent_detect.memory.event_ids")
	slotMemoryCorrelation     = slotOf("fluent_detect.memory.correlation")
	slotMemoryRules           = slotOf("fluent_detect.memory.rules")
	slotMemoryValue           = slotOf("fluent_detect.memory.value")
	slotColumns               = slotOf("fluent_detect.columns")
	slotEsql                  = slotOf("Esql")
	slotEsqlPriv              = slotOf("Esql_priv")
	slotMemorySteps           = slotOf("fluent_detect.memory.steps")
	slotKibanaGroupID         = slotOf("kibana.alert.group.id")
	slotKibanaGroupIndex      = slotOf("kibana.alert.group.index")
	slotKibanaNewTerms        = slotOf("kibana.alert.new_terms")
	slotKibanaTerms           = slotOf("kibana.alert.threshold_result.terms")
	slotKibanaCardinality     = slotOf("kibana.alert.threshold_result.cardinality")
	slotKibanaCount           = slotOf("kibana.alert.threshold_result.count")
	slotKibanaFrom            = slotOf("kibana.alert.threshold_result.from")
	slotKibanaOriginalTime    = slotOf("kibana.alert.original_time")
	slotKibanaAlertReason     = slotOf("kibana.alert.reason")
	slotOCSFActor             = slotOf("ocsf.actor")
	slotOriginalDataset       = slotOf("kibana.alert.original_event.dataset")
	slotOriginalModule        = slotOf("kibana.alert.original_event.module")
	slotOCSFCloud             = slotOf("ocsf.cloud")
	slotOCSFDataSources       = slotOf("ocsf.data_sources")
	slotOCSFProfiles          = slotOf("ocsf.profiles")
	slotOCSFObservables       = slotOf("ocsf.observables")
	slotOCSFResources         = slotOf("ocsf.resources")
	slotRelatedHash           = slotOf("related.hash")
	slotRelatedIP             = slotOf("related.ip")
	slotRelatedUser           = slotOf("related.user")
	slotSourceAddress         = slotOf("source.address")
	slotSourceIP              = slotOf("source.ip")
	slotUserARN               = slotOf(userIdentity + "arn")
	slotUserID                = slotOf("user.id")
	slotUserName              = slotOf("user.name")
	slotUserTargetName        = slotOf("user.target.name")
	slotContextActor          = slotOf("fluent_detect.context.actor.id")
	slotContextActorFirst     = slotOf("fluent_detect.context.actor.first_seen")
	slotContextActorEvents    = slotOf("fluent_detect.context.actor.events")
	slotContextAssumedBy      = slotOf("fluent_detect.context.actor.assumed_by")
	slotContextActionFirst    = slotOf("fluent_detect.context.action.first_seen")
	slotContextActionLast     = slotOf("fluent_detect.context.action.last_seen")
	slotContextActionCount    = slotOf("fluent_detect.context.action.count")
	slotContextActionActors   = slotOf("fluent_detect.context.action.actors")
	slotContextNew            = slotOf("fluent_detect.context.new")
	slotContextAddressActors  = slotOf("fluent_detect.context.address.actors")
	slotContextUsual          = slotOf("fluent_detect.context.time.usual")
	slotContextCalendar       = slotOf("fluent_detect.context.time.calendar")
	slotContextBeforeEvents   = slotOf("fluent_detect.context.before.events")
	slotContextBeforeFailures = slotOf("fluent_detect.context.before.failures")
	slotContextBeforeActions  = slotOf("fluent_detect.context.before.actions")
	slotContextBeforeNotable  = slotOf("fluent_detect.context.before.notable")
	slotContextBeforeOthers   = slotOf("fluent_detect.context.before.others")
	slotContextInstances      = slotOf("fluent_detect.context.key.instances")
	slotContextState          = slotOf("fluent_detect.context.state")
	slotContextSince          = slotOf("fluent_detect.context.since")
	slotContextSummary        = slotOf("fluent_detect.context.summary")
	slotGeoCountry            = slotOf(sourceGeo + "country_iso_code")
	slotASNumber              = slotOf("source.as.number")
	slotASName                = slotOf("source.as.organization.name")
)
