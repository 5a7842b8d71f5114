package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/history"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// ownTypes are the types, in an index, of the fields that are not in the table of a
// source. Those of ECS have the type that ECS gives them, kibana.alert.* those of
// Kibana's alerts. data_stream.* is a constant_keyword in ECS: here alerts and
// heartbeats may share an index, and it has several values.
var ownTypes = map[string][]string{
	"keyword": fieldList(`alert_id alert_rule alert_severity tags ecs.version
		data_stream.type data_stream.dataset data_stream.namespace
		event.kind event.category event.type event.module event.dataset event.reason
		cloud.target.instance.id related.user related.hash
		observer.vendor observer.product observer.type observer.version observer.hostname
		rule.id rule.name rule.version rule.author rule.license rule.description rule.ruleset rule.reference
		threat.framework threat.tactic.id threat.tactic.name threat.tactic.reference
		threat.technique.id threat.technique.name threat.technique.reference
		threat.technique.subtechnique.id threat.technique.subtechnique.name threat.technique.subtechnique.reference

		threat.group.id threat.software.id
		fluent_detect.rule.level fluent_detect.rule.status fluent_detect.rule.references
		fluent_detect.rule.false_positives fluent_detect.rule.selections fluent_detect.rule.fields
		fluent_detect.schema fluent_detect.rule.sha256 fluent_detect.event.sha256 fluent_detect.input.tag
		fluent_detect.shape fluent_detect.integrity fluent_detect.truncated_fields fluent_detect.evidence
		fluent_detect.key.console fluent_detect.key.type fluent_detect.key.fingerprint
		fluent_detect.summary.kind fluent_detect.summary.by
		fluent_detect.memory.kind fluent_detect.memory.sha256 fluent_detect.memory.event_ids
		fluent_detect.memory.correlation fluent_detect.memory.rules
		fluent_detect.context.actor.id fluent_detect.context.actor.assumed_by fluent_detect.context.new fluent_detect.context.time.calendar
		fluent_detect.context.before.actions fluent_detect.context.before.notable fluent_detect.context.after.actions fluent_detect.context.after.notable
		fluent_detect.context.state fluent_detect.follow_up.of

		kibana.space_ids
		kibana.alert.uuid kibana.alert.instance.id kibana.alert.status kibana.alert.workflow_status kibana.alert.severity
		kibana.alert.reason kibana.alert.building_block_type
		kibana.alert.ancestors.id kibana.alert.ancestors.type kibana.alert.ancestors.index
		kibana.alert.original_event.action kibana.alert.original_event.dataset kibana.alert.original_event.id
		kibana.alert.original_event.kind kibana.alert.original_event.module kibana.alert.original_event.outcome
		kibana.alert.original_event.provider
		kibana.alert.suppression.terms kibana.alert.new_terms kibana.alert.group.id
		kibana.alert.rule.author kibana.alert.rule.category kibana.alert.rule.consumer kibana.alert.rule.description
		kibana.alert.rule.false_positives kibana.alert.rule.from kibana.alert.rule.indices kibana.alert.rule.interval
		kibana.alert.rule.license kibana.alert.rule.name kibana.alert.rule.producer kibana.alert.rule.references
		kibana.alert.rule.rule_id kibana.alert.rule.rule_type_id kibana.alert.rule.severity kibana.alert.rule.tags
		kibana.alert.rule.timestamp_override kibana.alert.rule.to kibana.alert.rule.type kibana.alert.rule.uuid
		kibana.alert.rule.version
		kibana.alert.rule.threat.framework
		kibana.alert.rule.threat.tactic.id kibana.alert.rule.threat.tactic.name kibana.alert.rule.threat.tactic.reference
		kibana.alert.rule.threat.technique.id kibana.alert.rule.threat.technique.name
		kibana.alert.rule.threat.technique.reference kibana.alert.rule.threat.technique.subtechnique.id
		kibana.alert.rule.threat.technique.subtechnique.name kibana.alert.rule.threat.technique.subtechnique.reference`),
	"match_only_text": fieldList(`message fluent_detect.context.summary`),
	"ip":              fieldList(`related.ip`),
	"date": fieldList(`@timestamp event.start event.end event.created fluent_detect.key.expires
		fluent_detect.summary.first fluent_detect.summary.last
		fluent_detect.summary.interval.begin fluent_detect.summary.interval.end
		fluent_detect.memory.previous fluent_detect.memory.since fluent_detect.memory.from fluent_detect.memory.to
		fluent_detect.context.actor.first_seen fluent_detect.context.action.first_seen fluent_detect.context.action.last_seen
		fluent_detect.context.since
		kibana.alert.threshold_result.from
		kibana.alert.start kibana.alert.last_detected kibana.alert.original_time
		kibana.alert.original_event.created`),
	"boolean": fieldList(`fluent_detect.summary.more fluent_detect.context.time.usual`),
	"float":   fieldList(`event.risk_score fluent_detect.memory.value kibana.alert.risk_score kibana.alert.rule.risk_score`),
	"long": fieldList(`event.severity fluent_detect.latency_ms fluent_detect.duplicate_count fluent_detect.summary.count
		fluent_detect.context.actor.events fluent_detect.context.action.count fluent_detect.context.action.actors
		fluent_detect.context.address.actors fluent_detect.context.before.events fluent_detect.context.before.failures
		fluent_detect.context.before.others fluent_detect.context.after.events fluent_detect.context.after.failures
		fluent_detect.context.key.instances
		fluent_detect.memory.count fluent_detect.memory.cardinality kibana.alert.threshold_result.count
		kibana.alert.group.index kibana.alert.depth kibana.alert.ancestors.depth kibana.alert.suppression.docs_count
		kibana.alert.rule.max_signals kibana.alert.rule.revision`),
	"flattened": fieldList(`Esql Esql_priv fluent_detect.columns
		azure gcp github google_workspace o365 okta auth0 cisco_duo cloudflare_logpush crowdstrike
		entityanalytics_entra_id gitlab m365_defender onepassword sentinel_one slack zoom
		fluent_detect.memory.terms fluent_detect.memory.group fluent_detect.memory.steps
		kibana.alert.threshold_result.terms kibana.alert.threshold_result.cardinality`),
}

