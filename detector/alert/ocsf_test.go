package alert

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// findingAttributes are the attributes of a Detection Finding, version 1.6.0
// with the profiles cloud and security_control, that an alert may use, with
// their types. [] is a list. json may be anything.
var findingAttributes = attributes(`
	alert_id alert_rule alert_severity: string -- ours, in every format

	activity_id category_uid class_uid severity_id status_id action_id disposition_id risk_score count: integer
	type_uid time start_time end_time: integer
	activity_name category_name class_name type_name severity status action disposition message: string
	is_alert: boolean
	unmapped: json

	metadata.version metadata.uid metadata.original_time: string
	metadata.product.name metadata.product.vendor_name metadata.product.version: string
	metadata.profiles[] metadata.labels[]: string
	metadata.logged_time: integer

	cloud.provider cloud.region cloud.account.uid: string

	finding_info.uid finding_info.title finding_info.desc finding_info.types[] finding_info.data_sources[]: string
	finding_info.created_time finding_info.first_seen_time finding_info.last_seen_time: integer
	finding_info.analytic.uid finding_info.analytic.name finding_info.analytic.version: string
	finding_info.analytic.desc finding_info.analytic.type: string
	finding_info.analytic.type_id: integer
	finding_info.related_events[].uid: string
	finding_info.attacks[].tactic.uid finding_info.attacks[].tactic.name finding_info.attacks[].tactic.src_url: string
	finding_info.attacks[].technique.uid finding_info.attacks[].technique.name finding_info.attacks[].technique.src_url: string
	finding_info.attacks[].sub_technique.uid finding_info.attacks[].sub_technique.name finding_info.attacks[].sub_technique.src_url: string

	evidences[].api.operation evidences[].api.version evidences[].api.service.name: string
	evidences[].api.request.uid evidences[].api.response.error evidences[].api.response.error_message: string
	evidences[].api.request.data evidences[].api.response.data: json
	evidences[].actor.app_name evidences[].actor.user.name evidences[].actor.user.uid: string
	evidences[].actor.user.uid_alt evidences[].actor.user.type: string
	evidences[].actor.session.credential_uid evidences[].actor.session.issuer: string
	evidences[].actor.session.created_time: integer
	evidences[].actor.session.is_mfa: boolean
	evidences[].user.name evidences[].user.uid: string
	evidences[].src_endpoint.ip evidences[].src_endpoint.name: string
	evidences[].http_request.user_agent: string
	evidences[].tls.version evidences[].tls.cipher evidences[].tls.sni: string

	observables[].name observables[].type observables[].value: string
	observables[].type_id: integer
	resources[].uid resources[].type resources[].region: string
`)

func attributes(table string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(table) {
		line, _, _ = strings.Cut(line, "--")
		names, typ, _ := strings.Cut(line, ":")
		for name := range strings.FieldsSeq(names) {
			m[name] = strings.TrimSpace(typ)
		}
	}
	return m
}

// checkAttributes checks that everything in v is an attribute that the class
// has, of its type.
func checkAttributes(t *testing.T, v any, path string, known map[string]string) {
	t.Helper()
	typ, isAttribute := known[path]
	got := "object"
	switch v := v.(type) {
	case doc:
		checkAttributes(t, map[string]any(v), path, known)
		return
	case map[string]any:
		if !isAttribute {
			for name, value := range v {
				checkAttributes(t, value, strings.TrimPrefix(path+"."+name, "."), known)
			}
			return
		}
	case []any:
		if !isAttribute {
			for _, element := range v {
				checkAttributes(t, element, path+"[]", known)
			}
			return
		}
		got = "list"
	case string:
		got = "string"
	case bool:
		got = "boolean"
	case json.Number:
		got = "integer"
		if _, err := v.Int64(); err != nil {
			got = "float"
		}
	default:
		got = fmt.Sprint(v)
	}
	if typ != "json" && typ != got {
		t.Errorf("ocsf: %s is %s %v, want %s", path, got, v, or(typ, "nothing there"))
	}
}

// What a list has in ECS is one value where OCSF has room for one, and the
// objects that its evidence is made of are there only if something is in them.
func TestOCSFFromOddEvents(t *testing.T) {
	r := anything(t)
	bare := decode(t, makeAlert(t, r, FormatOCSF, `{"eventSource":"ec2.amazonaws.com","eventName":"StopInstances"}`))
	bare.want(t, "evidences", `[{"api":{"operation":"StopInstances","service":{"name":"ec2.amazonaws.com"}}}]`,
		"cloud", `{"provider":"AWS"}`, "resources", "", "observables", "", "start_time", "", "finding_info.related_events", "")

	lists := decode(t, makeAlert(t, r, FormatOCSF, with(t, eventFile(t, "s3"),
		"userIdentity.sessionContext.attributes.mfaAuthenticated", `"perhaps"`,
		"userIdentity.sessionContext.attributes.creationDate", `"yesterday"`,
		"requestParameters.userName", `["jan","maria"]`,
		"sourceIPAddress", `"s3.amazonaws.com"`,
		"resources", `[{"ARN":"arn:aws:s3:::a"},{"ARN":"arn:aws:s3:::b","type":"AWS::S3::Bucket"}]`)))
	lists.want(t, "evidences.actor.session.is_mfa", "", "evidences.actor.session.created_time", "",
		"evidences.user.name", `"jan"`, // the first; the other is among the observables
		"evidences.src_endpoint", `{"name":"s3.amazonaws.com"}`,
		"resources", `[{"region":"eu-central-1","uid":"arn:aws:s3:::a"},{"region":"eu-central-1","uid":"arn:aws:s3:::b"}]`)
	if !strings.Contains(lists.at("observables"), `"maria"`) {
		t.Error("maria is not among the observables")
	}
}
