package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/plugin/sidecar"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
	"github.com/fluent-detect/fluent-detect/test/freeport"
	"github.com/fluent-detect/fluent-detect/test/mmdb"
)

// output is a buffer that can be read while it is written to.
type output struct {
	mu sync.Mutex
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Buffer.Write(p)
}

func (o *output) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Split(o.String(), "\n")
}

// countingRule is a rule that remembers, so that its counters are there.
const countingRule = `[rule]
name = "Many calls"
rule_id = "1c3d5b7b-2e4f-4b6c-8d9e-0f1a2b3c4d5e"
type = "threshold"
language = "kuery"
severity = "low"
risk_score = 21
description = "A rule of a test."
author = ["test"]
query = "event.provider: ec2-instance-connect.amazonaws.com"
[rule.threshold]
field = ["source.ip"]
value = 100
`

// serve starts a sidecar, sends it the bundled events, and returns its address and the
// output with its alerts and heartbeats.
func serve(t *testing.T) (url string, alerts *output) {
	t.Helper()
	addresses := filepath.Join(t.TempDir(), "asn.mmdb")
	if err := os.WriteFile(addresses, mmdb.ASN().Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	counting := filepath.Join(t.TempDir(), "counting.toml")
	if err := os.WriteFile(counting, []byte(countingRule), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{"rules": "builtin," + counting, "geo_databases": addresses, "listen": "127.0.0.1:0", "alerts": "-", "heartbeat": "1s", "self_test": "1h", "state_path": t.TempDir()}
	config, err := settings.ReadSidecar(func(key string) string { return keys[key] })
	if err != nil {
		t.Fatal(err)
	}
	alerts = &output{}
	s, err := sidecar.Start(config, sidecar.Options{Version: "docs", Stdout: alerts, Stderr: io.Discard, Log: func(logger.Level, string) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	url = "http://" + s.Addr().String()
	events, err := os.ReadFile(filepath.Join(generated.Root(), "test/data/cloudtrail.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(url+"/v1/ingest", "application/x-ndjson", bytes.NewReader(events))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
	return url, alerts
}

var metric = regexp.MustCompile(`(?m)^# HELP (fluent_detect_\S+) (.*)\n# TYPE \S+ (\S+)\n((?:fluent_detect_.*\n)*)`)

// families returns the rows of the table of counters, from /metrics.
func families(t *testing.T) (rows [][]string) {
	t.Helper()
	url, _ := serve(t)
	var text string
	for end := time.Now().Add(10 * time.Second); !strings.Contains(text, "\nfluent_detect_self_test_ok{"); { // the first self-test runs at once
		if time.Now().After(end) {
			t.Fatal("no self-test was run")
		}
		answer, err := http.Get(url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		text = string(all)
	}
	for _, m := range metric.FindAllStringSubmatch(text, -1) {
		labels := map[string]bool{}
		for _, l := range regexp.MustCompile(`([a-z_]+)="`).FindAllStringSubmatch(m[4], -1) {
			if l[1] != "channel" && l[1] != "detector" {
				labels["`"+l[1]+"`"] = true
			}
		}
		rows = append(rows, []string{"`" + m[1] + "`", m[3], strings.Join(slices.Sorted(maps.Keys(labels)), ", "), m[2]})
	}
	if len(rows) == 0 {
		t.Fatalf("no counters at /metrics:\n%s", text)
	}
	return rows
}

// The table of counters has all counters of the sidecar, which are the detector's and
// its own.
func TestCounters(t *testing.T) {
	generated.Check(t, "docs/operators.md", "metrics", generated.Table([]string{"name", "type", "more labels", "meaning"}, families(t)))
}

// The conditions for alarms use existing counters.
func checkPromQL(t *testing.T, _ *folder, where string, b *block) {
	known := map[string]bool{}
	for _, r := range families(t) {
		known[strings.Trim(r[0], "`")] = true
	}
	for _, name := range regexp.MustCompile(`fluent_detect_\w+`).FindAllString(b.text, -1) {
		if !known[name] {
			t.Errorf("%s: no counter %s", where, name)
		}
	}
}

// The table of a heartbeat's fields has all of them, and no others.
func TestHeartbeat(t *testing.T) {
	_, alerts := serve(t)
	var got map[string]any
	for end := time.Now().Add(10 * time.Second); got == nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no heartbeat came")
		}
		for _, line := range alerts.lines() {
			if strings.Contains(line, `"fluent_detect.heartbeat"`) && strings.Contains(line, `"near_miss":[`) {
				if err := json.Unmarshal([]byte(line), &got); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	fields := map[string]bool{}
	heartbeat, _ := got["fluent_detect"].(map[string]any)["heartbeat"].(map[string]any)
	flatten(fields, "", heartbeat)
	for _, r := range find(t, "docs/operators.md").rows("| field | meaning |") {
		for _, m := range quotedLine.FindAllStringSubmatch(r[0], -1) {
			found := false
			for f := range fields {
				prefix, all := strings.CutSuffix(m[1], "*")
				if f == m[1] || all && strings.HasPrefix(f, prefix) {
					found = true
					delete(fields, f)
				}
			}
			// Without a failure there is no problem, and without an arrival no time.
			if !found && m[1] != "self_test.problem" && m[1] != "self_test.last_success" {
				t.Errorf("the table has %s, and the heartbeat has not", m[1])
			}
		}
	}
	if len(fields) > 0 {
		t.Errorf("the table does not have %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
	}
}

func flatten(fields map[string]bool, prefix string, m map[string]any) {
	for name, v := range m {
		if below, ok := v.(map[string]any); ok {
			flatten(fields, prefix+name+".", below)
		} else {
			fields[prefix+name] = true
		}
	}
}

// The quick start of the sidecar in the README makes three alerts, and the next sidecar
// starts when both parts are pasted one after the other.
func TestSidecar(t *testing.T) {
	d := find(t, "README.md")
	f := newFolder(t, d)
	var parts []string
	for _, b := range d.blocks {
		if strings.Contains(b.text, "serve --alerts ") {
			parts = append(parts, b.text)
		}
	}
	if len(parts) != 2 {
		t.Fatalf("the README shows it in %d parts", len(parts))
	}
	if _, status := f.run("command -v curl"); status != 0 {
		t.Skip("NOT TESTED  the sidecar by curl: it is not on PATH")
	}
	// Without make, and without Vector, with which test/vector runs it; with a free port, and with time for slow machines.
	port := freeport.Find(t)
	script := strings.NewReplacer(
		"make build/fluent-detect\n", "",
		"sleep 1; ", "for i in {1..100}; do [ $(grep -c alert_id alerts.ndjson) -ge 3 ] && break; sleep 0.1; done; ",
		"vector --config vector.yaml\n", "curl -sS -o ok --retry 50 --retry-delay 1 --retry-connrefused http://127.0.0.1:9880/healthz && echo second\n",
		"serve ", fmt.Sprintf("serve --listen 127.0.0.1:%d ", port),
	).Replace(strings.Join(parts, ""))
	script = strings.ReplaceAll(script, ":9880", fmt.Sprintf(":%d", port))
	out, status := f.run("set -m\n" + script + "kill -INT $!; wait $!")
	if !strings.Contains("\n"+out, "\n3\n") || !strings.Contains(out, "\nsecond\n") || strings.Contains(out, "address already in use") || status != 0 {
		t.Errorf("status %d, and not 3 alerts and a second sidecar:\n%s", status, out)
	}
}
