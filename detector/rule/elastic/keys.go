package elastic

import (
	"maps"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

// ruleKey is a key of a rule. A key without read has no effect here.
type ruleKey struct {
	read     func(r *reader, out *rule.Rule, v *document.Value)
	notice   string // for the author of a key without effect
	ruleType string // that the key belongs to; a key that changes what a rule matches is an error in rules of other types
}

// ruleKeys are all keys of a [rule] table and of a rule in NDJSON.
var ruleKeys = map[string]ruleKey{
	"rule_id": {read: func(r *reader, out *rule.Rule, v *document.Value) {
		out.ID = r.Line(v)
		out.Source.IDLine, out.Source.IDColumn = r.Position(v)
	}},
	"name":               {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Name = r.Line(v) }},
	"description":        {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Description = r.String(v) }},
	"note":               {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Note = r.String(v) }},
	"setup":              {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Setup = r.String(v) }},
	"license":            {read: func(r *reader, out *rule.Rule, v *document.Value) { out.License = r.String(v) }},
	"from":               {read: func(r *reader, out *rule.Rule, v *document.Value) { out.From = r.Line(v) }},
	"timestamp_override": {read: func(r *reader, out *rule.Rule, v *document.Value) { out.TimestampOverride = r.String(v) }},
	"author":             {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Author = r.Strings(v) }},
	"references":         {read: func(r *reader, out *rule.Rule, v *document.Value) { out.References = r.Strings(v) }},
	"tags":               {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Tags = r.Strings(v) }},
	"false_positives":    {read: func(r *reader, out *rule.Rule, v *document.Value) { out.FalsePositives = r.Strings(v) }},
	"index":              {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Index = r.Strings(v) }},
	"risk_score":         {read: func(r *reader, out *rule.Rule, v *document.Value) { out.RiskScore = r.Int(v, 0, 100) }},
	"version":            {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Version = r.Int(v, 1, 0) }},
	"max_signals":        {read: func(r *reader, out *rule.Rule, v *document.Value) { out.MaxSignals = r.Int(v, 1, 0) }},
	"severity": {read: func(r *reader, out *rule.Rule, v *document.Value) {
		out.Severity, _ = rule.ParseSeverity(r.OneOf(v, rule.Severities))
	}},
	"query": {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Query = r.Query(v, r.language) }},
	"interval": {read: func(r *reader, out *rule.Rule, v *document.Value) {
		out.Interval, out.IntervalDuration = v.Text, r.Interval(v)
	}},
	"enabled":              {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Enabled = r.Bool(v) }},
	"threat":               {read: func(r *reader, out *rule.Rule, v *document.Value) { out.Threat = r.threats(v) }},
	"investigation_fields": {read: func(r *reader, out *rule.Rule, v *document.Value) { out.InvestigationFields = r.investigationFields(v) }},
	"building_block_type": {read: func(r *reader, out *rule.Rule, v *document.Value) {
		out.BuildingBlock = r.OneOf(v, []string{"default"}) != ""
	}},
	"alert_suppression": {read: (*reader).suppression},

	"severity_mapping":   {notice: "the severity is not taken from the event here"},
	"risk_score_mapping": {notice: "the risk score is not taken from the event here"},
	"rule_name_override": {notice: "the name of an alert is not taken from the event here"},
	"exceptions_list":    {notice: "Kibana's exceptions are not read here; fluent_detect.exceptions names a file of them"},
	"actions":            {notice: "Kibana's actions are not run here; outputs take the alerts"},
	"response_actions":   {notice: "response actions are not run here"},

	"type": {}, "language": {}, "filters": {}, // read by skip
	"data_view_id": {}, "meta": {}, "namespace": {}, "related_integrations": {}, "required_fields": {}, "revision": {}, "saved_id": {},
	"threat_mappings": {}, "throttle": {}, "timeline_id": {}, "timeline_title": {}, "timestamp_override_fallback_disabled": {}, "to": {},

	"anomaly_threshold":       {ruleType: "machine_learning"},
	"machine_learning_job_id": {ruleType: "machine_learning"},
	"concurrent_searches":     {ruleType: "threat_match"},
	"items_per_search":        {ruleType: "threat_match"},
	"threat_filters":          {ruleType: "threat_match"},
	"threat_index":            {ruleType: "threat_match"},
	"threat_indicator_path":   {ruleType: "threat_match"},
	"threat_language":         {ruleType: "threat_match"},
	"threat_mapping":          {ruleType: "threat_match"},
	"threat_query":            {ruleType: "threat_match"},
	"event_category_override": {ruleType: "eql", read: (*reader).categoryField},
	"tiebreaker_field":        {ruleType: "eql"},
	"timestamp_field":         {ruleType: "eql"},
	"history_window_start":    {ruleType: "new_terms", read: func(*reader, *rule.Rule, *document.Value) {}}, // by memory
	"new_terms":               {ruleType: "new_terms", read: func(*reader, *rule.Rule, *document.Value) {}}, // by memory
	"new_terms_fields":        {ruleType: "new_terms", read: func(*reader, *rule.Rule, *document.Value) {}}, // by memory
	"threshold":               {ruleType: "threshold", read: func(*reader, *rule.Rule, *document.Value) {}}, // by memory
}

// ruleKeyNames are the names of those keys.
var ruleKeyNames = slices.Sorted(maps.Keys(ruleKeys))

// requiredKeys are the keys that a rule must have, besides type and language.
var requiredKeys = []struct{ name, allowed string }{
	{"rule_id", "an ID that no other rule has"},
	{"name", "a line of text"},
	{"severity", document.Quoted(rule.Severities)},
	{"risk_score", "an integer from 0 to 100"},
	{"query", "a query"},
}

// exportedKeys are further keys of rules that Kibana exports, about its own copy of
// the rule.
var exportedKeys = []string{
	"alias_purpose", "alias_target_id", "created_at", "created_by", "execution_summary", "id", "immutable", "outcome",
	"output_index", "rule_source", "updated_at", "updated_by",
}

// metadataKeys are the keys of [metadata], for hints about keys that are in [rule]
// by mistake. The table itself may have any key: none changes what a rule does, and
// upstream adds new ones.
var metadataKeys = []string{
	"bypass_bbr_timing", "comments", "creation_date", "deprecated_reason", "deprecation_date", "extended", "integration",
	"maturity", "min_stack_comments", "min_stack_version", "os_type_list", "promotion", "query_schema_validation",
	"related_endpoint_rules", "updated_date",
}
