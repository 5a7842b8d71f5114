package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A Fluent Bit with Daemon On and two outputs, which forks after it has loaded the plugins:
// alerts come, also after a hot reload, and it ends at SIGTERM. The next one still knows
// what the first has alerted.
func TestDaemon(t *testing.T) {
	t.Parallel()
	const forks = "Daemon On\n    Log_File DIR/daemon.log\n    Parsers_File  DIR/parsers.conf"
	for _, c := range []struct{ name, file, config string }{
		{"classic", "fluent-bit.conf", pipeline("Parsers_File  parsers.conf", forks, "SETTINGS", "State_Path DIR/state\n[OUTPUT]\n    Name detect\n    Match other\n    State_Path DIR/state")},
		{"yaml", "fluent-bit.yaml", daemonYAML},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := prepare(t, "", "-Y")
			f.write(c.file, strings.ReplaceAll(c.config, "DIR", f.dir))
			f.cmd.Args[len(f.cmd.Args)-2] = filepath.Join(f.dir, c.file) // of -c
			f.write("in1.json", pushes(0, 3)+otherEvents(3))

			pid := f.runDaemon()
			f.wantLines("alerts", 3, 20*time.Second)
			f.signalDaemon(pid, syscall.SIGHUP)
			f.wait("a hot reload", 20*time.Second, func() bool { return strings.Count(f.read("daemon.log"), "rule loaded") >= 4 })
			f.write("in2.json", pushes(3, 1))
			f.wantLines("alerts", 4, 20*time.Second)
			f.stopDaemon(pid)

			f.again()
			pid = f.runDaemon()
			f.write("in3.json", pushes(4, 1))
			f.wantLines("alerts", 5, 20*time.Second)
			f.stopDaemon(pid)
			if ids := f.ids("alerts"); len(ids) != 5 {
				t.Errorf("%d different alerts, want 5", len(ids))
			}
		})
	}
}

const daemonYAML = `
service:
  flush: 0.2
  grace: 3
  daemon: on
  log_file: DIR/daemon.log
  parsers_file: DIR/parsers.conf
pipeline:
  inputs:
    - name: tail
      tag: cloudtrail
      path: DIR/in*.json
      parser: json
      read_from_head: on
      refresh_interval: 1
    - name: detect_alerts
      tag: alert.ssh
  outputs:
    - name: detect
      match: cloudtrail
      state_path: DIR/state
      retry_limit: no_limits
    - name: detect
      match: other
      state_path: DIR/state
    - name: file
      match: alert.ssh
      path: DIR
      file: alerts
      format: plain
`

// A daemon whose output is refused ends by itself, and the reason is in its log.
func TestDaemonRefused(t *testing.T) {
	t.Parallel()
	f := prepare(t, pipeline("[SERVICE]", "[SERVICE]\n    Daemon On\n    Log_File DIR/daemon.log", "SETTINGS", "Dedup_Size none"))
	f.runDaemon()
	f.wantEnd(0) // of the daemon
	if text := `dedup_size: invalid value "none"`; !strings.Contains(f.read("daemon.log"), text) {
		t.Errorf("the log does not say %q:\n%s", text, f.read("daemon.log"))
	}
}

var daemonPID = regexp.MustCompile(`switching to background mode \(PID=(\d+)\)`)

// runDaemon runs Fluent Bit until it has become a daemon, and returns its process ID. From
// then on f waits for the daemon, which is killed with the test.
func (f *fluentBit) runDaemon() int {
	f.t.Helper()
	f.write("log", "")
	f.run()
	f.wantEnd(0)
	f.done = make(chan struct{})
	var match []string
	f.wait("its process ID in the log", 20*time.Second, func() bool {
		match = daemonPID.FindStringSubmatch(f.read("log"))
		return match != nil
	})
	pid, err := strconv.Atoi(match[1])
	if err != nil {
		f.t.Fatal(err)
	}
	daemon, err := os.FindProcess(pid) // this one, even if another gets its number
	if err != nil {
		f.t.Fatal(err)
	}
	done := make(chan struct{})
	f.done = done
	go func() {
		for daemon.Signal(syscall.Signal(0)) == nil && !isZombie(pid) {
			time.Sleep(20 * time.Millisecond)
		}
		close(done)
	}()
	f.t.Cleanup(func() {
		_ = daemon.Kill()
		<-done
		if f.t.Failed() {
			log := f.read("daemon.log")
			f.t.Logf("the daemon's log:\n%s", log[max(0, len(log)-8000):])
		}
	})
	return pid
}

// isZombie reports whether a process has ended, and its parent has not noticed yet.
func isZombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func (f *fluentBit) signalDaemon(pid int, s syscall.Signal) {
	f.t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		f.t.Fatal(err)
	}
}

// stopDaemon stops the daemon by SIGTERM.
func (f *fluentBit) stopDaemon(pid int) {
	f.t.Helper()
	f.signalDaemon(pid, syscall.SIGTERM)
	f.wantEnd(0)
}
