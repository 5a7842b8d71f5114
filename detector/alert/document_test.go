package alert

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// TestContract goes through what the alert of the built-in rule has to be, field
// by field.
func TestContract(t *testing.T) {
	r := builtin(t)
	d := decode(t, makeAlert(t, r, FormatECS, eventFile(t, "push")))
	sentence := `"SSH public key pushed to i-0123456789abcdef0 for ec2-user by maria from 203.0.113.25"`
	d.want(t,
		// For tools that cannot address nested keys.
		"alert_id", `"`+UUID(idOf(t, r.ID, eventFile(t, "push")))+`"`,
		"alert_rule", `"aws-ec2-instance-connect-ssh-public-key-uploaded"`,
		"alert_severity", `"medium"`,

		"@timestamp", `"2025-03-04T09:15:00.300Z"`, // when the alert was made
		"event.kind", `"alert"`, // never signal, which is Elastic's own
		"event.category", `["intrusion_detection"]`,
		"event.type", `["info"]`,
		"event.dataset", `"fluent_detect.alert"`, // not aws.cloudtrail: Elastic's copy of the rule would match
		"event.module", `"fluent_detect"`,
		"event.action", `"SendSSHPublicKey"`,
		"event.provider", `"ec2-instance-connect.amazonaws.com"`,
		"event.outcome", `"success"`,
		"event.id", `"0b0f7a1c-0001-4000-8000-000000000001"`,
		"event.start", `"2025-03-04T09:01:00.000Z"`, // eventTime
		"event.created", `"2025-03-04T09:15:00.250Z"`, // when the shipper read it
		"event.severity", `47`,
		"event.risk_score", `47.0`,
		"event.reason", sentence,
		"message", `"AWS EC2 Instance Connect SSH Public Key Uploaded"`,
		"ecs.version", `"8.17.0"`,
		"data_stream", `{"dataset":"fluent_detect.alert","namespace":"default","type":"logs"}`,

		// From the rule.
		"tags", `["fluent-detect","Domain: Cloud","Data Source: AWS","Data Source: Amazon Web Services","Data Source: AWS EC2","Use Case: Identity and Access Audit","Tactic: Privilege Escalation"]`,
		"rule.id", `"873b5452-074e-11ef-852e-f661ea17fbcc"`,
		"rule.name", `"AWS EC2 Instance Connect SSH Public Key Uploaded"`,
		"rule.version", `"1"`,
		"rule.author", `["Elastic"]`,
		"rule.license", `"Elastic License v2"`,
		"rule.reference", `"`+r.References[0]+`"`,
		"rule.ruleset", `"elastic/detection-rules"`,
		"threat.framework", `"MITRE ATT&CK"`,
		"threat.tactic.id", `["TA0004"]`,
		"threat.tactic.name", `["Privilege Escalation"]`,
		"threat.technique.id", `["T1098"]`,
		"threat.technique.name", `["Account Manipulation"]`,
		"threat.technique.subtechnique.id", `["T1098.004"]`,
		"threat.technique.subtechnique.name", `["SSH Authorized Keys"]`,

		// From the event.
		"cloud.provider", `"aws"`,
		"cloud.region", `"eu-central-1"`,
		"cloud.account.id", `"111122223333"`,
		"cloud.target.instance.id", `"i-0123456789abcdef0"`,
		"user.name", `"maria"`,
		"user.id", `"AIDAEXAMPLEUSER00001"`,
		"user.target.name", `"ec2-user"`,
		"source.address", `"203.0.113.25"`,
		"source.ip", `"203.0.113.25"`,
		"user_agent.original", `"aws-cli/2.24.0 md/awscrt#0.23.8"`,
		"tls", `{"cipher":"TLS_AES_128_GCM_SHA256","client":{"server_name":"ec2-instance-connect.eu-central-1.amazonaws.com"},"version":"1.3","version_protocol":"tls"}`,
		"related.user", `["maria","ec2-user"]`,
		"related.ip", `["203.0.113.25"]`,
		"related.hash", `["SHA256:xDGoKZ0Bq53jb7HoSfaWvgceZHP5kGq74dHyDijOddQ"]`,
		"aws.cloudtrail.user_identity", `{"access_key_id":"AKIAMADEUP001EXAMPLE","arn":"arn:aws:iam::111122223333:user/maria","type":"IAMUser"}`,
		"aws.cloudtrail.read_only", `false`,
		"aws.cloudtrail.management_event", `"true"`, // a keyword in the ECS view
		"aws.cloudtrail.recipient_account_id", `"111122223333"`,
		"aws.cloudtrail.flattened.response_elements", `{"requestId":"5b3c1d3e-0001-4000-8000-000000000001","success":true}`,
		"aws.cloudtrail.response_elements", `"{requestId=5b3c1d3e-0001-4000-8000-000000000001, success=true}"`,

		// Ours.
		"observer", `{"hostname":"host.example.org","product":"fluent-detect","type":"detector","vendor":"fluent-detect","version":"v1.2.3"}`,
		"fluent_detect.schema", `"2"`,
		"fluent_detect.input.tag", `"cloudtrail.s3"`,
		"fluent_detect.shape", `"raw"`,
		"fluent_detect.key", `{"expires":"2025-03-04T09:02:00.000Z","fingerprint":"SHA256:xDGoKZ0Bq53jb7HoSfaWvgceZHP5kGq74dHyDijOddQ","type":"ssh-ed25519"}`,
		"fluent_detect.latency_ms", `840300`,
		"fluent_detect.integrity", `[]`,
		"fluent_detect.duplicate_count", `0`, // the alert comes out before its duplicates
		"fluent_detect.rule.sha256", `"`+r.Source.SHA256+`"`,
		"kibana", "",
	)
}