// textToo are the keywords for which ECS has a multi-field text.
var textToo = fieldList(`user.name user.target.name user.changes.name user_agent.original
	user_agent.os.name user_agent.os.full source.as.organization.name
	threat.technique.name threat.technique.subtechnique.name`)

// addedByOutput are fields that conf/fluent-bit/output-* adds to a document.
var addedByOutput = map[string]string{"shipped": "date"}

func fieldList(names string) []string { return strings.Fields(names) }

// typeOf returns the type of an alert's field in an index, or "" if no table has it.
func typeOf(name string) string {
	for typ, names := range ownTypes {
		if slices.Contains(names, name) {
			return typ
		}
	}
	if slices.Contains(testFields.schema.Names(), name) {
		switch f := testFields.schema.Field(name); f.Type {
		case event.TypeConstantKeyword:
			return "keyword"
		case event.TypeDouble:
			return "double"
		case event.TypeText:
			return "match_only_text"
		default:
			return f.Type.String()
		}
	}
	if slices.ContainsFunc(testFields.summarized, func(s summarized) bool { return name == summaryCount+s.name }) {
		return "long"
	}
	return ""
}

// indexed returns the fields that alerts of the formats for an index can have: what
// their layouts write, objects of an event as they are.
func indexed(t *testing.T) map[string]bool {
	t.Helper()
	r := completeRule(t)
	fields := map[string]bool{}
	f := history.FollowUp{ActorID: "a"}
	_, after := NewMaker(r, testObserver, FormatECS, testFields).MakeFollowUp(nil, &f, history.Calls{}, time.Now())
	addLeaves(fields, "", valueOf(t, after))
	for _, f := range []Format{FormatECS, FormatKibana} {
		for name := range testFields.slots {
			for _, p := range f.places(name) {
				fields[strings.ReplaceAll(p.path, "[]", "")] = true
			}
		}
		constants := commonConstants(r, testObserver)
		if f == FormatKibana {
			constants = append(constants, kibanaConstants(r)...)
		}
		for _, c := range constants {
			addLeaves(fields, strings.ReplaceAll(c.name, "[]", ""), valueOf(t, c.encoded))
		}
	}
	return fields
}

// addLeaves adds the names of the values in v that are not maps.
func addLeaves(fields map[string]bool, name string, v msgpack.Value) {
	switch v.Kind() {
	case msgpack.Map:
		for members := v.Members(); ; {
			k, value, ok := members.Next()
			if !ok {
				return
			}
			addLeaves(fields, strings.TrimPrefix(name+"."+string(k.Bytes()), "."), value)
		}
	case msgpack.Array:
		elements := v.Elements()
		for {
			element, ok := elements.Next()
			if !ok {
				break
			}
			addLeaves(fields, name, element)
		}
		if v.Len() == 0 {
			fields[name] = true
		}
	default:
		fields[name] = true
	}
}

// completeRule returns a rule in which everything is set that an alert can take over.
func completeRule(t *testing.T) *rule.Rule {
	t.Helper()
	r := *anything(t)
	r.TimestampOverride, r.Source.Ruleset = "event.ingested", "rules"
	r.Sigma = &rule.Sigma{Status: "test", Groups: []string{"G0001"}, Software: []string{"S0001"}}
	for i, v := 0, reflect.ValueOf(r); i < v.NumField(); i++ {
		switch name := v.Type().Field(i).Name; name {
		case "Note", "Setup", "InvestigationFields", "Maturity", "Extension", "Notices", "Memory", "LookBack", "FromAt":
			// no alert has them as the rule does
		default:
			if v.Field(i).IsZero() {
				t.Errorf("the rule for this test has no %s", name)
			}
		}
	}
	return &r
}

// engine is a search engine with names of its own for a type.
type engine struct {
	name    string
	objects string // the type of an object whose keys are not known
}

var engines = []engine{{"elasticsearch", `"type": "flattened", "ignore_above": 8191`}, {"opensearch", `"type": "flat_object"`}}

