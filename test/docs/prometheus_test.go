package docs

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// The alerting rules are about counters that exist, with labels that they have, and
// Prometheus loads them.
func TestPrometheusRules(t *testing.T) {
	const dir = "../../conf/prometheus/"
	text, err := os.ReadFile(dir + "fluent-detect.rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("../../detector/metrics/families.go") // the documents lack those of rules with a memory
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(fluent_detect_[a-z0-9_]+)`|\"(fluent_detect_[a-z0-9_]+)\"").FindAllStringSubmatch(find(t, "docs/operators.md").text+string(code), -1) {
		known[m[1]+m[2]] = true
	}
	names := regexp.MustCompile(`fluent_detect_[a-z0-9_]+`).FindAllString(string(text), -1)
	if len(names) < 20 {
		t.Errorf("only %d names of counters were found", len(names))
	}
	for _, name := range names {
		if !known[name] {
			t.Errorf("%s is not a counter", name)
		}
	}
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("not tested: whether Prometheus loads the rules, since promtool is not on PATH")
	}
	for _, args := range [][]string{{"check", "rules", dir + "fluent-detect.rules.yaml"}, {"test", "rules", dir + "fluent-detect.tests.yaml"}} {
		if out, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", args, err, out)
		}
	}
}
