package sidecar

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// StartError says why a sidecar could not start.
type StartError struct{ Err error }

// Error is the reason.
func (e *StartError) Error() string { return e.Err.Error() }

func (e *StartError) Unwrap() error { return e.Err }

// Serve runs a sidecar until a signal ends it: SIGTERM after it has drained, see
// [Sidecar.Drain], SIGINT at once. SIGHUP reads the rules anew. A SIGTERM during
// the end changes nothing: who starts the sidecar and who watches over it may both
// send one. The error is a *StartError, or says why it cannot
// go on.
func Serve(c settings.Sidecar, o Options) error { return serve(c, o, usualLimits) }

func serve(c settings.Sidecar, o Options, t limits) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	s, err := start(c, o, t)
	if err != nil {
		return &StartError{err}
	}
	if err := notify("READY=1"); err != nil {
		o.Log.Warnf("systemd is not told that the service is ready: %v", err)
	}
	for {
		select {
		case err := <-s.Failure():
			s.Stop()
			return err
		case got := <-signals:
			switch got {
			case syscall.SIGHUP:
				s.Reload()
				continue
			case syscall.SIGTERM:
				o.Log(logger.Info, "stopping: goes on until nothing has come for a while")
				cut := make(chan struct{})
				go func() {
					for got := range signals {
						if got == os.Interrupt {
							close(cut)
							return
						}
					}
				}()
				s.Drain(cut)
			}
			s.Stop()
			return nil
		}
	}
}
