package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// With nothing to do the threads of the Go runtime sleep, and wake up less than once a
// second.
func TestIdle(t *testing.T) {
	t.Parallel()
	f := start(t, pipeline("SETTINGS", "Heartbeat 0"))
	f.write("in.json", pushes(0, 1))
	f.wantLines("alerts", 1, 20*time.Second)
	// After the acknowledged alerts were deleted.
	f.wait("four seconds in which no thread of the Go runtime wakes up", 40*time.Second, func() bool {
		before := f.switches()
		time.Sleep(4 * time.Second)
		return f.switches()-before <= 4
	})
	f.stop()
}

// The threads of the Go runtime have a timer slack, or its monitor would use as much CPU
// as the detector does. Fluent Bit's threads must not have it.
func TestTimerSlack(t *testing.T) {
	t.Parallel()
	f := start(t, pipeline())
	f.write("in.json", pushes(0, 1))
	f.wantLines("alerts", 1, 20*time.Second)
	const ours, standard = "5000000", "50000"
	patient := 0
	for _, thread := range f.threads() {
		slack, err := os.ReadFile("/proc/" + thread.id + "/timerslack_ns")
		if err != nil {
			t.Logf("NOT TESTED  timer slack: %v", err)
			return
		}
		switch got := strings.TrimSpace(string(slack)); {
		case got == ours && !thread.host:
			patient++
		case got != standard:
			t.Errorf("thread %s (Fluent Bit's: %v) has a timer slack of %s ns", thread.id, thread.host, got)
		}
	}
	if patient < 2 {
		t.Errorf("%d threads have a timer slack of %s ns, want those that the runtime starts with", patient, ours)
	}
	f.stop()
}

// switches returns how often threads other than Fluent Bit's own went to sleep.
func (f *fluentBit) switches() (n int) {
	f.t.Helper()
	for _, thread := range f.threads() {
		if !thread.host {
			n += thread.slept
		}
	}
	return n
}

// thread is a thread of a running Fluent Bit.
type thread struct {
	id    string
	host  bool // Fluent Bit's own
	slept int  // how often
}

func (f *fluentBit) threads() (all []thread) {
	f.t.Helper()
	pid := strconv.Itoa(f.cmd.Process.Pid)
	tasks := filepath.Join("/proc", pid, "task")
	entries, err := os.ReadDir(tasks)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range entries {
		status, err := os.ReadFile(filepath.Join(tasks, e.Name(), "status"))
		if err != nil { // it has ended
			continue
		}
		// Fluent Bit names its threads, except for the first.
		t := thread{id: e.Name(), host: strings.HasPrefix(string(status), "Name:\tflb-") || e.Name() == pid}
		_, count, _ := strings.Cut(string(status), "\nvoluntary_ctxt_switches:")
		if t.slept, err = strconv.Atoi(strings.Fields(count)[0]); err != nil {
			f.t.Fatal(err)
		}
		all = append(all, t)
	}
	return all
}