// template returns the index template of an engine. Values above 8191 characters are in
// the document and cannot be searched: an index takes no term above 32,766 bytes.
func (e engine) template(t *testing.T) []byte {
	t.Helper()
	root := properties{}
	fields := indexed(t)
	for name := range fields {
		root.put(name, e.mapping(t, name))
	}
	for _, names := range ownTypes {
		for _, name := range names {
			if !fields[name] {
				t.Errorf("no alert has %s: remove it from ownTypes", name)
			}
		}
	}
	for name, typ := range addedByOutput {
		root.put(name, fmt.Sprintf(`"type": %q`, typ))
	}
	var b bytes.Buffer
	b.WriteString(`{
  "index_patterns": ["fluent-detect-alerts*"],
  "priority": 500,
  "_meta": {"description": "Alerts of fluent-detect, alert_format ecs or kibana"},
  "template": {
    "settings": {"index": {"mapping": {"ignore_malformed": true}}},
    "mappings": {
      "dynamic": false,
      "date_detection": false,
      "properties": `)
	root.write(&b, "      ")
	b.WriteString("\n    }\n  }\n}\n")
	return b.Bytes()
}

func (e engine) mapping(t *testing.T, name string) string {
	t.Helper()
	typ := typeOf(name)
	switch {
	case typ == "":
		t.Errorf("alerts can have %s, for which no table has a type: add it to ownTypes", name)
	case typ == "flattened":
		return e.objects
	case slices.Contains(textToo, name):
		return `"type": "keyword", "ignore_above": 8191, "fields": {"text": {"type": "match_only_text"}}`
	case typ == "keyword":
		return `"type": "keyword", "ignore_above": 8191`
	}
	return fmt.Sprintf(`"type": %q`, typ)
}

// properties are mappings by name: properties below it, or the text of a mapping.
type properties map[string]any

func (p properties) put(name, mapping string) {
	first, rest, below := strings.Cut(name, ".")
	if !below {
		p[first] = mapping
		return
	}
	if p[first] == nil {
		p[first] = properties{}
	}
	p[first].(properties).put(rest, mapping)
}

func (p properties) write(b *bytes.Buffer, indent string) {
	b.WriteString("{")
	for i, name := range slices.Sorted(maps.Keys(p)) {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(b, "\n%s  %q: {", indent, name)
		switch v := p[name].(type) {
		case string:
			b.WriteString(v)
		case properties:
			b.WriteString(`"properties": `)
			v.write(b, indent+"  ")
		}
		b.WriteString("}")
	}
	fmt.Fprintf(b, "\n%s}", indent)
}

// The index templates have every field that an alert can have, with its type, and no
// other. -update writes them anew.
func TestIndexTemplates(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			path := filepath.Join("../../conf", e.name, "index-template.json")
			got := e.template(t)
			if *update && !t.Failed() {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not the template of these fields: -update writes it anew", path)
			}
			var template struct {
				Template struct {
					Mappings struct{ Properties map[string]mappingJSON }
				}
			}
			if err := json.Unmarshal(got, &template); err != nil {
				t.Fatal(err)
			}
			if n := countFields(template.Template.Mappings.Properties); n < 100 || n > 500 {
				t.Errorf("%d fields: an index takes 1000, by default", n)
			}
		})
	}
}

type mappingJSON struct{ Properties, Fields map[string]mappingJSON }

// countFields counts fields as the limit of an index does: objects and multi-fields too.
func countFields(properties map[string]mappingJSON) (n int) {
	for _, m := range properties {
		n += 1 + countFields(m.Properties) + countFields(m.Fields)
	}
	return n
}

// The values of real alerts have the types of the template.
func TestIndexedValues(t *testing.T) {
	for _, name := range []string{"push", "serial", "older", "s3", "iam", "console-login", "ec2", "located"} {
		for _, f := range []Format{FormatECS, FormatKibana} {
			checkTypes(t, "", map[string]any(decode(t, makeAlert(t, completeRule(t), f, eventFile(t, name)))))
		}
	}
}

// checkTypes checks that every value in v has the type that an index gives the field.
func checkTypes(t *testing.T, name string, v any) {
	t.Helper()
	typ := typeOf(name)
	fits := true
	switch v := v.(type) {
	case map[string]any:
		if typ == "geo_point" {
			return
		}
		if typ == "flattened" {
			return
		}
		fits = typ == ""
		for key, value := range v {
			checkTypes(t, strings.TrimPrefix(name+"."+key, "."), value)
		}
	case []any:
		for _, element := range v {
			checkTypes(t, name, element)
		}
	case string:
		switch typ {
		case "keyword", "match_only_text":
		case "date":
			fits = isoTime.MatchString(`"` + v + `"`)
		case "ip":
			_, fits = event.ParseIP([]byte(v))
		default:
			fits = false
		}
	case bool:
		fits = typ == "boolean"
	case json.Number:
		_, err := v.Int64()
		fits = typ == "float" || typ == "long" && err == nil || name == "kibana.alert.rule.version"
	default:
		fits = false
	}
	if !fits {
		t.Errorf("%s: %v is no %s", name, v, or(typ, "object"))
	}
}
