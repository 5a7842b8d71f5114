package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a shipper with its own directory, and what runs beside it.
type process struct {
	dir      string
	log      logBuffer
	programs []*program // the shipper first
}

// program is one of its programs.
type program struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// logBuffer is what the programs have written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// launch starts a peer, with more appended to its configuration.
func launch(p peer, more string) (*process, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	f := &process{dir: dir}
	commands, err := p.configure(dir, more)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	for _, args := range commands {
		if err := f.run(args); err != nil {
			return nil, errors.Join(err, f.stop())
		}
	}
	return f, nil
}

// run starts a program.
func (f *process) run(args []string) error {
	p := &program{exec.Command(args[0], args[1:]...), make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &f.log, &f.log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() {
		_ = p.cmd.Wait() // stop reads ProcessState
		close(p.done)
	}()
	f.programs = append(f.programs, p)
	return nil
}

// executable returns the name or path of fluent-bit.
func executable() string {
	if name := os.Getenv("FLUENT_BIT"); name != "" {
		return name
	}
	return "fluent-bit"
}

// stop ends the programs, the shipper first, and removes the directory.
func (f *process) stop() error {
	var errs []error
	for _, p := range f.programs {
		errs = append(errs, p.stop())
	}
	if err := errors.Join(errs...); err != nil {
		errs = []error{fmt.Errorf("%w\n%s", err, f.log.String())}
	}
	return errors.Join(append(errs, os.RemoveAll(f.dir))...)
}

func (p *program) stop() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		err = fmt.Errorf("%s does not exit", p.cmd.Path)
	}
	if err == nil && p.cmd.ProcessState.ExitCode() != 0 {
		err = fmt.Errorf("%s ended with %v", p.cmd.Path, p.cmd.ProcessState)
	}
	return err
}

// wait waits until the condition holds.
func (f *process) wait(what string, limit time.Duration, holds func() bool) error {
	for end := time.Now().Add(limit); !holds(); time.Sleep(10 * time.Millisecond) {
		for _, p := range f.programs {
			select {
			case <-p.done:
				return fmt.Errorf("%s exited before: %s\n%s", p.cmd.Path, what, f.log.String())
			default:
			}
		}
		if time.Now().After(end) {
			return fmt.Errorf("timeout after %s: %s", limit, what)
		}
	}
	return nil
}

// alerts returns the number of lines in the file of alerts.
func (f *process) alerts() int {
	text, err := os.ReadFile(filepath.Join(f.dir, "alerts"))
	if err != nil {
		return 0
	}
	return bytes.Count(text, []byte("\n"))
}

// cpu returns the CPU time of all threads, including those that have ended.
func (f *process) cpu() (all time.Duration, err error) {
	for _, p := range f.programs {
		text, err := os.ReadFile(p.proc("stat"))
		if err != nil {
			return 0, err
		}
		// Fields 14 and 15, the second is a name in parentheses.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		user, err1 := strconv.ParseInt(fields[11], 10, 64)
		system, err2 := strconv.ParseInt(fields[12], 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return 0, err
		}
		const tick = 10 * time.Millisecond // Linux: always, for programs
		all += time.Duration(user+system) * tick
	}
	return all, nil
}

// running returns the CPU time of the living threads, in nanoseconds precision.
func (f *process) running() (all time.Duration, err error) {
	for _, p := range f.programs {
		threads, err := os.ReadDir(p.proc("task"))
		if err != nil {
			return 0, err
		}
		for _, thread := range threads {
			text, err := os.ReadFile(p.proc("task/" + thread.Name() + "/schedstat"))
			if errors.Is(err, os.ErrNotExist) { // it has ended
				continue
			}
			if err != nil {
				return 0, err
			}
			n, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
			if err != nil {
				return 0, err
			}
			all += time.Duration(n)
		}
	}
	return all, nil
}

// memory returns the resident memory, now and at its peak, in bytes. The peaks of several
// programs are added up.
func (f *process) memory() (now, peak int64, err error) {
	for _, p := range f.programs {
		text, err := os.ReadFile(p.proc("status"))
		if err != nil {
			return 0, 0, err
		}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(line, ":")
			for wanted, into := range map[string]*int64{"VmRSS": &now, "VmHWM": &peak} {
				if name == wanted {
					kb, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
					if err != nil {
						return 0, 0, err
					}
					*into += kb << 10
				}
			}
		}
	}
	return now, peak, nil
}

// read returns how many bytes of a file the shipper has read.
func (f *process) read(path string) (int64, error) {
	p := f.programs[0]
	open, err := os.ReadDir(p.proc("fd"))
	if err != nil {
		return 0, err
	}
	for _, fd := range open {
		if target, err := os.Readlink(p.proc("fd/" + fd.Name())); err != nil || target != path {
			continue
		}
		text, err := os.ReadFile(p.proc("fdinfo/" + fd.Name()))
		if err != nil {
			return 0, err
		}
		return strconv.ParseInt(strings.Fields(string(text))[1], 10, 64) // pos: N
	}
	return 0, nil // not opened yet
}

func (p *program) proc(name string) string {
	return fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name)
}
