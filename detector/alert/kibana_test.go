package alert

import (
	"slices"
	"testing"
)

// shownByKibana are the fields by which Kibana's views of alerts find, filter and group
// documents, and those that the mapping of its security alerts names as required.
var shownByKibana = fieldList(`@timestamp kibana.space_ids
	kibana.alert.uuid kibana.alert.instance.id kibana.alert.status kibana.alert.workflow_status kibana.alert.severity
	kibana.alert.risk_score kibana.alert.reason kibana.alert.depth kibana.alert.start kibana.alert.last_detected
	kibana.alert.ancestors.id kibana.alert.ancestors.type kibana.alert.ancestors.index kibana.alert.ancestors.depth
	kibana.alert.original_time kibana.alert.original_event.action kibana.alert.original_event.created
	kibana.alert.original_event.dataset kibana.alert.original_event.id kibana.alert.original_event.kind
	kibana.alert.original_event.module kibana.alert.original_event.outcome kibana.alert.original_event.provider
	kibana.alert.rule.uuid kibana.alert.rule.rule_id kibana.alert.rule.revision kibana.alert.rule.name
	kibana.alert.rule.category kibana.alert.rule.consumer kibana.alert.rule.producer kibana.alert.rule.rule_type_id
	kibana.alert.rule.false_positives kibana.alert.rule.max_signals`)

// An alert of the format kibana has what Kibana needs to show it, also if the rule and the
// event have only what they must have. What Elasticsearch adds to an event is not known:
// kibana.alert.original_event.ingested, .sequence, .original, .category and .type.
func TestKibanaShows(t *testing.T) {
	bare := *anything(t)
	bare.Index, bare.Tags, bare.References, bare.FalsePositives, bare.Threat, bare.Author = nil, nil, nil, nil, nil, nil
	d := decode(t, makeAlert(t, &bare, FormatKibana, eventFile(t, "s3")))
	for _, name := range shownByKibana {
		if d.at(name) == "" {
			t.Errorf("%s is absent", name)
		}
	}
	d.want(t,
		"kibana.space_ids", `["default"]`,
		"kibana.alert.instance.id", d.at("alert_id"),
		"kibana.alert.rule.uuid", `"`+bare.ID+`"`,
		"kibana.alert.rule.revision", "0",
		"kibana.alert.rule.false_positives", "[]")

	// The summary of what was held back is shown too; it is about no single event.
	m := NewMaker(&bare, testObserver, FormatKibana, testFields)
	_, alert := m.MakeSummary(nil, summary(), testArrival.Now)
	s := decode(t, alert)
	for _, name := range shownByKibana {
		ofEvent := slices.Contains(fieldList(`kibana.alert.ancestors.id kibana.alert.original_event.created
			kibana.alert.original_event.id kibana.alert.original_event.outcome kibana.alert.original_event.provider`), name)
		if (s.at(name) == "") != ofEvent {
			t.Errorf("summary: %s is %s", name, or(s.at(name), "absent"))
		}
	}
}