// All of the ECS view that the event has is in the alert under the same names,
// but for what the alert has a word of its own for.
func TestTheECSViewIsInTheAlert(t *testing.T) {
	for _, name := range []string{"push", "serial", "older", "s3", "iam", "console-login", "ec2", "located"} {
		alert := decode(t, makeAlert(t, anything(t), FormatECS, eventFile(t, name)))
		visit(t, eventFile(t, name), func(e *event.Event) {
			for _, field := range testFields.schema.Names() {
				f := testFields.schema.Field(field)
				if slices.Contains(notCopied, field) || f.RulesOnly || f.Type == event.TypeFlattened {
					continue
				}
				var want []string
				for _, v := range e.Values(f) {
					text := string(jsontext.AppendJSON(nil, v))
					if f.Type == event.TypeDate { // in one form
						text = strings.Replace(text, `Z"`, `.000Z"`, 1)
					}
					want = append(want, text)
				}
				got := alert.at(field)
				if field == "user.target.name" && name != "iam" { // the user of the operating system
					continue
				}
				if w := strings.Join(want, ","); got != w && got != "["+w+"]" {
					t.Errorf("%s: %s is %s, want %s", name, field, or(got, "absent"), or(w, "absent"))
				}
			}
		})
	}
}

func TestIdentities(t *testing.T) {
	tests := []struct {
		identity string // userIdentity
		fields   [4]string
		// user.name, user.id, related.user, the end of the reason
	}{
		{`{"type":"IAMUser","principalId":"AIDAX","arn":"arn:aws:iam::111122223333:user/maria","accountId":"111122223333","userName":"maria"}`,
			[4]string{`"maria"`, `"AIDAX"`, `["maria","ec2-user"]`, `by maria from`}},
		{`{"type":"AssumedRole","principalId":"AROAX:session","arn":"arn:aws:sts::111122223333:assumed-role/Ops/session","sessionContext":{"sessionIssuer":{"type":"Role","userName":"Ops"}}}`,
			[4]string{`"Ops"`, `"AROAX:session"`, `["Ops","ec2-user"]`, `by Ops from`}},
		{`{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"}`,
			[4]string{``, `"111122223333"`, `["root","ec2-user"]`, `by root from`}},
		{`{"type":"FederatedUser","principalId":"111122223333:jan","arn":"arn:aws:sts::111122223333:federated-user/jan","sessionContext":{"sessionIssuer":{"type":"IAMUser","userName":"broker"}}}`,
			[4]string{`"broker"`, `"111122223333:jan"`, `["broker","ec2-user"]`, `by broker from`}},
		{`{"type":"AWSService","invokedBy":"ssm.amazonaws.com"}`,
			[4]string{``, ``, `["ssm.amazonaws.com","ec2-user"]`, `by ssm.amazonaws.com from`}},
		{`{"type":"AWSAccount","principalId":"AIDAOTHER","accountId":"444455556666"}`,
			[4]string{``, `"AIDAOTHER"`, `["AIDAOTHER","ec2-user"]`, `by AIDAOTHER from`}},
		{`{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"94482488-3041-7000-8000-000000000001","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-0000000001"}}`,
			[4]string{``, `"94482488-3041-7000-8000-000000000001"`, `["94482488-3041-7000-8000-000000000001","ec2-user"]`, `by 94482488-3041-7000-8000-000000000001 from`}},
		{`{"type":"WebIdentityUser","principalId":"accounts.example.org:app:jan","userName":"jan","identityProvider":"accounts.example.org"}`,
			[4]string{`"jan"`, `"accounts.example.org:app:jan"`, `["jan","ec2-user"]`, `by jan from`}},
		{`{"type":"SAMLUser","principalId":"hash=:jan","userName":"jan","identityProvider":"hash="}`,
			[4]string{`"jan"`, `"hash=:jan"`, `["jan","ec2-user"]`, `by jan from`}},
		{`{"type":"Unknown","arn":"arn:aws:iam::111122223333:odd/one"}`,
			[4]string{``, ``, `["arn:aws:iam::111122223333:odd/one","ec2-user"]`, `by arn:aws:iam::111122223333:odd/one from`}},
		{`{}`, [4]string{``, ``, `["ec2-user"]`, `for ec2-user from`}},
		{`null`, [4]string{``, ``, `["ec2-user"]`, `for ec2-user from`}},
	}
	r := builtin(t)
	for _, test := range tests {
		var id struct{ Type string }
		_ = json.Unmarshal([]byte(test.identity), &id)
		t.Run(or(id.Type, test.identity), func(t *testing.T) {
			rec := with(t, eventFile(t, "push"), "userIdentity", test.identity)
			d := decode(t, makeAlert(t, r, FormatECS, rec))
			d.want(t, "user.name", test.fields[0], "user.id", test.fields[1], "related.user", test.fields[2])
			if reason := d.at("event.reason"); !strings.Contains(reason, " "+test.fields[3]+" 203.0.113.25") {
				t.Errorf("reason is %s, want in it %s", reason, test.fields[3])
			}
			// OCSF knows an actor wherever the reason names one.
			o := decode(t, makeAlert(t, r, FormatOCSF, rec))
			_, by, _ := strings.Cut(test.fields[3], "by ")
			name, _, named := strings.Cut(by, " from")
			want := ""
			if named {
				want = fmt.Sprintf("%q", name)
			}
			o.want(t, "evidences.actor.user.name", want, "evidences.user.name", `"ec2-user"`)
		})
	}
}

