package vector

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// pair is a Vector with the sidecar beside it, as conf/vector has them.
type pair struct {
	t               *testing.T
	dir             string
	vector, sidecar *process

	read []int64        // of the output of each life of Vector
	got  map[string]int // alerts in it
}

// newPair prepares a shipped configuration with other addresses, directories and,
// by the replacements, another source. Nothing is started.
func newPair(t *testing.T, file string, replacements ...string) *pair {
	t.Helper()
	vector := program(t, "vector")
	dir := t.TempDir()
	events, alerts := freeport.Address(t), freeport.Address(t)
	text, err := os.ReadFile(filepath.Join(root, "conf/vector", file))
	if err != nil {
		t.Fatal(err)
	}
	if file != "alerts.yaml" { // which sends nothing
		replacements = append(replacements, "127.0.0.1:9880", events)
	}
	replacements = append(replacements, "127.0.0.1:9881", alerts, "data_dir: /var/lib/vector", "data_dir: "+dir)
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(string(text), replacements[i]) {
			t.Fatalf("conf/vector/%s has no %q", file, replacements[i])
		}
	}
	config := filepath.Join(dir, "vector.yaml")
	if err := os.WriteFile(config, []byte(strings.NewReplacer(replacements...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, dir: dir, got: map[string]int{}}
	p.vector = &process{t: t, name: "vector", dir: dir, ready: answers("http://" + alerts + "/"), args: []string{vector, "--graceful-shutdown-limit-secs", "20", "-c", config}}
	p.sidecar = &process{t: t, name: "sidecar", dir: dir, ready: answers("http://" + events + "/healthz"), args: []string{
		command, "serve", "--listen", events, "--alerts", "http://" + alerts + "/alerts", "--state-path", filepath.Join(dir, "state"), "--max-alerts", "0", "--heartbeat", "0",
	}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of Vector:\n%s\nlog of the sidecar:\n%s", last(p.vector.log()), last(p.sidecar.log()))
		}
	})
	return p
}

// start starts both.
func (p *pair) start() {
	p.t.Helper()
	p.sidecar.start()
	p.vector.start()
}

// alerts returns how often each alert, by its id, came out of Vector.
func (p *pair) alerts() map[string]int {
	p.t.Helper()
	for life := range p.vector.lives {
		if life == len(p.read) {
			p.read = append(p.read, 0)
		}
		text, err := os.ReadFile(p.vector.file(life, "out"))
		if err != nil {
			p.t.Fatal(err)
		}
		text = text[p.read[life]:]
		whole := bytes.LastIndexByte(text, '\n') + 1
		p.read[life] += int64(whole)
		for id, n := range alertIDs(p.t, string(text[:whole])) {
			p.got[id] += n
		}
	}
	return p.got
}

// alertIDs counts the alerts in lines of JSON, but not the records that follow them up.
func alertIDs(t *testing.T, text string) map[string]int {
	t.Helper()
	all := map[string]int{}
	for line := range strings.Lines(text) {
		var alert struct {
			ID    string `json:"alert_id"`
			Event struct{ Kind string }
		}
		if err := json.Unmarshal([]byte(line), &alert); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if alert.ID != "" && alert.Event.Kind != "enrichment" {
			all[alert.ID]++
		}
	}
	return all
}

// last returns the end of a text.
func last(text string) string {
	const most = 6000
	return text[max(0, len(text)-most):]
}
