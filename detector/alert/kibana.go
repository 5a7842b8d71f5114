package alert

import "github.com/fluent-detect/fluent-detect/detector/rule"

// kibanaPlaces are the places under kibana.alert of what a document has in ECS
// form as well. Nothing is there alone: when Kibana's rule "External Alerts"
// promotes an alert it deletes every key that begins with kibana.
var kibanaPlaces = map[string][]place{
	"alert_id":       {{path: "kibana.alert.uuid"}, {path: "kibana.alert.instance.id"}},
	"@timestamp":     {{path: "kibana.alert.start"}, {path: "kibana.alert.last_detected"}},
	"event.created":  {{path: "kibana.alert.original_event.created"}},
	"event.action":   {{path: "kibana.alert.original_event.action"}},
	"event.provider": {{path: "kibana.alert.original_event.provider"}},
	"event.outcome":  {{path: "kibana.alert.original_event.outcome"}},
	"event.id":       {{path: "kibana.alert.original_event.id"}, {path: "kibana.alert.ancestors[].id", as: asSingle}},
}

// kibanaConstants are the fields of the format that are the same in each alert
// of a rule. Kibana's views of alerts filter by space, rule type and consumer,
// and expect every field that its own alerts always have; so the space is the
// default one, and the id of the rule stands for that of its saved object, which
// there is none of. What else only Kibana knows is not there: the execution, the
// URL.
func kibanaConstants(r *rule.Rule) []constantField {
	c := constants{}
	const alert, ofRule, original = "kibana.alert.", "kibana.alert.rule.", "kibana.alert.original_event."
	c.set("kibana.space_ids", []string{"default"})
	c.set(alert+"status", "active")
	c.set(alert+"workflow_status", "open")
	c.set(alert+"severity", r.Severity.String())
	c.set(alert+"risk_score", r.RiskScore)
	c.set(alert+"depth", 1)
	c.keep(alert+"suppression.terms", []string{})
	c.set(alert+"suppression.docs_count", 0)
	if r.BuildingBlock {
		c.set(alert+"building_block_type", "default")
	}
	c.set(alert+"ancestors[].type", "event")
	c.keep(alert+"ancestors[].index", "") // only Elasticsearch knows it
	c.set(alert+"ancestors[].depth", 0)
	c.set(original+"kind", "event")

	kind := kibanaRuleType(r)
	c.set(ofRule+"category", kind.category)
	c.set(ofRule+"consumer", "siem")
	c.set(ofRule+"producer", "siem")
	c.set(ofRule+"rule_type_id", kind.id)
	c.set(ofRule+"uuid", r.ID)
	c.set(ofRule+"revision", 0)
	c.set(ofRule+"rule_id", r.ID)
	c.set(ofRule+"name", r.Name)
	c.set(ofRule+"type", kind.name)
	c.set(ofRule+"version", r.Version)
	c.set(ofRule+"severity", r.Severity.String())
	c.set(ofRule+"risk_score", r.RiskScore)
	c.set(ofRule+"max_signals", r.MaxSignals)
	c.set(ofRule+"interval", r.Interval)
	c.set(ofRule+"from", r.From)
	c.set(ofRule+"to", "now")
	c.set(ofRule+"indices", r.Index)
	c.set(ofRule+"timestamp_override", r.TimestampOverride)
	c.set(ofRule+"author", r.Author)
	c.set(ofRule+"license", r.License)
	c.set(ofRule+"description", r.Description)
	c.set(ofRule+"tags", r.Tags)
	c.set(ofRule+"references", r.References)
	c.keep(ofRule+"false_positives", r.FalsePositives)
	c.set(ofRule+"threat", kibanaThreat(r.Threat))
	return c.list
}

// kibanaThreat is the rule's mapping as Kibana has it: techniques within
// tactics.
func kibanaThreat(threats []rule.Threat) (list []tree) {
	for _, t := range threats {
		list = append(list, tree{
			{"framework", t.Framework},
			{"tactic", tree{{"id", t.Tactic.ID}, {"name", t.Tactic.Name}, {"reference", t.Tactic.Reference}}},
			{"technique", kibanaTechniques(t.Technique)},
		})
	}
	return list
}

func kibanaTechniques(techniques []rule.Technique) (list []tree) {
	for _, t := range techniques {
		list = append(list, tree{
			{"id", t.ID}, {"name", t.Name}, {"reference", t.Reference},
			{"subtechnique", kibanaTechniques(t.Subtechnique)},
		})
	}
	return list
}

// appendKibanaReason appends the alert's sentence as Kibana words it, with the remark
// of the subject: Kibana's sentence does not say what was done.
func (m *Maker) appendKibanaReason(dst []byte) []byte {
	address, user := m.doc.first(slotSourceAddress), m.doc.first(slotUserName)
	dst = append(dst, "event"...)
	if len(address)+len(user) > 0 {
		dst = append(dst, " with"...)
	}
	if len(address) > 0 {
		dst = append(append(dst, " source "...), oneLine(address)...)
	}
	if len(user) > 0 {
		dst = append(append(dst, " by "...), oneLine(user)...)
	}
	dst = append(append(dst, " created "...), m.rule.Severity.String()...)
	dst = append(append(dst, " alert "...), m.rule.Name...)
	if m.remark != "" {
		dst = append(append(append(dst, " ("...), m.remark...), ')')
	}
	return append(m.appendAuthor(dst), '.')
}

// ruleType is what Kibana calls a type of rules.
type ruleType struct{ name, id, category string }

func kibanaRuleType(r *rule.Rule) ruleType {
	switch {
	case r.Memory != nil && r.Memory.Kind == rule.NewTerms:
		return ruleType{"new_terms", "siem.newTermsRule", "New Terms Rule"}
	case r.Memory != nil && r.Memory.Kind == rule.Correlated && r.Memory.Correlation.Type > rule.ValueCount:
		return ruleType{"eql", "siem.eqlRule", "Event Correlation Rule"}
	case r.Memory != nil && r.Memory.Kind != rule.Aggregated && r.Memory.Kind != rule.Sequence:
		return ruleType{"threshold", "siem.thresholdRule", "Threshold Rule"}
	case r.Query.Language == "eql" || r.Memory != nil && r.Memory.Kind == rule.Sequence:
		return ruleType{"eql", "siem.eqlRule", "Event Correlation Rule"}
	case r.Query.Language == "esql":
		return ruleType{"esql", "siem.esqlRule", "ES|QL Rule"}
	}
	return ruleType{"query", "siem.queryRule", "Custom Query Rule"}
}
