package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// With nothing to do the threads of the Go runtime sleep: they are not woken
// even once a second.
func TestIdle(t *testing.T) {
	t.Parallel()
	f := start(t, pipeline("SETTINGS", "Heartbeat 0"))
	f.write("in.json", pushes(0, 1))
	f.wantLines("alerts", 1, 20*time.Second)
	// Once what was acknowledged is let go.
	f.wait("four seconds in which no thread of the Go runtime wakes up", 40*time.Second, func() bool {
		before := f.switches()
		time.Sleep(4 * time.Second)
		return f.switches()-before <= 4
	})
	f.stop()
}

// switches returns how often threads other than Fluent Bit's own have gone to
// sleep.
func (f *fluentBit) switches() (n int) {
	f.t.Helper()
	tasks := "/proc/" + strconv.Itoa(f.cmd.Process.Pid) + "/task"
	threads, err := os.ReadDir(tasks)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, thread := range threads {
		status, err := os.ReadFile(filepath.Join(tasks, thread.Name(), "status"))
		if err != nil { // it has ended
			continue
		}
		// Fluent Bit names its threads, but for the first.
		if strings.HasPrefix(string(status), "Name:\tflb-") || thread.Name() == strconv.Itoa(f.cmd.Process.Pid) {
			continue
		}
		_, count, _ := strings.Cut(string(status), "\nvoluntary_ctxt_switches:")
		times, err := strconv.Atoi(strings.Fields(count)[0])
		if err != nil {
			f.t.Fatal(err)
		}
		n += times
	}
	return n
}
