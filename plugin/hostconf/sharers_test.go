package hostconf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A queue that several shippers may share is a hint for rules with a memory.
func TestSharedQueue(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	head := "[rule]\nseverity = \"low\"\nrisk_score = 21\nlanguage = \"kuery\"\nquery = \"event.action: Act\"\n"
	rules := write("counting.toml", head+"rule_id = \"a\"\nname = \"Many\"\ntype = \"threshold\"\n[rule.threshold]\nfield = [\"user.name\"]\nvalue = 5\n")
	terms := write("terms.toml", head+"rule_id = \"b\"\nname = \"New\"\ntype = \"new_terms\"\nfrom = \"now-6m\"\n[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n"+
		"[[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"\n")
	const counts, alerts = `the rule "Many" may not alert`, `the rule "New" may alert once in each`
	for _, one := range []struct {
		name, text string
		want       []string
	}{
		{"sidecar.yaml", "alerts: '-'\nstate_path: " + dir + "\ns3_queue_url: https://sqs.eu-west-1.amazonaws.com/111122223333/trail\nrules: " + rules + "," + terms + "\n", []string{"sidecar.yaml:3", counts, alerts}},
		{"sidecar.yaml", "alerts: '-'\nstate_path: " + dir + "\ns3_queue_url: https://sqs.eu-west-1.amazonaws.com/111122223333/trail\n", nil},
		{"sidecar.yaml", "alerts: '-'\nstate_path: " + dir + "\ns3_bucket: trail\nrules: " + rules + "\n", nil},
		{"fluent-bit.conf", "[INPUT]\n    Name cloudtrail\n    Tag cloudtrail\n    queue_url https://sqs.eu-west-1.amazonaws.com/111122223333/trail\n[OUTPUT]\n    Name detect\n    Match cloudtrail\n    Rules " + rules + "\n" +
			"[INPUT]\n    Name detect_alerts\n    Tag alert\n[OUTPUT]\n    Name stdout\n    Match alert\n", []string{"fluent-bit.conf:4", counts}},
	} {
		var notes []string
		for _, f := range Check(write(one.name, one.text)).Findings {
			if strings.Contains(f.Text, "several shippers") {
				notes = append(notes, f.String())
				if f.Severity != Note {
					t.Errorf("%s is a %s", f, f.Severity)
				}
			}
		}
		all := strings.Join(notes, "\n")
		if (len(notes) > 0) != (len(one.want) > 0) {
			t.Errorf("%s: %q", one.text, notes)
		}
		for _, w := range one.want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: %q, want %q", one.text, notes, w)
			}
		}
	}
}
