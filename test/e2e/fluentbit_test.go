package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// root is the root of the repository, relative to this package.
const root = "../.."

// fluentBit is a Fluent Bit with all plugins and its own directory.
type fluentBit struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed when the process has ended
}

// binary returns the path of fluent-bit, and skips the test if it is not installed.
func binary(t *testing.T) string {
	t.Helper()
	name := os.Getenv("FLUENT_BIT")
	if name == "" {
		name = "fluent-bit"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no fluent-bit on PATH or in FLUENT_BIT: not tested in a real Fluent Bit: %s", t.Name())
	}
	return path
}

func library(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "build", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("build/%s does not exist: run make build first, or make test", name)
	}
	return path
}

// start runs Fluent Bit with a configuration, in which DIR is the directory. The process
// is stopped with the test.
func start(t *testing.T, config string, flags ...string) *fluentBit {
	t.Helper()
	f := prepare(t, config, flags...)
	f.run()
	return f
}

// prepare is start without running it.
func prepare(t *testing.T, config string, flags ...string) *fluentBit {
	t.Helper()
	path := binary(t)
	f := &fluentBit{t: t, dir: t.TempDir()}
	f.configure(config)
	f.write("parsers.conf", "[PARSER]\n    Name json\n    Format json\n")
	args := append([]string{
		"-e", library(t, "out_detect.so"), "-e", library(t, "in_detect.so"), "-e", library(t, "in_cloudtrail.so"), "-c", filepath.Join(f.dir, "fluent-bit.conf"),
	}, flags...)
	f.cmd = exec.Command(path, args...)
	f.cmd.Dir = f.dir
	t.Cleanup(f.end)
	return f
}

func (f *fluentBit) configure(config string) {
	f.t.Helper()
	f.write("fluent-bit.conf", strings.ReplaceAll(config, "DIR", f.dir))
}

func (f *fluentBit) run() {
	f.t.Helper()
	log, err := os.OpenFile(filepath.Join(f.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		f.t.Fatal(err)
	}
	f.log = log
	f.cmd.Stdout, f.cmd.Stderr = log, log
	if err := f.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.done = make(chan struct{})
	go func() {
		_ = f.cmd.Wait() // the test looks at ProcessState
		close(f.done)
	}()
}

// again prepares the next run after the process has ended.
func (f *fluentBit) again() {
	args := f.cmd.Args
	f.cmd = exec.Command(args[0], args[1:]...)
	f.cmd.Dir = f.dir
	_ = f.log.Close() // the next run opens it again
}

// end kills the process if it runs, and shows the log if the test failed.
func (f *fluentBit) end() {
	if f.done != nil {
		select {
		case <-f.done:
		default:
			_ = f.cmd.Process.Kill()
			<-f.done
		}
		_ = f.log.Close()
	}
	if f.t.Failed() {
		log := f.read("log")
		f.t.Logf("Fluent Bit's log:\n%s", log[max(0, len(log)-8000):])
	}
}

// stop stops Fluent Bit by SIGTERM, and checks that it exits without an error.
func (f *fluentBit) stop() {
	f.t.Helper()
	f.signal(syscall.SIGTERM)
	f.wantEnd(0)
}

func (f *fluentBit) signal(s os.Signal) {
	f.t.Helper()
	if err := f.cmd.Process.Signal(s); err != nil {
		f.t.Fatal(err)
	}
}

// wantEnd waits for the end of the process and checks its exit status.
func (f *fluentBit) wantEnd(code int) {
	f.t.Helper()
	select {
	case <-f.done:
	case <-time.After(30 * time.Second):
		f.t.Fatal("Fluent Bit does not exit")
	}
	if got := f.cmd.ProcessState.ExitCode(); got != code {
		f.t.Fatalf("Fluent Bit ended with %v, want exit status %d", f.cmd.ProcessState, code)
	}
}

func (f *fluentBit) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fluentBit) append(name, text string) {
	f.t.Helper()
	file, err := os.OpenFile(filepath.Join(f.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		f.t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		f.t.Fatal(err)
	}
}

// read returns the contents of a file, or "" if it does not exist.
func (f *fluentBit) read(name string) string {
	f.t.Helper()
	data, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.t.Fatal(err)
	}
	return string(data)
}

func (f *fluentBit) lines(name string) int { return strings.Count(f.read(name), "\n") }

