package detector

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

func jsonOf(t testing.TB, document any) string {
	t.Helper()
	b, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What integrations keep beside ECS goes into the alert, as it came.
func TestBlocks(t *testing.T) {
	for _, c := range []struct{ query, document, want string }{
		{`okta.actor.alternate_id: eve*`, `{"data_stream":{"dataset":"okta.system"},"event":{"action":"user.session.start"},"okta":{"actor":{"alternate_id":"eve@example.com"},"outcome":{"result":"FAILURE"}}}`,
			`"okta":{"actor":{"alternate_id":"eve@example.com"},"outcome":{"result":"FAILURE"}}`},
		{`okta.actor.alternate_id: eve*`, `{"data_stream.dataset":"okta.system","event.action":"user.session.start","okta.actor.alternate_id":"eve@example.com"}`, `"okta":{"actor.alternate_id":"eve@example.com"}`}, // as it came
		{`event.category: iam`, `{"event":{"dataset":"gcp.audit","kind":"event","category":["iam"]},"gcp":{"audit":{"type":"x"}}}`, `"gcp":{"audit":{"type":"x"}}`},
		{`event.action: a`, `{"event":{"dataset":"azure.auditlogs","action":"a"},"azure":{"auditlogs":{"properties":{"id":7}}}}`, `"azure":{"auditlogs":{"properties":{"id":7}}}`},
		{`event.provider: Exchange`, `{"event":{"dataset":"o365.audit","provider":"Exchange"},"o365":{"audit":{"UserType":"0"}}}`, `"o365":{"audit":{"UserType":"0"}}`},
		{`github.org: x`, `{"event":{"dataset":"github.audit","action":"org.add"},"github":{"org":"x"}}`, `"github":{"org":"x"}`},
		{`event.action: a`, `{"event":{"dataset":"google_workspace.admin","action":"a"},"google_workspace":{"admin":{"role":{"name":"r"}}}}`, `"google_workspace":{"admin":{"role":{"name":"r"}}}`},
		{`kubernetes.audit.verb: create`, `{"event":{"dataset":"kubernetes.audit_logs","action":"create"},"kubernetes":{"audit":{"verb":"create","objectRef":{"resource":"pods"}}}}`, `"verb":"create"`},
	} {
		b := newBench(t, "rules", writeRule(t, "query", "kuery", "", c.query))
		b.mustScan(c.document)
		alerts := b.alerts()
		if len(alerts) != 1 {
			t.Errorf("%s: %d alerts", c.document, len(alerts))
		} else if got := jsonOf(t, alerts[0]); !strings.Contains(got, c.want) {
			t.Errorf("%s\n%s\nhas no %s", c.document, got, c.want)
		}
	}
}

// Without an action and a provider, a document is an event if it was mapped.
func TestDocumentsWithoutAction(t *testing.T) {
	for document, want := range map[string]int{
		`{"event":{"dataset":"nginx.access","kind":"event"}}`:                                                           1,
		`{"data_stream":{"dataset":"nginx.access"},"event":{"kind":"event"}}`:                                           1,
		`{"data_stream.dataset":"nginx.access","event.kind":"event"}`:                                                   1,
		`{"event":{"dataset":"nginx.access"}}`:                                                                          0,
		`{"event":{"kind":"event"}}`:                                                                                    0,
		`{"event":{"dataset":"fluent_detect.heartbeat","kind":"metric"}}`:                                               0,
		`{"event":{"dataset":"aws.cloudtrail"},"message":"{\"eventName\":\"a\",\"eventSource\":\"s3.amazonaws.com\"}"}`: 1, // of the message
	} {
		b := newBench(t, "rules", writeRule(t, "query", "kuery", "", "event.dataset: * or event.kind: *"))
		b.mustScan(document)
		if got := len(b.alerts()); got != want {
			t.Errorf("%s: %d alerts, want %d", document, got, want)
		}
	}
}

// From each of Elastic's folders about data sets that only come in ECS form, rules load, and
// one of them makes an alert of a document of ours. The documentation has the counts.
func TestUpstreamFolders(t *testing.T) {
	dir := filepath.Dir(upstream(t))
	var rows [][]string
	for folder, c := range map[string]struct{ document, block string }{
		"okta":             {`{"data_stream":{"dataset":"okta.system"},"event":{"action":"policy.lifecycle.deactivate","dataset":"okta.system","id":"1"},"okta":{"target":{"type":"x"}}}`, "okta"},
		"gcp":              {`{"data_stream":{"dataset":"gcp.audit"},"event":{"action":"google.logging.v2.ConfigServiceV2.DeleteSink","dataset":"gcp.audit","outcome":"success","id":"1"},"gcp":{"audit":{"type":"x"}}}`, "gcp"},
		"azure":            {`{"data_stream":{"dataset":"azure.activitylogs"},"event":{"action":"x","dataset":"azure.activitylogs","outcome":"success","id":"1"},"azure":{"activitylogs":{"operation_name":"MICROSOFT.NETWORK/FIREWALLPOLICIES/DELETE"}}}`, "azure"},
		"o365":             {`{"data_stream":{"dataset":"o365.audit"},"event":{"action":"Remove-DlpPolicy","provider":"Exchange","category":"web","dataset":"o365.audit","outcome":"success","id":"1"},"o365":{"audit":{"UserType":"0"}}}`, "o365"},
		"github":           {`{"data_stream":{"dataset":"github.audit"},"event":{"action":"protected_branch.destroy","dataset":"github.audit","category":["configuration"],"type":["deletion","change"],"id":"1"},"github":{"category":"protected_branch"}}`, "github"},
		"google_workspace": {`{"data_stream":{"dataset":"google_workspace.admin"},"event":{"action":"ENFORCE_STRONG_AUTHENTICATION","provider":"admin","category":["iam"],"dataset":"google_workspace.admin","id":"1"},"google_workspace":{"admin":{"new_value":"false","setting":{"name":"x"}},"event":{"type":"x"}}}`, "google_workspace"},
		"kubernetes":       {`{"data_stream":{"dataset":"kubernetes.audit_logs"},"event":{"action":"create","dataset":"kubernetes.audit_logs","id":"1"},"kubernetes":{"audit":{"verb":"create","objectRef":{"resource":"services"},"requestObject":{"spec":{"type":"NodePort"}},"annotations":{"authorization_k8s_io/decision":"allow"}}}}`, ""},
	} {
		t.Run(folder, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(dir, folder, "*.toml"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%d rules, %v", len(files), err)
			}
			rules, err := ruleset.Load(filepath.Join(dir, folder))
			if err != nil {
				t.Fatal(err)
			}
			b := newBench(t, "rules", filepath.Join(dir, folder))
			b.mustScan(c.document)
			alerts := b.alerts()
			rows = append(rows, []string{generated.Code(folder), strconv.Itoa(len(files)), strconv.Itoa(len(rules.Rules)), strconv.Itoa(len(alerts))})
			if len(alerts) == 0 {
				t.Errorf("no rule makes an alert of %s", c.document)
			}
			for _, a := range alerts {
				if c.block != "" && !strings.Contains(jsonOf(t, a), `"`+c.block+`":{`) {
					t.Errorf("%s has no %s", jsonOf(t, a), c.block)
				}
			}
		})
	}
	slices.SortFunc(rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	generated.Check(t, "docs/rules.md", "upstream-ecs", generated.Table([]string{"folder", "rules", "load", "alert on one document"}, rows))
}
