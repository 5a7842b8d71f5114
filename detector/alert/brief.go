package alert

// briefNames are the fields of FormatBrief, and those by which an alert that comes back is
// known to be one.
var briefNames = map[string]bool{
	"alert_severity": true, "event.start": true, "event.end": true, "event.action": true, "event.provider": true,
	"event.id": true, "event.outcome": true, "event.reason": true, "user.name": true, "source.address": true,
	"cloud.account.id": true, "cloud.region": true, "rule.name": true, "tags": true, "threat.technique.id": true,
	"fluent_detect.rule.level": true, "fluent_detect.rule.selections": true, "fluent_detect.integrity": true,
	"fluent_detect.memory.count": true, "fluent_detect.memory.event_ids": true,
	"fluent_detect.summary.kind": true, "fluent_detect.summary.count": true, "fluent_detect.context.summary": true,

	"alert_id": true, "alert_rule": true, "event.module": true, "rule.id": true, "fluent_detect.rule.sha256": true,
	"fluent_detect.event.sha256": true, "fluent_detect.memory.kind": true, "fluent_detect.memory.sha256": true,
}

// brief returns the part of what is taken over from the events of a source that FormatBrief
// has, and the sentence about them.
func (f *Fields) brief(of *sourceFields) *sourceFields {
	needs := func(c copiedField) bool {
		if briefNames[c.Name] || c.slot == slotCloudServiceName || c.slot == slotSourceAddress {
			return true
		}
		for _, why := range of.failure {
			if c.slot == why {
				return true
			}
		}
		return false
	}
	b := &sourceFields{attributes: of.attributes, lists: of.lists, object: of.object, objectSet: of.objectSet, failure: of.failure}
	for _, k := range of.known {
		if needs(k.copiedField) {
			b.known = append(b.known, k)
		}
	}
	b.setCopied(f.schema, of.copied, needs)
	return b
}
