package detector

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// writeRule writes a rule and returns its path.
func writeRule(t testing.TB, typ, language, index, q string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rule.toml")
	if index != "" {
		index = "index = " + index
	}
	text := fmt.Sprintf("[rule]\nname = \"R\"\nrule_id = \"00000000-0000-4000-8000-000000000001\"\ndescription = \"d\"\nrisk_score = 47\nseverity = \"medium\"\n"+
		"type = %q\nlanguage = %q\n%s\nquery = '''%s'''\n", typ, language, index, q)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	rawTrail = `{"eventSource":"ec2.amazonaws.com","eventName":"StartInstances","eventID":"1"}`
	rawAudit = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"1","stage":"ResponseComplete","verb":"create","requestURI":"/api"}`
	okta     = `{"data_stream":{"type":"logs","dataset":"okta.system","namespace":"default"},"event":{"action":"user.session.start","dataset":"okta.system"}}`
	oktaBeat = `{"event":{"action":"user.session.start","dataset":"okta.system"}}`
	mapped   = `{"data_stream":{"dataset":"aws.cloudtrail"},"event":{"action":"StartInstances"}}`
	anyone   = `{"event":{"action":"x"}}`
)

// A rule meets the events of its indices only.
func TestIndex(t *testing.T) {
	all := map[string]string{"trail": rawTrail, "audit": rawAudit, "okta": okta, "beat": oktaBeat, "mapped": mapped, "anyone": anyone}
	for _, c := range []struct{ index, met string }{
		{``, "anyone audit beat mapped okta trail"},
		{`["*"]`, "anyone audit beat mapped okta trail"},
		{`["logs-*"]`, "anyone audit beat mapped okta trail"},
		{`["logs-aws.cloudtrail-*"]`, "anyone mapped trail"},
		{`["filebeat-*"]`, "anyone beat trail"},
		{`["filebeat-*", "logs-aws.cloudtrail-*"]`, "anyone beat mapped trail"},
		{`["filebeat-*,logs-aws*"]`, "anyone beat mapped trail"},
		{`["logs-kubernetes.audit_logs-*"]`, "anyone audit"},
		{`["logs-okta*"]`, "anyone beat okta"},
		{`["logs-okta.system-default"]`, "anyone beat okta"},
		{`["logs-okta.system-prod"]`, "anyone beat"}, // the namespace of a document without data_stream is not known
		{`["logs-*", "-logs-aws.*"]`, "anyone audit beat okta"},
		{`["logs-*", "-logs-aws.*", "-logs-okta.system-*"]`, "anyone audit"},
		{`[".alerts-security.*"]`, ""},
		{`[".alerts-security.*", "logs-okta.system-*"]`, "anyone beat okta"},
		{`["logs-endpoint.events.*"]`, "anyone"},
		{`["winlogbeat-*"]`, "anyone"},
		{`["endgame-*"]`, ""},
		{`["my-trail-*", "trail"]`, "anyone audit beat mapped okta trail"}, // nothing is known of these
		{`["my-trail", "logs-aws.*"]`, "anyone mapped trail"},
	} {
		b := newBench(t, "rules", writeRule(t, "query", "kuery", c.index, "event.action: *"))
		var met []string
		for _, name := range []string{"anyone", "audit", "beat", "mapped", "okta", "trail"} {
			before := len(b.alerts())
			b.mustScan(all[name])
			if len(b.alerts()) > before {
				met = append(met, name)
			}
		}
		if got := strings.Join(met, " "); got != c.met {
			t.Errorf("index %s meets %q, want %q", c.index, got, c.met)
		}
	}
}

// FROM of a query in ES|QL counts as the index.
func TestIndexOfFrom(t *testing.T) {
	for from, want := range map[string]int{
		"logs-okta.system-*": 1, `"logs-okta*,filebeat-*"`: 1, "logs-aws.cloudtrail-*": 0, "logs-*, -logs-okta.*": 0,
		"logs-azure.*, logs-okta.system-* METADATA _id": 1,
	} {
		b := newBench(t, "rules", writeRule(t, "esql", "esql", "", "FROM "+from+` | WHERE event.action == "user.session.start"`))
		b.mustScan(okta)
		if got := len(b.alerts()); got != want {
			t.Errorf("FROM %s: %d alerts, want %d", from, got, want)
		}
	}
}

// With many rules, documents are looked up by their data set, and nothing is lost by it.
func TestIndexOfManyRules(t *testing.T) {
	dir := t.TempDir()
	for i := range 40 {
		text := fmt.Sprintf("[rule]\nname = \"R%d\"\nrule_id = \"00000000-0000-4000-8000-0000000000%02d\"\ndescription = \"d\"\nrisk_score = 47\nseverity = \"medium\"\n"+
			"type = \"query\"\nlanguage = \"kuery\"\nindex = [\"logs-vendor%d.*\", \"logs-other.audit-*\"]\nquery = 'event.action: *'\n", i, i, i)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)+".toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for document, want := range map[string]int{
		`{"event":{"action":"x","dataset":"other.audit"}}`:                                                            40,
		`{"event":{"action":"x"},"data_stream":{"dataset":"other.audit"}}`:                                            40,
		`{"event":{"action":"x","dataset":"vendor7.log"}}`:                                                            1,
		`{"event":{"action":"x"},"data_stream.dataset":"vendor7.log"}`:                                                1,
		`{"event":{"action":"x"},"data_stream":{"dataset":["vendor7.log","vendor8.log"]}}`:                            2,
		`{"event":{"action":"x","dataset":"other.audit"},"data_stream":{"dataset":"vendor8.x"}}`:                      1,
		`{"event":{"action":"x","dataset":"nobody"}}`:                                                                 0,
		`{"event":{"action":"x"}}`:                                                                                    40,
		`{"event":{"action":"x"},"data_stream":{"dataset":"other.audit","type":"metrics"}}`:                           0,
		`{"eventSource":"ec2.amazonaws.com","eventName":"x","event.dataset":"other.audit","data_stream.dataset":"x"}`: 0,
	} {
		b := newBench(t, "rules", dir)
		b.mustScan(document)
		if got := len(b.alerts()); got != want {
			t.Errorf("%s: %d alerts, want %d", document, got, want)
		}
	}
}

// check, the log and explain say which rules meet no event of a source here.
func TestIndexWarnings(t *testing.T) {
	for index, want := range map[string]string{
		`["logs-aws.cloudtrail-*"]`: "",
		`["logs-okta*"]`:            `rule "R" never matches an event of a source in its own form, only documents in ECS form of its index: logs-okta*`,
		`[".alerts-security.*"]`: `rule "R" never matches: no source here has events of its index: .alerts-security.*; CloudTrail has logs-aws.cloudtrail-* and filebeat-*, ` +
			`Kubernetes audit has logs-kubernetes.audit_logs-*, and documents in ECS form have that of their data_stream.dataset or event.dataset`,
		`["my-trail"]`: `rule "R" matches events of all sources: no source here has events of its index: my-trail`,
	} {
		s, err := ruleset.Load(writeRule(t, "query", "kuery", index, "event.action: *"))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(s.Warnings, "\n")
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", index, got, want)
		}
	}
}

// The steps of a sequence meet the events of the rule's indices only.
func TestIndexOfSequence(t *testing.T) {
	const event = `{"data_stream":{"type":"logs","dataset":"okta.system","namespace":"default"},"@timestamp":"2026-03-02T09:00:0%dZ","event":{"id":"%[1]d","action":"%s","dataset":"okta.system"},"user":{"name":"ann"}}`
	for index, alerts := range map[string]int{``: 1, `["logs-okta*"]`: 1, `["logs-aws.cloudtrail-*"]`: 0} {
		rule := writeRule(t, "eql", "eql", index, `sequence by user.name with maxspan=1m [any where event.action == "a"] [any where event.action == "b"]`)
		b := newBench(t, "rules", rule)
		b.mustScan(fmt.Sprintf(event, 1, "a"), fmt.Sprintf(event, 2, "b"))
		b.wantAlerts(alerts)
	}
}
