package alert

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// example is a pushed key. The alert_id and the fingerprint of the key that its alert
// must have were not computed by this package.
const example = `{"awsRegion":"eu-south-1","eventCategory":"Management","eventID":"5d0c4f7e-9f0a-4c8f-8a8e-3c7b1f2d6e90","eventName":"SendSSHPublicKey","eventSource":"ec2-instance-connect.amazonaws.com","eventTime":"2024-08-01T13:24:47Z","eventType":"AwsApiCall","eventVersion":"1.08","managementEvent":true,"readOnly":false,"recipientAccountId":"111122223333","requestID":"7c1b0a52-4f1e-4a6d-9a3b-2e8d5c4f6b17","requestParameters":{"instanceId":"i-0123456789abcdef0","instanceOSUser":"ec2-user","sSHPublicKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"},"responseElements":{"requestId":"7c1b0a52-4f1e-4a6d-9a3b-2e8d5c4f6b17","success":true},"sourceIPAddress":"203.0.113.7","tlsDetails":{"cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2-instance-connect.eu-south-1.amazonaws.com","tlsVersion":"TLSv1.3"},"userAgent":"aws-cli/2.17.20","userIdentity":{"accessKeyId":"AKIAEXAMPLEEXAMPLE00","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/ada","principalId":"AIDAEXAMPLEEXAMPLE000","type":"IAMUser","userName":"ada"}}`

