package alert

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// ocsfVersion is the version of the schema that the documents follow,
// https://schema.ocsf.io/1.6.0/classes/detection_finding
const ocsfVersion = "1.6.0"

// Objects of a Detection Finding.
const (
	ocsfInfo     = "finding_info."
	ocsfAnalytic = ocsfInfo + "analytic."
	ocsfEvidence = "evidences[]."
	ocsfAPI      = ocsfEvidence + "api."
	ocsfUser     = ocsfEvidence + "actor.user."
	ocsfSession  = ocsfEvidence + "actor.session."
	ocsfLocation = ocsfEvidence + "src_endpoint.location."
)

// ocsfOf are the places of the fields in a Detection Finding. A field without
// a place is dropped: the document says the same elsewhere, or it means
// something to ECS only. What is not here at all is under unmapped.
var ocsfOf = map[string][]place{
	"alert_id":       {{path: "metadata.uid"}, {path: ocsfInfo + "uid"}},
	"alert_severity": nil, // severity
	"message":        nil, // the rule's name, which is the title
	"tags":           {{path: "metadata.labels"}},

	"@timestamp":    {{path: "time", as: asMillis}, {path: ocsfInfo + "created_time", as: asMillis}},
	"event.start":   {{path: "start_time", as: asMillis}, {path: ocsfInfo + "first_seen_time", as: asMillis}, {path: "metadata.original_time"}},
	"event.end":     {{path: "end_time", as: asMillis}, {path: ocsfInfo + "last_seen_time", as: asMillis}},
	"event.created": {{path: "metadata.logged_time", as: asMillis}},
	"event.reason":  {{path: ocsfInfo + "desc"}, {path: "message"}},
	"event.id":      {{path: ocsfInfo + "related_events[].uid", as: asSingle}},

	"event.category": {{path: ocsfInfo + "types"}},
	"event.kind":     nil, "event.type": nil, "event.module": nil, "event.dataset": nil,
	"event.severity": nil, "event.risk_score": nil,
	"data_stream.type": nil, "data_stream.dataset": nil, "data_stream.namespace": nil,
	"ecs.version": nil,

	"observer.vendor":  {{path: "metadata.product.vendor_name"}},
	"observer.product": {{path: "metadata.product.name"}},
	"observer.version": {{path: "metadata.product.version"}},
	"observer.type":    nil,

	"rule.id":          {{path: ocsfAnalytic + "uid"}},
	"rule.name":        {{path: ocsfAnalytic + "name"}, {path: ocsfInfo + "title"}},
	"rule.version":     {{path: ocsfAnalytic + "version"}},
	"rule.description": {{path: ocsfAnalytic + "desc"}},
	"threat.framework": nil,
	"threat.tactic.id": nil, "threat.tactic.name": nil, "threat.tactic.reference": nil,
	"threat.technique.id": nil, "threat.technique.name": nil, "threat.technique.reference": nil,
	"threat.technique.subtechnique.id": nil, "threat.technique.subtechnique.name": nil,
	"threat.technique.subtechnique.reference": nil,

	"cloud.provider":           nil, // AWS, in OCSF's spelling
	"cloud.account.id":         {{path: "cloud.account.uid", as: asSingle}},
	"cloud.region":             {{path: "cloud.region", as: asSingle}},
	"cloud.target.instance.id": nil, // in resources
	"related.user":             nil, // in observables
	"related.ip":               nil,
	"related.hash":             nil,
	"ocsf.cloud":               {{path: "cloud.provider"}},
	"ocsf.profiles":            {{path: "metadata.profiles"}},
	"ocsf.data_sources":        {{path: ocsfInfo + "data_sources"}},
	"ocsf.observables":         {{path: "observables"}},
	"ocsf.resources":           {{path: "resources"}},

	"event.action":                               {{path: ocsfAPI + "operation", as: asSingle}},
	"event.provider":                             {{path: ocsfAPI + "service.name", as: asSingle}},
	"aws.cloudtrail.api_version":                 {{path: ocsfAPI + "version", as: asSingle}},
	"aws.cloudtrail.request_id":                  {{path: ocsfAPI + "request.uid", as: asSingle}},
	requestParameters:                            {{path: ocsfAPI + "request.data"}},
	"aws.cloudtrail.flattened.response_elements": {{path: ocsfAPI + "response.data"}},
	"aws.cloudtrail.error_code":                  {{path: ocsfAPI + "response.error", as: asSingle}},
	"aws.cloudtrail.error_message":               {{path: ocsfAPI + "response.error_message", as: asSingle}},
	"source.ip":                                  {{path: ocsfEvidence + "src_endpoint.ip", as: asSingle}},
	"source.address":                             {{path: ocsfEvidence + "src_endpoint.name", as: asSingle}},
	sourceGeo + "city_name":                      {{path: ocsfLocation + "city", as: asSingle}},
	sourceGeo + "country_iso_code":               {{path: ocsfLocation + "country", as: asSingle}},
	sourceGeo + "region_iso_code":                {{path: ocsfLocation + "region", as: asSingle}},
	sourceGeo + "continent_name":                 {{path: ocsfLocation + "continent", as: asSingle}},
	sourceGeo + "location":                       {{path: ocsfLocation + "lat", as: asLatitude}, {path: ocsfLocation + "long", as: asLongitude}},
	"source.as.number":                           {{path: ocsfEvidence + "src_endpoint.autonomous_system.number"}},
	"source.as.organization.name":                {{path: ocsfEvidence + "src_endpoint.autonomous_system.name", as: asSingle}},
	"user_agent.original":                        {{path: ocsfEvidence + "http_request.user_agent", as: asSingle}},
	"tls.version":                                {{path: ocsfEvidence + "tls.version", as: asSingle}},
	"tls.version_protocol":                       nil,
	"tls.cipher":                                 {{path: ocsfEvidence + "tls.cipher", as: asSingle}},
	"tls.client.server_name":                     {{path: ocsfEvidence + "tls.sni", as: asSingle}},
	"user.name":                                  nil, // in the actor
	"ocsf.actor":                                 {{path: ocsfUser + "name"}},
	"user.id":                                    {{path: ocsfUser + "uid", as: asSingle}},
	userIdentity + "arn":                         {{path: ocsfUser + "uid_alt", as: asSingle}},
	userIdentity + "type":                        {{path: ocsfUser + "type", as: asSingle}},
	userIdentity + "invoked_by":                  {{path: ocsfEvidence + "actor.app_name", as: asSingle}},
	userIdentity + "access_key_id":               {{path: ocsfSession + "credential_uid", as: asSingle}},
	sessionContext + "creation_date":             {{path: ocsfSession + "created_time", as: asMillis}},
	sessionContext + "mfa_authenticated":         {{path: ocsfSession + "is_mfa", as: asTruth}},
	sessionContext + "session_issuer.arn":        {{path: ocsfSession + "issuer", as: asSingle}},
	"user.target.name":                           {{path: ocsfEvidence + "user.name", as: asSingle}},
	"user.target.id":                             {{path: ocsfEvidence + "user.uid", as: asSingle}},

	"fluent_detect.summary.count": {{path: "count"}, {path: "unmapped.fluent_detect.summary.count"}},
}

