package vector

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long something may take, or may be without progress, while other tests
// have the processor. On a quiet machine it takes seconds.
const patience = 2 * time.Minute

// process is a program that can be killed and started again. Each of its lives has an
// output file of its own, as a kill may leave half a line at the end.
type process struct {
	t     *testing.T
	name  string
	dir   string // of the output files
	args  []string
	env   []string
	ready func() bool // reports whether it serves
	lives int
	cmd   *exec.Cmd
	done  chan struct{} // closed at its end
}

// start starts the program and waits until it serves.
func (p *process) start() {
	p.t.Helper()
	out, err := os.Create(p.file(p.lives, "out"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer out.Close()
	log, err := os.Create(p.file(p.lives, "log"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	p.lives++
	p.cmd = exec.Command(p.args[0], p.args[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = out, log
	p.cmd.Env = append(append(os.Environ(), "NO_COLOR=1", "NO_PROXY=127.0.0.1"), p.env...)
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait()
		close(done)
	}(p.cmd, p.done)
	p.t.Cleanup(func() { p.end(syscall.SIGKILL) })
	wait(p.t, p.name+" to serve", patience, func() bool {
		select {
		case <-p.done:
			p.t.Fatalf("%s ended: %v\n%s", p.name, p.cmd.ProcessState, p.log())
		default:
		}
		return p.ready()
	})
}

// file is the name of a file of one of its lives.
func (p *process) file(life int, kind string) string {
	return filepath.Join(p.dir, fmt.Sprintf("%s-%d.%s", p.name, life, kind))
}

// end sends a signal and waits for the end.
func (p *process) end(s syscall.Signal) {
	p.t.Helper()
	_ = p.cmd.Process.Signal(s)
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.done
		p.t.Errorf("%s did not end within %v after %v", p.name, patience, s)
	}
}

// again kills the program and starts it.
func (p *process) again() {
	p.t.Helper()
	p.end(syscall.SIGKILL)
	p.start()
}

// log returns what all of its lives have written to stderr.
func (p *process) log() string {
	p.t.Helper()
	var b strings.Builder
	for life := range p.lives {
		text, err := os.ReadFile(p.file(life, "log"))
		if err != nil {
			p.t.Fatal(err)
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return b.String()
}

// answers reports whether something answers at a URL, whatever it answers.
func answers(url string) func() bool {
	client := http.Client{Timeout: time.Second}
	return func() bool {
		r, err := client.Get(url)
		if err != nil {
			return false
		}
		_ = r.Body.Close()
		return true
	}
}

// wait waits until a condition holds.
func wait(t *testing.T, what string, timeout time.Duration, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); ; time.Sleep(50 * time.Millisecond) {
		if is() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", timeout, what)
		}
	}
}
