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
	"syscall"
	"time"
)

// process is a Fluent Bit with its own directory.
type process struct {
	dir  string
	cmd  *exec.Cmd
	log  bytes.Buffer
	done chan struct{} // closed when it has ended
}

// launch starts a peer, with more appended to its configuration.
func launch(p peer, more string) (*process, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	f := &process{dir: dir, done: make(chan struct{})}
	if err := p.configure(dir, more); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	args := []string{"-c", filepath.Join(dir, "fluent-bit.conf")}
	for _, library := range p.plugins {
		args = append(args, "-e", library)
	}
	f.cmd = exec.Command(executable(), args...)
	f.cmd.Stdout, f.cmd.Stderr = &f.log, &f.log
	if err := f.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go func() {
		_ = f.cmd.Wait() // stop reads ProcessState
		close(f.done)
	}()
	return f, nil
}

// executable returns the name or path of fluent-bit.
func executable() string {
	if name := os.Getenv("FLUENT_BIT"); name != "" {
		return name
	}
	return "fluent-bit"
}

// stop ends the process and removes its directory.
func (f *process) stop() error {
	err := f.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-f.done:
	case <-time.After(20 * time.Second):
		_ = f.cmd.Process.Kill()
		<-f.done
		err = errors.New("fluent-bit does not exit")
	}
	if err == nil && f.cmd.ProcessState.ExitCode() != 0 {
		err = fmt.Errorf("fluent-bit ended with %v", f.cmd.ProcessState)
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, f.log.Bytes())
	}
	return errors.Join(err, os.RemoveAll(f.dir))
}

// wait waits until the condition holds.
func (f *process) wait(what string, limit time.Duration, holds func() bool) error {
	for end := time.Now().Add(limit); !holds(); time.Sleep(10 * time.Millisecond) {
		select {
		case <-f.done:
			return fmt.Errorf("fluent-bit exited before: %s", what)
		default:
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
func (f *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(f.proc("stat"))
	if err != nil {
		return 0, err
	}
	// Fields 14 and 15, the second is a name in parentheses.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	const tick = 10 * time.Millisecond // Linux: always, for programs
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

// running returns the CPU time of the living threads, in nanoseconds precision.
func (f *process) running() (all time.Duration, err error) {
	threads, err := os.ReadDir(f.proc("task"))
	if err != nil {
		return 0, err
	}
	for _, thread := range threads {
		text, err := os.ReadFile(f.proc("task/" + thread.Name() + "/schedstat"))
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
	return all, nil
}

// memory returns the resident memory, now and at its peak, in bytes.
func (f *process) memory() (now, peak int64, err error) {
	text, err := os.ReadFile(f.proc("status"))
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
				*into = kb << 10
			}
		}
	}
	return now, peak, nil
}

// read returns how many bytes of a file the process has read.
func (f *process) read(path string) (int64, error) {
	open, err := os.ReadDir(f.proc("fd"))
	if err != nil {
		return 0, err
	}
	for _, fd := range open {
		if target, err := os.Readlink(f.proc("fd/" + fd.Name())); err != nil || target != path {
			continue
		}
		text, err := os.ReadFile(f.proc("fdinfo/" + fd.Name()))
		if err != nil {
			return 0, err
		}
		return strconv.ParseInt(strings.Fields(string(text))[1], 10, 64) // pos: N
	}
	return 0, nil // not opened yet
}

func (f *process) proc(name string) string {
	return fmt.Sprintf("/proc/%d/%s", f.cmd.Process.Pid, name)
}