// wait waits until the condition holds.
func (f *fluentBit) wait(what string, limit time.Duration, holds func() bool) {
	f.t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
		select {
		case <-f.done:
			f.t.Fatalf("Fluent Bit ended with %v before: %s", f.cmd.ProcessState, what)
		default:
		}
	}
	f.t.Fatalf("timeout after %s: %s", limit, what)
}

// wantLines waits until a file has that many lines, and checks that no more follow.
func (f *fluentBit) wantLines(name string, n int, limit time.Duration) {
	f.t.Helper()
	f.wait(fmt.Sprintf("%d lines in %s", n, name), limit, func() bool { return f.lines(name) >= n })
	f.wantStill(name, n)
}

// settled is longer than alerts take to arrive.
const settled = 2 * time.Second

// wantStill checks that a file has that many lines some seconds later.
func (f *fluentBit) wantStill(name string, n int) {
	f.t.Helper()
	time.Sleep(settled)
	f.wantNow(name, n)
}

func (f *fluentBit) wantNow(name string, n int) {
	f.t.Helper()
	if got := f.lines(name); got != n {
		f.t.Fatalf("%s has %d lines, want %d", name, got, n)
	}
}

// wantLog waits until a text is in the log.
func (f *fluentBit) wantLog(text string) {
	f.t.Helper()
	f.wait("in the log: "+text, 20*time.Second, func() bool { return strings.Contains(f.read("log"), text) })
}

// ids returns the alert_ids in a file of alerts, with their numbers. It ignores
// heartbeats and error records, which have the same tag.
func (f *fluentBit) ids(name string) map[string]int {
	f.t.Helper()
	ids := map[string]int{}
	for line := range strings.Lines(f.read(name)) {
		if !strings.HasSuffix(line, "\n") {
			break // it is being written
		}
		var a struct {
			ID    string `json:"alert_id"`
			Event struct{ Kind string }
		}
		err := json.Unmarshal([]byte(line), &a)
		if err == nil && (a.Event.Kind == "metric" || a.Event.Kind == "event") {
			continue
		}
		if err != nil || len(a.ID) != 64 {
			f.t.Fatalf("no alert (%v): %.300s", err, line)
		}
		ids[a.ID]++
	}
	return ids
}

// corpus is a file of CloudTrail events, one per line, and the number of alerts that the
// built-in rule makes of them.
type corpus struct {
	name   string
	text   string
	alerts int
}

// corpora returns the bundled events, and the larger corpus that is beside the
// repository on some machines.
func corpora(t *testing.T) []corpus {
	t.Helper()
	own, err := os.ReadFile(root + "/test/data/cloudtrail.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	all := []corpus{{"own", string(own), 3}}
	stratus, err := os.ReadFile(root + "/../shared/corpus/stratus.ndjson")
	if err != nil {
		t.Log("../shared/corpus/stratus.ndjson does not exist: tested with the bundled events only")
		return all
	}
	return append(all, corpus{"stratus", string(stratus), 6})
}

// records returns the events as one {"Records":[…]} object on a line.
func (c corpus) records() string {
	lines := strings.Split(strings.TrimSpace(c.text), "\n")
	return `{"Records":[` + strings.Join(lines, ",") + "]}\n"
}

// pushes returns n distinct events that the built-in rule matches, as lines.
func pushes(from, n int) string {
	var b bytes.Buffer
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, `{"eventVersion":"1.08","eventTime":"2026-03-02T09:00:00Z","eventSource":"ec2-instance-connect.amazonaws.com",`+
			`"eventName":"SendSSHPublicKey","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.24","userAgent":"aws-cli/2",`+
			`"userIdentity":{"type":"IAMUser","userName":"alice","accountId":"111122223333"},`+
			`"requestParameters":{"instanceId":"i-%017x","instanceOSUser":"ec2-user"},"responseElements":null,`+
			`"eventID":"e-%d","recipientAccountId":"111122223333"}`+"\n", i, i)
	}
	return b.String()
}

// otherEvents returns n events that it does not match.
func otherEvents(n int) string {
	return strings.Repeat(`{"eventVersion":"1.08","eventTime":"2026-03-02T09:00:00Z","eventSource":"ec2.amazonaws.com",`+
		`"eventName":"DescribeInstances","awsRegion":"eu-west-1","requestParameters":null,"recipientAccountId":"111122223333"}`+"\n", n)
}
