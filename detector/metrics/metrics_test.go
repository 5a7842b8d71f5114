package metrics

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/test/mmdb"
)

var update = flag.Bool("update", false, "write the golden file anew")

// twin has the name of the built-in rule, and a condition that is long, has characters
// that labels must escape, and begins like another.
var twin = `[rule]
name = "AWS EC2 Instance Connect SSH Public Key Uploaded"
rule_id = "0b2c4f6a-1d3e-4a5b-8c7d-9e0f1a2b3c4f"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
description = "A rule of a test."
author = ["test"]
query = '''event.provider: ec2-instance-connect.amazonaws.com and user.name: "` + strings.Repeat("ä", 60) + `1\\" and user.name: "` + strings.Repeat("ä", 60) + `2" and not user.name: "a\"b\nc"'''
`

const began = 1_790_000_000

// pushed is an event that the built-in rule matches, with more members.
func pushed(id int, more string) string {
	return fmt.Sprintf(`{"eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"e-%d",`+
		`"eventTime":"2026-09-21T13:33:00Z","recipientAccountId":"111122223333"%s}`, id, more)
}

// detectors returns two detectors of one channel, one of which has seen events.
func detectors(t *testing.T) []Detector {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rule.toml")
	if err := os.WriteFile(path, []byte(twin), 0o600); err != nil {
		t.Fatal(err)
	}
	box := outbox.New("default", 1<<20)
	box.Open(outbox.Filter{})
	var all []Detector
	for i, rules := range []string{"builtin," + path, "builtin"} {
		config := detector.Config{
			Channel: "default", DedupSize: 1 << 16, DedupTTL: 24 * time.Hour, MaxAlerts: &hold.Rate{Max: 2, Per: time.Hour},
			Heartbeat: 5 * time.Minute, SelfTest: 1000 * time.Hour,
		}
		loaded, err := ruleset.Load(rules)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			loaded.Databases = databases(t)
		}
		d := Detector{Channel: "default", Name: fmt.Sprint("default.", i), State: detector.NewState(), Outbox: box}
		e, err := detector.New(config, loaded, detector.Host{
			Outbox: box, State: d.State, Name: d.Name, Observer: alert.Observer{Version: "v1", Hostname: "h"},
			Now: func() time.Time { return time.Unix(began, 0) },
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
		t.Cleanup(func() { e.Close(false) })
		for d.State.Report().SelfTest.Runs == 0 {
			time.Sleep(time.Millisecond)
		}
		if i > 0 { // the other one has seen nothing
			continue
		}
		var chunk []byte
		for n := range 5 {
			chunk = append(chunk, msgpacktest.FromJSON(t, pushed(n%4, ""))...)
		}
		chunk = append(chunk, msgpacktest.FromJSON(t, pushed(9, `,"errorCode":"AccessDenied"`))...)
		chunk = append(chunk, msgpacktest.FromJSON(t, `{"log":"hello"}`)...)
		for _, key := range []string{"log", "log", `a\"b`, `new\nline`} {
			chunk = append(chunk, msgpacktest.FromJSON(t, `{"`+key+`":"eventName"}`)...)
		}
		if _, err := e.Scan("tag", append(chunk, 0xc1)); err == nil {
			t.Fatal("a broken chunk is whole")
		}
	}
	return all
}

// databases returns a database.
func databases(t *testing.T) *geo.Databases {
	t.Helper()
	path := filepath.Join(t.TempDir(), "asn.mmdb")
	if err := os.WriteFile(path, mmdb.ASN().Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := geo.Open([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// exposition returns the text for the detectors, without values that change from run
// to run.
func exposition(t *testing.T) []byte {
	text := Append(nil, "v1.2.3", detectors(t))
	text = regexp.MustCompile(`(fluent_detect_start_time_seconds{.*} )\d.*`).ReplaceAll(text, []byte("${1}1790000000.000"))
	text = regexp.MustCompile(`file="[^"]*/`).ReplaceAll(text, []byte(`file="`))
	text = regexp.MustCompile(`(\ngo_goroutines )\d+`).ReplaceAll(text, []byte("${1}1"))
	return bytes.ReplaceAll(text, []byte(runtime.Version()), []byte("go1"))
}

func TestGolden(t *testing.T) {
	got := exposition(t)
	const path = "testdata/exposition.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("%s:%d: %s\nwant %s\n(go test -update writes it anew)", path, i+1, gotLines[i], wantLines[i])
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Fatalf("%d lines, want %d", len(gotLines), len(wantLines))
	}
}

func parse(t *testing.T, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// Prometheus's own parser and linter accept it, no series occurs twice, and the outcomes
// add up.
func TestPrometheusReadsIt(t *testing.T) {
	text := exposition(t)
	families := parse(t, text)
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	sums := map[string]float64{} // by family and all labels but the outcome
	for name, f := range families {
		seen := map[string]bool{}
		for _, m := range f.GetMetric() {
			var all, key string
			for _, l := range m.GetLabel() {
				all += fmt.Sprintf("%q=%q,", l.GetName(), l.GetValue())
				if l.GetName() != "outcome" {
					key += fmt.Sprintf("%q=%q,", l.GetName(), l.GetValue())
				}
			}
			if seen[all] {
				t.Errorf("%s{%s} is there twice", name, all)
			}
			seen[all] = true
			if c := m.GetCounter(); c != nil {
				sums[name+key] += c.GetValue()
			}
		}
	}
	checked := 0
	for key, n := range sums {
		if other, ok := sums[strings.Replace(key, "matches_total", "outcomes_total", 1)]; ok && strings.Contains(key, "matches_total") {
			checked++
			if n != other {
				t.Errorf("%s: %v matches, %v outcomes", key, n, other)
			}
		}
	}
	if checked != 5 { // two detectors, their two rules and one
		t.Errorf("the equation was checked %d times", checked)
	}
	for _, m := range families["fluent_detect_near_misses_total"].GetMetric() {
		for _, l := range m.GetLabel() {
			if len(l.GetValue()) > maxCondition+10 {
				t.Errorf("a label of %d bytes: %s", len(l.GetValue()), l.GetValue())
			}
		}
	}
}

// ofMemories returns the families of which the detectors of exposition have no sample,
// since their rules remember nothing and no history is kept.
func ofMemories() []byte {
	v := view{
		Detector: Detector{Channel: "default", Name: "default.0"}, rules: []string{"rule"},
		Report: stats.Report{Rules: []stats.Rule{{Memory: &stateful.Report{}}}, History: &stats.History{}},
	}
	var w writer
	for _, f := range families {
		if strings.HasPrefix(f.name, "fluent_detect_rule_memory_") || strings.HasPrefix(f.name, "fluent_detect_context_") {
			w.family(f.name, f.kind, f.help)
			f.write(&w, &v)
		}
	}
	return w.out
}

// The dashboard uses only metrics and labels that exist.
func TestDashboard(t *testing.T) {
	families := parse(t, append(exposition(t), ofMemories()...))
	text, err := os.ReadFile("../../conf/grafana/fluent-detect.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard any
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			for key, x := range v {
				if s, ok := x.(string); ok && (key == "expr" || key == "query" || key == "definition") && strings.Contains(s, "(") {
					queries++
					wantKnown(t, families, s)
				}
				walk(x)
			}
		}
	}
	walk(dashboard)
	if queries < 15 {
		t.Errorf("only %d queries were found", queries)
	}
}

var (
	metricNames = regexp.MustCompile(`fluent_detect_[a-z_]+`)
	labelNames  = regexp.MustCompile(`[{,]\s*([a-z_]+)\s*=[~"]|by ?\(([a-z_, ]+)\)|label_values\([^)]*,\s*([a-z_]+)\)`)
)

func wantKnown(t *testing.T, families map[string]*dto.MetricFamily, query string) {
	t.Helper()
	labels := map[string]bool{"job": true, "instance": true, "le": true}
	names := metricNames.FindAllString(query, -1)
	if len(names) == 0 {
		t.Errorf("%s asks for no metric of ours", query)
	}
	for _, name := range names {
		f := families[name]
		if f == nil {
			t.Errorf("%s: there is no %s", query, name)
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
	}
	for _, match := range labelNames.FindAllStringSubmatch(query, -1) {
		for _, label := range strings.Split(match[1]+match[2]+match[3], ",") {
			if label = strings.TrimSpace(label); !labels[label] {
				t.Errorf("%s: there is no label %s", query, label)
			}
		}
	}
}
