package sidecar

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// childVariable contains the settings, as JSON, with which the test binary runs a
// sidecar.
const childVariable = "FLUENT_DETECT_TEST_SIDECAR"

// child runs a sidecar and returns the exit code.
func child() int {
	var s keys
	if err := json.Unmarshal([]byte(os.Getenv(childVariable)), &s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	c, err := settings.ReadSidecar(s.get)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	l := testLimits
	l.idle, l.read = 2*time.Second, 30*time.Second
	err = serve(c, Options{
		Version: "v1", Stdout: os.Stdout, Stderr: os.Stderr,
		Log: func(level logger.Level, line string) { fmt.Fprintf(os.Stderr, "%s: %s\n", level, line) },
	}, l)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process is a sidecar in a process of its own.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	done chan struct{}

	mu     sync.Mutex
	stderr strings.Builder
}

// launch starts a process and waits until it serves.
func launch(t *testing.T, s keys) *process {
	t.Helper()
	p := &process{t: t, done: make(chan struct{})}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), childVariable+"="+string(data), "GORACE=atexit_sleep_ms=0")
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	serves := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(pipe)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			p.mu.Lock()
			p.stderr.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
			if _, url, ok := strings.Cut(lines.Text(), "takes events at "); ok {
				serves <- url
			}
		}
		_ = p.cmd.Wait() // the tests look at ProcessState
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("stderr of the sidecar:\n%s", p.log())
		}
	})
	select {
	case p.url = <-serves:
	case <-p.done:
		t.Fatalf("the sidecar ended with %v:\n%s", p.cmd.ProcessState, p.log())
	case <-time.After(20 * time.Second):
		t.Fatal("the sidecar does not serve")
	}
	return p
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// kill ends the process like a crash.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.done
}

// wantExit waits for the end of the process and checks the exit code.
func (p *process) wantExit(code int) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.t.Fatal("the sidecar does not end")
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("the sidecar ended with %v, want exit code %d", p.cmd.ProcessState, code)
	}
}
