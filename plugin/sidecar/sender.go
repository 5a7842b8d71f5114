package sidecar

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const (
	// maxBatch is how many bytes of alerts, before they are JSON, are sent at
	// once.
	maxBatch = 1 << 20
	// maxAlerts is how many.
	maxAlerts = 4096
	// poll is how long a wait for alerts takes before the sender looks around.
	poll = 200 * time.Millisecond
)

// way is a way out for alerts.
type way interface {
	// deliver hands over lines of JSON. The error may be a *refusal, or a
	// *fatalError.
	deliver(ctx context.Context, lines []byte) error
	String() string
}

// refusal says that a receiver does not take these alerts, now or ever.
type refusal struct {
	reason string
}

func (r *refusal) Error() string { return r.reason }

// fatalError says that nothing more can be delivered this way.
type fatalError struct{ err error }

func (f *fatalError) Error() string { return f.err.Error() }
func (f *fatalError) Unwrap() error { return f.err }

// sender delivers what a taker gets.
type sender struct {
	way     way
	taker   *outbox.Taker
	letters *deadLetters
	log     logger.Log
	limits  limits
	fatal   func(error)

	ctx    context.Context // ends everything at once
	cancel context.CancelFunc
	stop   chan struct{} // closed when the sender is to end
	done   chan struct{} // closed when it has ended

	// Of the goroutine.
	lines    []byte
	most     int // alerts in a batch: fewer after a refusal
	failures int // in a row
	since    time.Time
	logged   time.Time
	last     string // what was logged then

	delivered, failed atomic.Uint64
}

// startSender makes a sender of a taker, which is the sender's from then on. fatal
// is called when the way is closed for good.
func startSender(w way, taker *outbox.Taker, letters *deadLetters, log logger.Log, t limits, fatal func(error)) *sender {
	s := &sender{way: w, taker: taker, letters: letters, log: log, limits: t, fatal: fatal,
		stop: make(chan struct{}), done: make(chan struct{}), most: maxAlerts}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.run()
	return s
}

// close delivers what there is, for as long as the receiver takes it and at most
// for the time for flushing, and ends the sender. What was not delivered stays in
// the outbox.
func (s *sender) close() {
	close(s.stop)
	timer := time.AfterFunc(s.limits.flush, s.cancel)
	<-s.done
	timer.Stop()
	s.cancel()
	s.taker.Close()
}

func (s *sender) run() {
	defer close(s.done)
	for {
		stopping := s.stopping()
		wait := poll
		if stopping {
			wait = 0
		}
		alerts := s.taker.Take(maxBatch, wait)
		if len(alerts) == 0 {
			if stopping {
				return
			}
			continue
		}
		err := s.send(alerts[:min(len(alerts), s.most)])
		if err == nil {
			continue
		}
		var fatal *fatalError
		if errors.As(err, &fatal) {
			s.fatal(err)
			return
		}
		if stopping || !s.pause(s.delay()) && s.ctx.Err() != nil {
			return
		}
	}
}

// send delivers the alerts, or less of them when they are refused. The error says
// that it is to be tried again later.
func (s *sender) send(alerts []outbox.Alert) error {
	s.lines = s.lines[:0]
	for _, a := range alerts {
		s.lines = append(alert.AppendJSON(s.lines, a.Record), '\n')
	}
	if cap(s.lines) > 16*maxBatch { // one large alert is no reason to keep that much
		defer func() { s.lines = nil }()
	}
	err := s.way.deliver(s.ctx, s.lines)
	var refused *refusal
	switch {
	case err == nil:
		s.over()
		s.most = min(2*s.most, maxAlerts)
		s.gone(len(alerts))
		s.delivered.Add(uint64(len(alerts)))
	case errors.As(err, &refused) && len(alerts) > 1:
		s.failed.Add(1)
		s.most = len(alerts) / 2
	case errors.As(err, &refused):
		s.failed.Add(1)
		s.letters.alert(fmt.Sprintf("%s refuses an alert: %s", s.way, refused.reason), s.lines[:len(s.lines)-1])
		s.gone(1)
	default:
		s.failed.Add(1)
		s.fail(err)
		return err
	}
	return nil
}

// gone lets go of the first n alerts of the batch in hand.
func (s *sender) gone(n int) {
	s.taker.AckFirst(n)
	if err := s.taker.Settle(); err != nil {
		s.log(logger.Warn, err.Error())
	}
}

const (
	// logEvery is how often a failure that goes on is logged, and logAgain how
	// soon the same one that came, went and came again.
	logEvery = 5 * time.Minute
	logAgain = 10 * time.Second
)

// fail notes a failure. A receiver that is away for a day must not fill the log.
func (s *sender) fail(err error) {
	if s.ctx.Err() != nil {
		return // close ended it
	}
	now := time.Now()
	gap := logEvery
	if s.failures++; s.failures == 1 {
		s.since = now
		gap = logAgain
	}
	if text := err.Error(); text != s.last || now.Sub(s.logged) >= gap {
		s.logged, s.last = now, text
		s.log.Warnf("%s: %s; alerts wait in the outbox", s.way, text)
	}
}

// over ends a row of failures.
func (s *sender) over() {
	if s.failures > 0 {
		s.log.Infof("%s: delivers again after %s", s.way, time.Since(s.since).Round(100*time.Millisecond))
		s.failures = 0
	}
}

// delay returns how long to wait after the failures: the double each time, and up
// to half as much again, so that many senders do not come back at the same moment.
func (s *sender) delay() time.Duration {
	d := min(s.limits.firstDelay<<min(max(s.failures, 1)-1, 16), s.limits.lastDelay)
	return d + rand.N(d/2+1)
}

func (s *sender) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// pause waits, and returns false when the sender is to end.
func (s *sender) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.stop:
		return false
	}
}
