package rule

// ruleKey is a key that a rule may have: one of Elastic's.
type ruleKey struct {
	name string

	// read takes the value into the rule. A key without read is known, and has
	// no effect here.
	read keyReader

	// notice is what an author should hear about a key without effect.
	notice string

	// of names the type of rule that the key belongs to, when that is not
	// query. Such a key changes what a rule matches, so it is refused.
	of string
}

// ruleKeys is every key of a [rule] table and of a rule in NDJSON. The type,
// the language and filters were judged before, see [reader.runnable].
var ruleKeys = []ruleKey{
	{name: "rule_id", read: readID},
	{name: "name", read: line(func(o *Rule) *string { return &o.Name })},
	{name: "description", read: text(func(o *Rule) *string { return &o.Description })},
	{name: "note", read: text(func(o *Rule) *string { return &o.Note })},
	{name: "setup", read: text(func(o *Rule) *string { return &o.Setup })},
	{name: "license", read: text(func(o *Rule) *string { return &o.License })},
	{name: "from", read: line(func(o *Rule) *string { return &o.From })},
	{name: "timestamp_override", read: text(func(o *Rule) *string { return &o.TimestampOverride })},
	{name: "author", read: list(func(o *Rule) *[]string { return &o.Author })},
	{name: "references", read: list(func(o *Rule) *[]string { return &o.References })},
	{name: "tags", read: list(func(o *Rule) *[]string { return &o.Tags })},
	{name: "false_positives", read: list(func(o *Rule) *[]string { return &o.FalsePositives })},
	{name: "index", read: list(func(o *Rule) *[]string { return &o.Index })},
	{name: "risk_score", read: number(0, 100, func(o *Rule) *int { return &o.RiskScore })},
	{name: "version", read: number(1, 0, func(o *Rule) *int { return &o.Version })},
	{name: "max_signals", read: number(1, 0, func(o *Rule) *int { return &o.MaxSignals })},
	{name: "type", read: text(func(o *Rule) *string { return &o.Type })},
	{name: "language", read: text(func(o *Rule) *string { return &o.Language })},
	{name: "severity", read: readSeverity},
	{name: "query", read: readQuery},
	{name: "interval", read: readInterval},
	{name: "enabled", read: readEnabled},
	{name: "threat", read: readThreat},
	{name: "investigation_fields", read: readInvestigationFields},
	{name: "building_block_type", read: readBuildingBlock},
	{name: "alert_suppression", read: readSuppression},

	{name: "severity_mapping", notice: "the severity is not taken from the event here"},
	{name: "risk_score_mapping", notice: "the risk score is not taken from the event here"},
	{name: "rule_name_override", notice: "the name of an alert is not taken from the event here"},
	{name: "exceptions_list", notice: "Kibana's exceptions are not read here; fluent_detect.exceptions names a file of them"},
	{name: "actions", notice: "Kibana's actions are not run here; outputs take the alerts"},
	{name: "response_actions", notice: "response actions are not run here"},

	{name: "data_view_id"}, {name: "filters"}, {name: "meta"}, {name: "namespace"}, {name: "related_integrations"},
	{name: "required_fields"}, {name: "revision"}, {name: "saved_id"}, {name: "threat_mappings"}, {name: "throttle"}, {name: "timeline_id"},
	{name: "timeline_title"}, {name: "timestamp_override_fallback_disabled"}, {name: "to"},

	{name: "anomaly_threshold", of: "machine_learning"}, {name: "machine_learning_job_id", of: "machine_learning"},
	{name: "concurrent_searches", of: "threat_match"}, {name: "items_per_search", of: "threat_match"},
	{name: "threat_filters", of: "threat_match"}, {name: "threat_index", of: "threat_match"},
	{name: "threat_indicator_path", of: "threat_match"}, {name: "threat_language", of: "threat_match"},
	{name: "threat_mapping", of: "threat_match"}, {name: "threat_query", of: "threat_match"},
	{name: "event_category_override", of: "eql"}, {name: "tiebreaker_field", of: "eql"}, {name: "timestamp_field", of: "eql"},
	{name: "history_window_start", of: "new_terms"}, {name: "new_terms", of: "new_terms"}, {name: "new_terms_fields", of: "new_terms"},
	{name: "threshold", of: "threshold"},
}

// requiredKeys are the keys that no rule can do without. runnable has asked for
// type and language.
var requiredKeys = []struct{ name, allowed string }{
	{"rule_id", "an ID that no other rule has"},
	{"name", "a line of text"},
	{"severity", oneOf(severityWords)},
	{"risk_score", "an integer from 0 to 100"},
	{"query", "a query in KQL"},
}

// exportedKeys are further keys of the rules that Kibana exports: what Kibana
// knows of its own copy.
var exportedKeys = []string{
	"alias_purpose", "alias_target_id", "created_at", "created_by", "execution_summary", "id", "immutable", "outcome",
	"output_index", "rule_source", "updated_at", "updated_by",
}

// metadataKeys are the keys of [metadata], for telling an author who put one
// into [rule]. The table itself takes any key: none of them changes what a rule
// does, and upstream adds to them.
var metadataKeys = []string{
	"bypass_bbr_timing", "comments", "creation_date", "deprecated_reason", "deprecation_date", "extended", "integration",
	"maturity", "min_stack_comments", "min_stack_version", "os_type_list", "promotion", "query_schema_validation",
	"related_endpoint_rules", "updated_date",
}

// extensionKeys are the keys of [fluent_detect].
var extensionKeys = []string{"dedup_by", "exceptions", "reason", "suppress_by", "suppress_for", "test"}

// ruleKeyIndex finds a key by its name, ruleKeyNames lists the names.
var ruleKeyIndex, ruleKeyNames = indexRuleKeys()

func indexRuleKeys() (map[string]*ruleKey, []string) {
	index := make(map[string]*ruleKey, len(ruleKeys))
	names := make([]string, 0, len(ruleKeys))
	for i := range ruleKeys {
		index[ruleKeys[i].name] = &ruleKeys[i]
		names = append(names, ruleKeys[i].name)
	}
	return index, names
}
