package alert

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// corpus reads a file of real CloudTrail events that lies beside the project,
// and skips the test when it is not there.
func corpus(t *testing.T, name string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "corpus", name))
	if err != nil {
		t.Skipf("real events were not tested: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		lines = append(lines, line)
	}
	return lines
}

// The alert of a certain real event is written down: compare with that.
func TestCorpusExample(t *testing.T) {
	line := corpus(t, "instance-connect.ndjson")[0]
	r := builtin(t)
	a := Arrival{Tag: "cloudtrail.s3",
		Read: time.Date(2024, 8, 1, 13, 29, 50, 118e6, time.UTC), Now: time.Date(2024, 8, 1, 13, 29, 50, 120e6, time.UTC)}
	m := NewMaker(r, testObserver, FormatKibana, testFields)
	var alert []byte
	visit(t, line, func(e *event.Event) { alert = m.Make(nil, idFor(r.ID, e), e, subjectOf(e), a) })
	decode(t, alert).want(t,
		"alert_id", `"9ce26d89a7086c196313409f4b5ab2cf0a953df2d0d4595e36bf4d5034cdfbcb"`,
		"@timestamp", `"2024-08-01T13:29:50.120Z"`,
		"event.kind", `"alert"`,
		"event.category", `["intrusion_detection"]`,
		"event.action", `"SendSSHPublicKey"`,
		"event.provider", `"ec2-instance-connect.amazonaws.com"`,
		"event.outcome", `"success"`,
		"event.id", `"0968cbec-f8df-43f3-94ba-b451aad083ed"`,
		"event.start", `"2024-08-01T13:24:47.000Z"`,
		"event.created", `"2024-08-01T13:29:50.118Z"`,
		"event.severity", `47`,
		"event.risk_score", `47.0`,
		"event.reason", `"SSH public key pushed to i-fDb357cB7e99ad973 for ec2-user by christophe from 246.227.146.251"`,
		"cloud.account.id", `"572910899909"`,
		"cloud.region", `"eu-south-1r"`,
		"cloud.target.instance.id", `"i-fDb357cB7e99ad973"`,
		"user.name", `"christophe"`,
		"user.id", `"AIDAHG2QGAX7XGTRYBZ5"`,
		"user.target.name", `"ec2-user"`,
		"source", `{"address":"246.227.146.251","ip":"246.227.146.251"}`,
		"user_agent.original", `"stratus-red-team_84a22508-bcc6-424d-9973-3f841ebf8875"`,
		"tls", `{"cipher":"TLS_AES_128_GCM_SHA256","client":{"server_name":"ec2-instance-connect.eu-south-1r.amazonaws.com"},"version":"1.3","version_protocol":"tls"}`,
		"related", `{"hash":["SHA256:xq6092IJhV+0W2wifL9mSmJHQoMb2h2KFNrpk4YEAW8"],"ip":["246.227.146.251"],"user":["christophe","ec2-user"]}`,
		"aws.cloudtrail.event_version", `"1.08"`,
		"aws.cloudtrail.event_type", `"AwsApiCall"`,
		"aws.cloudtrail.event_category", `"Management"`,
		"aws.cloudtrail.read_only", `false`,
		"aws.cloudtrail.recipient_account_id", `"572910899909"`,
		"aws.cloudtrail.request_id", `"1f1786bd-e04c-4fd9-af8c-6a5d69376c41"`,
		"aws.cloudtrail.user_identity", `{"access_key_id":"AKIAGM9ZC9KUL0AYEVUM","arn":"arn:aws:iam::572910899909:user/christophe","type":"IAMUser"}`,
		"aws.cloudtrail.flattened.response_elements", `{"requestId":"1f1786bd-e04c-4fd9-af8c-6a5d69376c41","success":true}`,
		"kibana.alert.uuid", `"9ce26d89a7086c196313409f4b5ab2cf0a953df2d0d4595e36bf4d5034cdfbcb"`,
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
		"kibana.alert.original_event.id", `"0968cbec-f8df-43f3-94ba-b451aad083ed"`,
		"kibana.alert.ancestors", `[{"depth":0,"id":"0968cbec-f8df-43f3-94ba-b451aad083ed","index":"","type":"event"}]`,
		"kibana.alert.reason", `"event with source 246.227.146.251 by christophe created medium alert AWS EC2 Instance Connect SSH Public Key Uploaded."`,
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
		"fluent_detect.schema", `"1"`,
		"fluent_detect.input.tag", `"cloudtrail.s3"`,
		"fluent_detect.key", `{"expires":"2024-08-01T13:25:47.000Z","fingerprint":"SHA256:xq6092IJhV+0W2wifL9mSmJHQoMb2h2KFNrpk4YEAW8","type":"ssh-ed25519"}`,
		"fluent_detect.latency_ms", `303120`,
		"fluent_detect.duplicate_count", `0`,
		"fluent_detect.integrity", `[]`,
	)
}

// Every real event, whatever the service, makes a readable alert in every
// format, and a sentence that says what was done and by whom.
func TestCorpus(t *testing.T) {
	r := anything(t)
	lines := corpus(t, "stratus.ndjson")
	for _, line := range lines {
		for _, f := range formats {
			checkAlert(t, f, makeAlert(t, r, f, line))
		}
		var event struct {
			EventName string
		}
		if err := json.NewDecoder(bytes.NewReader([]byte(line))).Decode(&event); err != nil {
			t.Fatal(err)
		}
		reason := decode(t, makeAlert(t, r, FormatECS, line)).at("event.reason")
		if !strings.HasPrefix(reason, `"`+event.EventName+" (") || !strings.Contains(reason, " by ") || !strings.Contains(reason, " from ") {
			t.Errorf("a sentence that says too little: %s", reason)
		}
	}
	t.Logf("%d real events", len(lines))
}
