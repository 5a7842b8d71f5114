package detector

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

const sigmaRules = `title: Trail Stopped
id: 4a1f2c58-7d0e-4a55-9c2e-6f0a4a9b3c12
author: A. N. Author
logsource: {product: aws, service: cloudtrail}
detection:
  call: {eventSource: cloudtrail.amazonaws.com, eventName: [StopLogging, DeleteTrail]}
  somebody: {userIdentity.userName|contains: a}
  known: {userIdentity.userName: ci}
  condition: (call and 1 of *body) and not known
fields: [userIdentity.userName, requestParameters.name]
level: high
---
title: Any Call of a Trail
id: 4a1f2c58-7d0e-4a55-9c2e-6f0a4a9b3c13
logsource: {service: cloudtrail}
detection:
  any: {eventSource: CloudTrail.*}
  condition: any
level: informational
`

// A Sigma rule beside one of Elastic's: both alert. The alert of the former names its
// author, what held, and the fields that the rule asks for. Rules below the level are
// counted.
func TestSigmaRules(t *testing.T) {
	const event = `{"eventSource":"cloudtrail.amazonaws.com","eventName":"stopLOGGING","eventID":"1","eventTime":"2026-03-02T09:00:00Z","userIdentity":{"userName":"alice"},"requestParameters":{"name":"main"}}`
	b := newBench(t, "rules", "builtin,"+write(t, "r.yml", sigmaRules))
	b.mustScan(event, push(1), strings.Replace(event, "alice", "ci", 1))
	alerts := b.wantAlerts(2)
	var shared map[string]any
	for _, a := range alerts {
		if a["alert_rule"] == "trail-stopped" {
			shared = a
		}
	}
	if shared == nil {
		t.Fatalf("no alert of the Sigma rule: %v", alerts)
	}
	ofRule := shared["fluent_detect"].(map[string]any)["rule"].(map[string]any)
	for name, want := range map[string]string{"selections": "[call somebody]", "fields": "[userIdentity.userName: alice requestParameters.name: main]", "level": "high"} {
		if got := fmt.Sprint(ofRule[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if reason := shared["event"].(map[string]any)["reason"].(string); !strings.HasSuffix(reason, " (rule by A. N. Author)") {
		t.Errorf("reason: %s", reason)
	}
	if n := b.engine.Report().Outcomes[stats.BelowLevel]; n != 2 {
		t.Errorf("%d matches are below the level, want 2", n)
	}
	b = &bench{t: t, box: b.box, consumer: b.consumer, state: NewState(), now: b.now}
	b.openWith(func(c *Config) { c.MinLevel = rule.LevelInformational }, "rules", write(t, "r.yml", sigmaRules))
	b.mustScan(event)
	b.wantAlerts(2)
}
