package sidecar

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a sidecar that listens on a loopback port.
type process struct {
	cmd  *exec.Cmd
	log  bytes.Buffer
	done chan struct{} // closed when it has ended
	url  string
}

// start starts the program and waits until it serves. Its alerts go to stdout, which
// is discarded.
func start(path, dir string) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &process{url: "http://" + address + "/v1/ingest", done: make(chan struct{})}
	s.cmd = exec.Command(path, "serve", "--listen", address, "--alerts", "-", "--max-alerts", "0",
		"--state-path", filepath.Join(dir, "state"), "--dead-letters", filepath.Join(dir, "dead"))
	s.cmd.Stderr = &s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // stop reads ProcessState
		close(s.done)
	}()
	if err := s.ready("http://" + address + "/healthz"); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *process) ready(url string) error {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		select {
		case <-s.done:
			return errors.New("the sidecar ended before it served")
		default:
		}
		if answer, err := http.Get(url); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return errors.New("the sidecar does not serve after 10 s")
}

// stop ends the process.
func (s *process) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGINT) // an error means that it has ended
	select {
	case <-s.done:
	case <-time.After(10 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the sidecar ended with %v:\n%s", s.cmd.ProcessState, s.log.Bytes())
	}
	return nil
}
