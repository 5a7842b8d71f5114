package sidecar

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// StartError is the reason why a sidecar could not be started.
type StartError struct{ Err error }

// Error returns the reason.
func (e *StartError) Error() string { return e.Err.Error() }

func (e *StartError) Unwrap() error { return e.Err }

// Serve runs a sidecar until a signal ends it: SIGTERM after [Sidecar.Drain],
// SIGINT immediately. SIGHUP reloads the rules. Another SIGTERM has no effect: both
// the parent process and a supervisor may send one. The error is a *StartError, or
// the reason why the sidecar cannot continue.
func Serve(c settings.Sidecar, o Options) error { return serve(c, o, defaultLimits) }

func serve(c settings.Sidecar, o Options, l limits) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	s, err := start(c, o, l)
	if err != nil {
		return &StartError{err}
	}
	defer s.Stop()
	done := make(chan struct{})
	defer close(done)
	go limitMemory(done)
	if err := notify("READY=1"); err != nil {
		o.Log.Warnf("systemd cannot be notified that the service is ready: %v", err)
	}
	for {
		select {
		case err := <-s.Failure():
			return err
		case got := <-signals:
			switch got {
			case syscall.SIGHUP:
				s.Reload()
				continue
			case syscall.SIGTERM:
				o.Log.Infof("stopping: still accepts events until there are none for a while")
				s.Drain(interrupted(signals))
			}
			return nil
		}
	}
}

// interrupted returns a channel that is closed after SIGINT.
func interrupted(signals <-chan os.Signal) <-chan struct{} {
	c := make(chan struct{})
	go func() {
		for got := range signals {
			if got == os.Interrupt {
				close(c)
				return
			}
		}
	}()
	return c
}
