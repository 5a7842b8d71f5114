package elastic_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/conf"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/elastic"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
)

// TestBuiltin holds the built-in rule to the facts it has to have.
func TestBuiltin(t *testing.T) {
	set, err := files.Load("builtin", conf.Rules(), elastic.Formats("kuery")...)
	if err != nil || len(set.Rules) != 1 || len(set.Skipped) != 0 {
		t.Fatalf("%+v, %v", set, err)
	}
	r := set.Rules[0]
	for what, pair := range map[string][2]any{
		"rule_id":       {r.ID, "873b5452-074e-11ef-852e-f661ea17fbcc"},
		"name":          {r.Name, "AWS EC2 Instance Connect SSH Public Key Uploaded"},
		"slug":          {r.Slug(), "aws-ec2-instance-connect-ssh-public-key-uploaded"},
		"file":          {r.Source.Path, "builtin/" + r.Slug() + ".toml"},
		"version":       {r.Version, 1},
		"author":        {strings.Join(r.Author, ","), "Elastic"},
		"license":       {r.License, "Elastic License v2"},
		"ruleset":       {r.Source.Ruleset, "elastic/detection-rules"},
		"severity":      {r.Severity, rule.Medium},
		"risk_score":    {r.RiskScore, 47},
		"interval":      {r.Interval, "5m"},
		"from":          {r.From, "now-9m"},
		"max_signals":   {r.MaxSignals, 100},
		"index":         {strings.Join(r.Index, ","), "filebeat-*,logs-aws.cloudtrail-*"},
		"tactic":        {r.Threat[0].Tactic.ID, "TA0004"},
		"technique":     {r.Threat[0].Technique[0].ID, "T1098"},
		"subtechnique":  {r.Threat[0].Technique[0].Subtechnique[0].ID, "T1098.004"},
		"tags":          {strings.Join(r.Tags, "; "), "Domain: Cloud; Data Source: AWS; Data Source: Amazon Web Services; Data Source: AWS EC2; Use Case: Identity and Access Audit; Tactic: Privilege Escalation"},
		"references":    {len(r.References), 4},
		"notices":       {len(r.Notices), 0},
		"reason fields": {strings.Join(r.Extension.Reason.Fields(), " "), "fluent_detect.key.console cloud.target.instance.id user.target.name user.name source.address"},
		"query": {r.Query.Text, "event.dataset: aws.cloudtrail and event.provider: ec2-instance-connect.amazonaws.com and " +
			"event.action: (SendSSHPublicKey or SendSerialConsoleSSHPublicKey) and event.outcome: success"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
	for _, word := range []string{"Triage", "False positives", "Response", "EnableSerialConsoleAccess"} {
		if !strings.Contains(r.Note, word) {
			t.Errorf("the investigation guide does not speak of %s", word)
		}
	}
}

// TestBuiltinEvents checks the events of the built-in rule's tests: CloudTrail
// records of our own making, each with an identity of its own.
func TestBuiltinEvents(t *testing.T) {
	set, err := files.Load("builtin", conf.Rules(), elastic.Formats("kuery")...)
	if err != nil {
		t.Fatal(err)
	}
	ours := regexp.MustCompile(`^(203\.0\.113|198\.51\.100)\.\d+$|\.amazonaws\.com$`)
	seen := map[string]string{}
	var identities, expected []string
	for _, test := range set.Rules[0].Extension.Tests {
		one := &test.Events[0]
		var e struct {
			EventID, EventName, EventSource, SourceIPAddress, RecipientAccountID string
			UserIdentity                                                         struct{ Type string }
		}
		if err := json.Unmarshal(one.Event, &e); err != nil {
			t.Errorf("%s: %v", test.Name, err)
		}
		if other := seen[e.EventID]; other != "" || e.EventID == "" {
			t.Errorf("%s: event ID %q, as in %s", test.Name, e.EventID, other)
		}
		seen[e.EventID] = test.Name
		if !ours.MatchString(e.SourceIPAddress) || e.RecipientAccountID != "111122223333" {
			t.Errorf("%s: address %s, account %s", test.Name, e.SourceIPAddress, e.RecipientAccountID)
		}
		if one.WantAlert() != (one.Expect == rule.ExpectAlert) {
			t.Errorf("%s: WantAlert is %v", test.Name, one.WantAlert())
		}
		identities = append(identities, e.UserIdentity.Type)
		expected = append(expected, one.Expect+" "+e.EventName)
	}
	for _, want := range []string{"IAMUser", "AssumedRole", "Root", "FederatedUser", "AWSService", "IdentityCenterUser"} {
		if !slices.Contains(identities, want) {
			t.Errorf("no test has an identity of type %s", want)
		}
	}
	for _, want := range []string{
		"alert SendSSHPublicKey", "alert SendSerialConsoleSSHPublicKey", "none SendSSHPublicKey", "none sendSSHPublicKey",
		"none OpenTunnel", "none EnableSerialConsoleAccess",
	} {
		if !slices.Contains(expected, want) {
			t.Errorf("no test expects %s", want)
		}
	}
}