// Whatever the format, the record has the id, and where the schema has room for them the
// keys that simple tools need, and a detector does not evaluate it.
func TestEveryFormat(t *testing.T) {
	r := builtin(t)
	for _, f := range formats {
		alert := makeAlert(t, r, f, eventFile(t, "push"))
		id, slug, severity := "alert_id", "alert_rule", "alert_severity"
		if f == FormatOCSF {
			id, slug, severity = "finding_info.uid", "unmapped.alert_rule", ""
		}
		d := decode(t, alert)
		d.want(t, id, `"`+UUID(idOf(t, r.ID, eventFile(t, "push")))+`"`, slug, `"`+r.Slug()+`"`)
		if severity != "" {
			d.want(t, severity, `"medium"`)
		}
		for _, rec := range []any{alert, `{"log":` + string(jsontext.AppendString(nil, AppendJSON(nil, alert))) + `}`} {
			if n := visit(t, rec, func(*event.Event) {}); n > 0 {
				t.Errorf("%s: the alert counts as %d events: it would be evaluated again", f, n)
			}
		}
	}
}

// When Kibana promotes an alert, every key that begins with kibana is deleted,
// and signal is not for others to write.
func TestNothingIsInKibanaAlone(t *testing.T) {
	r := builtin(t)
	ecs := decode(t, makeAlert(t, r, FormatECS, eventFile(t, "push")))
	kibana := decode(t, makeAlert(t, r, FormatKibana, eventFile(t, "push")))
	if kibana.at("kibana.alert.uuid") != ecs.at("alert_id") {
		t.Error("kibana.alert.uuid is not alert_id")
	}
	kibana.want(t, "event.kind", `"alert"`, "kibana.alert.original_event.kind", `"event"`, "signal", "")
	// An ancestor has one id, also when the event has two.
	twice := decode(t, makeAlert(t, r, FormatKibana, strings.Replace(eventFile(t, "push"), "{", `{"eventID":"another",`, 1)))
	twice.want(t, "kibana.alert.ancestors.id", `"another"`,
		"kibana.alert.original_event.id", `["another","0b0f7a1c-0001-4000-8000-000000000001"]`)
	eql := *r
	eql.Query.Language = "eql"
	decode(t, makeAlert(t, &eql, FormatKibana, eventFile(t, "push"))).want(t,
		"kibana.alert.rule.type", `"eql"`, "kibana.alert.rule.rule_type_id", `"siem.eqlRule"`, "kibana.alert.rule.category", `"Event Correlation Rule"`)
	esql := *r
	esql.Query.Language = "esql"
	decode(t, makeAlert(t, &esql, FormatKibana, eventFile(t, "push"))).want(t,
		"kibana.alert.rule.type", `"esql"`, "kibana.alert.rule.rule_type_id", `"siem.esqlRule"`, "kibana.alert.rule.category", `"ES|QL Rule"`)
	delete(kibana, "kibana")
	for name := range kibana {
		if kibana.at(name) != ecs.at(name) {
			t.Errorf("%s is %s, want as in ecs %s", name, kibana.at(name), ecs.at(name))
		}
	}
	if len(kibana) != len(ecs) {
		t.Errorf("%d keys beside kibana, want %d", len(kibana), len(ecs))
	}
}

func TestSeverities(t *testing.T) {
	for word, want := range map[string][3]string{ // event.severity, severity_id, severity
		"low": {"21", "2", `"Low"`}, "medium": {"47", "3", `"Medium"`}, "high": {"73", "4", `"High"`}, "critical": {"99", "5", `"Critical"`},
	} {
		r := *anything(t)
		r.Severity, _ = rule.ParseSeverity(word)
		decode(t, makeAlert(t, &r, FormatECS, eventFile(t, "push"))).want(t, "event.severity", want[0], "alert_severity", `"`+word+`"`)
		decode(t, makeAlert(t, &r, FormatOCSF, eventFile(t, "push"))).want(t, "severity_id", want[1], "severity", want[2])
		decode(t, makeAlert(t, &r, FormatKibana, eventFile(t, "push"))).want(t, "kibana.alert.severity", `"`+word+`"`)
	}
}
