package alert

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

func TestReasonOfTheBuiltinRule(t *testing.T) {
	r := builtin(t)
	push := eventFile(t, "push")
	for _, c := range []struct{ name, event, want string }{
		{"all of it", push, "SSH public key pushed to i-0123456789abcdef0 for ec2-user by maria from 203.0.113.25"},
		{"no user of the system", eventFile(t, "serial"), "SSH public key for the serial console pushed to i-0123456789abcdef0 by Operations from 2001:db8::17"},
		{"the older names", eventFile(t, "older"), "SSH public key pushed to i-0123456789abcdef0 for ubuntu by maria from 198.51.100.7"},
		{"nothing known", `{"eventName":"SendSSHPublicKey"}`, "SSH public key pushed"},
	} {
		decode(t, makeAlert(t, r, FormatECS, c.event)).want(t, "event.reason", `"`+c.want+`"`)
	}
}

// Without a template the sentence says what was done, to what, by whom, from
// where, and whether it worked.
func TestReasonOfOtherRules(t *testing.T) {
	r := anything(t)
	for _, c := range []struct{ event, want string }{
		{eventFile(t, "push"), "SendSSHPublicKey (ec2-instance-connect) on i-0123456789abcdef0 by maria from 203.0.113.25"},
		{eventFile(t, "s3"), "DeleteObject (s3) on example-archive by Backup from 198.51.100.8"},
		{eventFile(t, "iam"), "AttachUserPolicy (iam) on jan by maria from 203.0.113.25 failed: AccessDenied"},
		{eventFile(t, "console-login"), "ConsoleLogin (signin) by root from 192.0.2.99 failed: Failed authentication"},
		{eventFile(t, "ec2"), "TerminateInstances (ec2) on i-0123456789abcdef0 by autoscaling.amazonaws.com from autoscaling.amazonaws.com"},
		{with(t, eventFile(t, "s3"), "eventSource", `"kms.amazonaws.com"`, "eventName", `"Decrypt"`, "requestParameters", `{"encryptionContext":{}}`),
			"Decrypt (kms) on arn:aws:s3:::example-archive/2024/12/ledger.parquet by Backup from 198.51.100.8"},
		{`{"eventSource":"ec2.amazonaws.com"}`, "Anything in CloudTrail (ec2)"},
		{`{"eventName":"StopInstances","errorMessage":"no"}`, "StopInstances failed: no"},
	} {
		decode(t, makeAlert(t, r, FormatECS, c.event)).want(t, "event.reason", `"`+c.want+`"`)
	}
}

func TestTemplate(t *testing.T) {
	for _, c := range []struct{ template, want string }{
		{"{event.action} at {@timestamp}", "SendSSHPublicKey at 2025-03-04T09:01:00.000Z"},
		{"{cloud.account.id}/{cloud.region}: {aws.cloudtrail.flattened.request_parameters.availabilityZone}", "111122223333/eu-central-1: eu-central-1a"},
		{"read only: {aws.cloudtrail.read_only}", "read only: false"},
		{"after {fluent_detect.latency_ms} ms, {fluent_detect.key.fingerprint}", "after 840300 ms, " + printEd25519},
		{"[nothing {source.geo.country_name}]{{as [[written]]}}", "{as [written]}"},
		{"[x {tls.version} {source.as.number}][y {tls.version}]", "y 1.3"},
		{"|{source.geo.country_name}|", "||"},
	} {
		r := *anything(t)
		var err error
		if r.Extension.Reason, err = rule.ParseTemplate(c.template); err != nil {
			t.Fatal(err)
		}
		decode(t, makeAlert(t, &r, FormatECS, eventFile(t, "push"))).want(t, "event.reason", `"`+c.want+`"`)
	}
}

func TestReasonAsKibanaWordsIt(t *testing.T) {
	r := anything(t)
	for _, c := range []struct{ event, want string }{
		{eventFile(t, "push"), "event with source 203.0.113.25 by maria created high alert Anything in CloudTrail."},
		{eventFile(t, "console-login"), "event with source 192.0.2.99 created high alert Anything in CloudTrail."},
		{`{"eventName":"X","userIdentity":{"userName":"ma\nria"}}`, "event with by ma?ria created high alert Anything in CloudTrail."},
		{`{"eventName":"X"}`, "event created high alert Anything in CloudTrail."},
		{eventFile(t, "serial"), "event with source 2001:db8::17 by Operations created high alert Anything in CloudTrail (for the serial console)."},
	} {
		decode(t, makeAlert(t, r, FormatKibana, c.event)).want(t, "kibana.alert.reason", `"`+c.want+`"`)
	}
}