func TestExample(t *testing.T) {
	r := builtin(t)
	a := Arrival{Tag: "cloudtrail.s3",
		Read: time.Date(2024, 8, 1, 13, 29, 50, 118e6, time.UTC), Now: time.Date(2024, 8, 1, 13, 29, 50, 120e6, time.UTC)}
	m := NewMaker(r, testObserver, FormatKibana, testFields)
	var alert []byte
	visit(t, example, func(e *event.Event) { alert = m.Make(nil, idFor(r.ID, e), e, subjectOf(e), a) })
	decode(t, alert).want(t,
		"alert_id", `"f8ff79954df65cb45fe5e0c9d7c2cae1d54e6912e41edb860be1afbb05a4b400"`,
		"@timestamp", `"2024-08-01T13:29:50.120Z"`,
		"event.kind", `"alert"`,
		"event.category", `["intrusion_detection"]`,
		"event.action", `"SendSSHPublicKey"`,
		"event.provider", `"ec2-instance-connect.amazonaws.com"`,
		"event.outcome", `"success"`,
		"event.id", `"5d0c4f7e-9f0a-4c8f-8a8e-3c7b1f2d6e90"`,
		"event.start", `"2024-08-01T13:24:47.000Z"`,
		"event.created", `"2024-08-01T13:29:50.118Z"`,
		"event.severity", `47`,
		"event.risk_score", `47.0`,
		"event.reason", `"SSH public key pushed to i-0123456789abcdef0 for ec2-user by ada from 203.0.113.7"`,
		"cloud.account.id", `"111122223333"`,
		"cloud.region", `"eu-south-1"`,
		"cloud.target.instance.id", `"i-0123456789abcdef0"`,
		"user.name", `"ada"`,
		"user.id", `"AIDAEXAMPLEEXAMPLE000"`,
		"user.target.name", `"ec2-user"`,
		"source", `{"address":"203.0.113.7","ip":"203.0.113.7"}`,
		"user_agent.original", `"aws-cli/2.17.20"`,
		"tls", `{"cipher":"TLS_AES_128_GCM_SHA256","client":{"server_name":"ec2-instance-connect.eu-south-1.amazonaws.com"},"version":"1.3","version_protocol":"tls"}`,
		"related", `{"hash":["SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA"],"ip":["203.0.113.7"],"user":["ada","ec2-user"]}`,
		"aws.cloudtrail.event_version", `"1.08"`,
		"aws.cloudtrail.event_type", `"AwsApiCall"`,
		"aws.cloudtrail.event_category", `"Management"`,
		"aws.cloudtrail.read_only", `false`,
		"aws.cloudtrail.recipient_account_id", `"111122223333"`,
		"aws.cloudtrail.request_id", `"7c1b0a52-4f1e-4a6d-9a3b-2e8d5c4f6b17"`,
		"aws.cloudtrail.user_identity", `{"access_key_id":"AKIAEXAMPLEEXAMPLE00","arn":"arn:aws:iam::111122223333:user/ada","type":"IAMUser"}`,
		"aws.cloudtrail.flattened.response_elements", `{"requestId":"7c1b0a52-4f1e-4a6d-9a3b-2e8d5c4f6b17","success":true}`,
		"kibana.alert.uuid", `"f8ff79954df65cb45fe5e0c9d7c2cae1d54e6912e41edb860be1afbb05a4b400"`,
		"kibana.alert.status", `"active"`,
		"kibana.alert.workflow_status", `"open"`,
		"kibana.alert.severity", `"medium"`,
		"kibana.alert.risk_score", `47`,
		"kibana.alert.depth", `1`,
		"kibana.alert.original_time", `"2024-08-01T13:24:47.000Z"`,
		"kibana.alert.start", `"2024-08-01T13:29:50.120Z"`,
		"kibana.alert.last_detected", `"2024-08-01T13:29:50.120Z"`,
		"kibana.alert.original_event.action", `"SendSSHPublicKey"`,
		"kibana.alert.original_event.dataset", `"aws.cloudtrail"`,
		"kibana.alert.original_event.id", `"5d0c4f7e-9f0a-4c8f-8a8e-3c7b1f2d6e90"`,
		"kibana.alert.ancestors", `[{"depth":0,"id":"5d0c4f7e-9f0a-4c8f-8a8e-3c7b1f2d6e90","index":"","type":"event"}]`,
		"kibana.alert.reason", `"event with source 203.0.113.7 by ada created medium alert AWS EC2 Instance Connect SSH Public Key Uploaded."`,
		"kibana.alert.rule.rule_id", `"873b5452-074e-11ef-852e-f661ea17fbcc"`,
		"kibana.alert.rule.name", `"AWS EC2 Instance Connect SSH Public Key Uploaded"`,
		"kibana.alert.rule.type", `"query"`,
		"kibana.alert.rule.version", `1`,
		"kibana.alert.rule.severity", `"medium"`,
		"kibana.alert.rule.risk_score", `47`,
		"kibana.alert.rule.max_signals", `100`,
		"kibana.alert.rule.interval", `"5m"`,
		"kibana.alert.rule.from", `"now-9m"`,
		"kibana.alert.rule.indices", `["filebeat-*","logs-aws.cloudtrail-*"]`,
		"kibana.alert.rule.threat", `[{"framework":"MITRE ATT&CK",`+
			`"tactic":{"id":"TA0004","name":"Privilege Escalation","reference":"https://attack.mitre.org/tactics/TA0004/"},`+
			`"technique":[{"id":"T1098","name":"Account Manipulation","reference":"https://attack.mitre.org/techniques/T1098/",`+
			`"subtechnique":[{"id":"T1098.004","name":"SSH Authorized Keys","reference":"https://attack.mitre.org/techniques/T1098/004/"}]}]}]`,
		"kibana.alert.suppression", `{"docs_count":0,"terms":[]}`,
		"fluent_detect.schema", `"2"`,
		"fluent_detect.input.tag", `"cloudtrail.s3"`,
		"fluent_detect.key", `{"expires":"2024-08-01T13:25:47.000Z","fingerprint":"SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA","type":"ssh-ed25519"}`,
		"fluent_detect.latency_ms", `303120`,
		"fluent_detect.duplicate_count", `0`,
		"fluent_detect.integrity", `[]`,
	)
}

// The events of many services, whatever is in them, make readable alerts in every format,
// and a reason that says what was done and by whom.
func TestManyServices(t *testing.T) {
	var own []string
	for i := range 60 {
		own = append(own, events.Ordinary(i))
	}
	t.Run("own", func(t *testing.T) { checkServices(t, own) })
	t.Run("shared", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "corpus", "stratus.ndjson"))
		if err != nil {
			t.Skipf("real events were not tested: %v", err)
		}
		checkServices(t, strings.Split(strings.TrimSpace(string(text)), "\n"))
	})
}

func checkServices(t *testing.T, lines []string) {
	r := anything(t)
	for _, line := range lines {
		for _, f := range formats {
			checkAlert(t, f, makeAlert(t, r, f, line))
		}
		var event struct {
			EventName string
		}
		if err := json.NewDecoder(strings.NewReader(line)).Decode(&event); err != nil {
			t.Fatal(err)
		}
		reason := decode(t, makeAlert(t, r, FormatECS, line)).at("event.reason")
		if !strings.HasPrefix(reason, `"`+event.EventName+" (") || !strings.Contains(reason, " by ") || !strings.Contains(reason, " from ") {
			t.Errorf("a reason that says too little: %s", reason)
		}
	}
}