const (
	sourceGeo         = "source.geo."
	userIdentity      = "aws.cloudtrail.user_identity."
	sessionContext    = userIdentity + "session_context."
	requestParameters = "aws.cloudtrail.flattened.request_parameters"
)

func ocsfPlaces(name string) []place {
	if places, ok := ocsfOf[name]; ok {
		return places
	}
	if strings.HasPrefix(name, kibanaOnly) {
		return nil
	}
	name = strings.TrimPrefix(name, ocsfSpare)
	if name == "event.provider" { // by that name the finding would be read as an event
		name = "api_service"
	}
	return []place{{path: "unmapped." + name}}
}

// ocsfSeverity is severity_id. 1 is Informational.
func ocsfSeverity(s rule.Severity) int {
	switch s {
	case rule.Low:
		return 2
	case rule.Medium:
		return 3
	case rule.High:
		return 4
	case rule.Critical:
		return 5
	}
	return 0
}

// ocsfConstants are the attributes that are the same in each finding of a rule.
func ocsfConstants(r *rule.Rule) []constantField {
	c := constants{}
	c.set("category_uid", 2)
	c.set("category_name", "Findings")
	c.set("class_uid", 2004)
	c.set("class_name", "Detection Finding")
	c.set("activity_id", 1)
	c.set("activity_name", "Create")
	c.set("type_uid", 200401)
	c.set("type_name", "Detection Finding: Create")
	c.set("severity_id", ocsfSeverity(r.Severity))
	c.set("severity", title(r.Severity.String()))
	c.set("status_id", 1)
	c.set("status", "New")
	c.set("is_alert", true)
	c.set("risk_score", r.RiskScore)
	c.set("action_id", 3)
	c.set("action", "Observed")
	c.set("disposition_id", 15)
	c.set("disposition", "Detected")
	c.set("metadata.version", ocsfVersion)
	c.set(ocsfAnalytic+"type_id", 1)
	c.set(ocsfAnalytic+"type", "Rule")
	c.set(ocsfInfo+"attacks", ocsfAttacks(r.Threat))
	return c.list
}

// ocsfAttacks is the rule's mapping to ATT&CK, an entry for each subtechnique,
// and for what has none below it.
func ocsfAttacks(threats []rule.Threat) (list []tree) {
	for _, t := range threats {
		tactic := branch{"tactic", ocsfNamed(t.Tactic.ID, t.Tactic.Name, t.Tactic.Reference)}
		if len(t.Technique) == 0 {
			list = append(list, tree{tactic})
		}
		for _, x := range t.Technique {
			technique := branch{"technique", ocsfNamed(x.ID, x.Name, x.Reference)}
			if len(x.Subtechnique) == 0 {
				list = append(list, tree{tactic, technique})
			}
			for _, sub := range x.Subtechnique {
				list = append(list, tree{tactic, technique, {"sub_technique", ocsfNamed(sub.ID, sub.Name, sub.Reference)}})
			}
		}
	}
	return list
}

func ocsfNamed(uid, name, url string) tree {
	return tree{{"uid", uid}, {"name", name}, {"src_url", url}}
}
