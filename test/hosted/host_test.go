package hosted

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	build  = "../../build"
	events = "../data/cloudtrail.ndjson"
	// The alerts of the built-in rule.
	alertsOfEvents, matchesOfEvents, recordsOfEvents = 3, 4, 16
)

// result is the result of one run of the host.
type result struct {
	t      *testing.T
	code   int // exit status; -1 when a signal ended it
	alerts []string
	ids    map[string]int
	faults []string // error records, which come the same way
	stderr string
	stats  map[string]float64
}

// run runs the host with the plugins of make build.
func run(t *testing.T, args ...string) *result {
	t.Helper()
	return runBuilt(t, build, args...)
}

// runBuilt runs the host with the plugins in a directory.
func runBuilt(t *testing.T, folder string, args ...string) *result {
	t.Helper()
	return runWatched(t, folder, func(int) {}, args...)
}

// runWatched is runBuilt with a function that watches the process, by its ID, while it
// runs.
func runWatched(t *testing.T, folder string, watch func(pid int), args ...string) *result {
	t.Helper()
	host := filepath.Join(folder, "host")
	if _, err := os.Stat(host); err != nil {
		t.Fatalf("%s does not exist: run make build first, or make test", host)
	}
	args = append([]string{
		"--output", filepath.Join(folder, "out_detect.so"), "--input", filepath.Join(folder, "in_detect.so"),
		"--timer", "0.1", "--wait", "1", "--stats",
	}, args...)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, host, args...)
	cmd.Env = append(os.Environ(), "ASAN_OPTIONS=handle_segv=0:detect_leaks=0")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watch(cmd.Process.Pid)
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := &result{t: t, code: cmd.ProcessState.ExitCode(), ids: map[string]int{}, stderr: stderr.String()}
	for line := range strings.Lines(stdout.String()) {
		var a struct {
			Record struct {
				ID    string `json:"alert_id"`
				Event struct{ Dataset string }
			}
		}
		err := json.Unmarshal([]byte(line), &a)
		if err == nil && a.Record.Event.Dataset == "fluent_detect.error" {
			r.faults = append(r.faults, line)
			continue
		}
		if err != nil || len(a.Record.ID) != 64 {
			t.Fatalf("no alert (%v): %.300s", err, line)
		}
		r.alerts = append(r.alerts, line)
		r.ids[a.Record.ID]++
	}
	lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r.stats); err != nil {
		t.Fatalf("the host's last line is not its counters: %v\n%s", err, tail(r.stderr))
	}
	return r
}

func tail(s string) string { return s[max(0, len(s)-4000):] }

func (r *result) want(code, distinct int) {
	r.t.Helper()
	if r.code != code {
		r.t.Fatalf("the host ended with %d, want %d\n%s", r.code, code, tail(r.stderr))
	}
	if strings.Contains(r.stderr, "panic:") {
		r.t.Errorf("the plugin panicked\n%s", tail(r.stderr))
	}
	if len(r.ids) != distinct {
		r.t.Errorf("%d different alerts, want %d\n%s", len(r.ids), distinct, tail(r.stderr))
	}
}

// wantOnce checks that no alert came twice.
func (r *result) wantOnce() {
	r.t.Helper()
	if len(r.alerts) != len(r.ids) {
		r.t.Errorf("%d alerts of which only %d are different", len(r.alerts), len(r.ids))
	}
}

func (r *result) wantLog(text string) {
	r.t.Helper()
	if !strings.Contains(r.stderr, text) {
		r.t.Errorf("the log does not say %q\n%s", text, tail(r.stderr))
	}
}
