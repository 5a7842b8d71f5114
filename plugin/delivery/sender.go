package delivery

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const (
	// maxBytes is the maximum size of a batch, before it is encoded. Fluent
	// Bit's forward input reads messages of up to 6 MB by default.
	maxBytes = 1 << 20
	// maxAlerts is the maximum number of alerts in a batch.
	maxAlerts = 4096
	// poll is how long to wait for alerts before checking the connection.
	poll = 200 * time.Millisecond
	// maxReason is the maximum size of what a receiver says in a log line.
	maxReason = 1000
)

// Options are the settings of a Sender.
type Options struct {
	Log logger.Log
	// Rejected handles an alert, in its encoded form, that the destination does
	// not accept. It is required for destinations that return *RejectedError.
	Rejected func(reason string, encoded []byte)
	// Closed is called after a *ClosedError. It is required for destinations
	// that return one.
	Closed func(error)
	// CloseTimeout limits the duration of Close.
	CloseTimeout time.Duration
	// MinDelay and MaxDelay limit the delay before a retry; 0: 200ms and 20s.
	MinDelay, MaxDelay time.Duration
}

// Sender delivers the alerts of a consumer.
type Sender struct {
	destination Destination
	consumer    *outbox.Consumer
	options     Options

	ctx    context.Context // canceled to abort everything
	cancel context.CancelFunc
	once   sync.Once
	stop   chan struct{} // closed to end the sender
	drain  bool          // set before: deliver everything first
	done   chan struct{} // closed when the sender has ended

	// Used by the goroutine only.
	batch    Batch // not accepted yet
	limit    int   // alerts to send at once: fewer after a failure
	checked  bool  // the destination was available the last time
	outage   outage
	isolated isolated
	searches int           // failures since the last success after which less was sent
	alone    int           // those with a single alert
	brief    int           // how many more attempts are brief, after one that took very long
	took     time.Duration // by the last attempt that succeeded
	refusals logger.Log    // rate-limited, of isolated alerts

	delivered, failed atomic.Uint64
	waiting           atomic.Int64 // isolated alerts
}

// Start starts a Sender. It owns the consumer and the destination from then on.
func Start(d Destination, consumer *outbox.Consumer, o Options) *Sender {
	if o.MinDelay == 0 {
		o.MinDelay, o.MaxDelay = 200*time.Millisecond, 20*time.Second
	}
	s := &Sender{
		destination: d, consumer: consumer, options: o, limit: maxAlerts, refusals: o.Log.Limited(),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.run()
	return s
}

// String names the destination.
func (s *Sender) String() string { return s.destination.String() }

// Stats returns how many alerts were accepted, and how many attempts to connect or
// to deliver failed.
func (s *Sender) Stats() (delivered, failed uint64) { return s.delivered.Load(), s.failed.Load() }

// Isolated returns how many alerts are sent one by one, because the destination fails to
// accept each of them.
func (s *Sender) Isolated() int { return int(s.waiting.Load()) }

// Close ends the sender within CloseTimeout and closes the consumer. If drain is
// set, it delivers the alerts in the outbox first, unless the destination fails;
// otherwise only those that are being sent. Alerts that were not accepted stay in
// the outbox.
func (s *Sender) Close(drain bool) {
	s.once.Do(func() {
		s.drain = drain
		close(s.stop)
		timer := time.AfterFunc(s.options.CloseTimeout, s.cancel)
		<-s.done
		timer.Stop()
		s.cancel()
		s.consumer.Close()
	})
}

func (s *Sender) run() {
	defer close(s.done)
	for !s.loopSafely() {
		if !s.pause(s.options.MaxDelay) {
			return
		}
	}
}

// loopSafely runs the loop and reports whether it ended regularly: a panic must not
// reach the host.
func (s *Sender) loopSafely() (ended bool) {
	defer s.destination.Close()
	defer func() {
		if p := recover(); p != nil {
			s.failed.Add(1)
			s.options.Log.Warnf("%s: panic: %v; the sender restarts, please report this with the stack that follows\n%s", s, p, debug.Stack())
		}
	}()
	s.loop()
	return true
}

func (s *Sender) loop() {
	for {
		stopping := s.stopping()
		if stopping && !s.drain {
			return
		}
		if len(s.batch.Alerts) == 0 {
			wait := poll
			if stopping || !s.checked {
				wait = 0
			}
			s.batch = NewBatch(s.consumer.Take(maxBytes, wait), s.destination.AppendAlert, s.batch.buffer())
		}
		var err error
		switch one := s.isolated.due(time.Now()); {
		case one != nil && (s.outage.failures == 0 || len(s.batch.Alerts) == 0) && !stopping:
			err = s.sendAgain(one)
		case len(s.batch.Alerts) > 0:
			err = s.send()
		case stopping:
			return
		case len(s.isolated.alerts) > 0:
			if !s.checked { // Take has not waited
				s.pause(poll)
			}
		default:
			err = s.check()
		}
		var closed *ClosedError
		if errors.As(err, &closed) {
			s.options.Closed(err)
			return
		}
		if err == nil {
			continue
		}
		if s.ctx.Err() != nil || stopping && s.outage.failures > maxSearches {
			return
		}
		var failed *FailedError
		if stopping && !errors.As(err, &failed) {
			return
		}
		s.pause(delay(s.outage.failures-s.searches, s.options.MinDelay, s.options.MaxDelay))
	}
}

// check checks the destination while there are no alerts.
func (s *Sender) check() error {
	err := s.destination.Check(s.ctx)
	if err != nil {
		s.fail(err)
		return err
	}
	s.succeed("%s: connected after %s")
	return nil
}

// send sends alerts of the batch. An error means that the next attempt has to
// wait.
func (s *Sender) send() error {
	b := s.batch.first(min(len(s.batch.Alerts), s.limit))
	begin := time.Now()
	ctx, cancel := s.attempt()
	accepted, err := s.destination.Send(ctx, b)
	cancel()
	s.took, s.brief = s.patience(time.Since(begin), err)
	s.accept(accepted)
	var closed *ClosedError
	var rejected *RejectedError
	var failed *FailedError
	switch {
	case err == nil:
		s.limit = min(2*s.limit, maxAlerts)
		s.succeed("%s: delivers again after %s")
		return nil
	case errors.As(err, &closed):
		s.failed.Add(1)
		return err
	case errors.As(err, &rejected):
		s.failed.Add(1)
		if len(b.Alerts) == 1 {
			s.options.Rejected(logger.Printable(rejected.Reason, maxReason), b.All())
			s.remove(1)
		}
		s.limit = max(len(b.Alerts)/2, 1)
		return nil
	}
	if accepted == 0 { // the batch may be too large for the receiver or the connection
		s.limit = max(len(b.Alerts)/4, 1)
	}
	s.fail(err)
	if errors.As(err, &failed) && s.ctx.Err() == nil {
		s.searches = min(s.searches+1, maxSearches)
		if len(b.Alerts) == 1 && accepted == 0 {
			if s.alone++; s.alone >= minAlone {
				s.isolate(b)
			}
		}
	}
	return err
}

// succeed notes that the destination works, which ends an outage. The line says so, with
// the destination and the duration.
func (s *Sender) succeed(line string) {
	s.checked = true
	s.searches, s.alone = 0, 0
	if s.outage.failures > 0 {
		if d, reported := s.outage.end(); reported {
			s.options.Log.Infof(line, s, d)
		}
	}
}

// accept removes the first n alerts of the batch, which were accepted.
func (s *Sender) accept(n int) {
	if n > 0 {
		s.delivered.Add(uint64(n))
		s.remove(n)
	}
}

// remove removes the first n alerts of the batch, also from the outbox.
func (s *Sender) remove(n int) {
	s.batch.skip(n)
	s.consumer.AckFirst(n)
	s.confirm()
}

// confirm confirms what was acknowledged.
func (s *Sender) confirm() {
	if err := s.consumer.Confirm(); err != nil {
		s.options.Log(logger.Warn, err.Error())
	}
}

func (s *Sender) fail(err error) {
	s.failed.Add(1)
	s.checked = false
	if s.ctx.Err() != nil {
		return // aborted by Close
	}
	if text := logger.Printable(err.Error(), maxReason); s.outage.fail(text) {
		s.options.Log.Warnf("%s: %s; alerts wait in the outbox", s, text)
	}
}

func (s *Sender) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// pause waits, and returns false if the sender is to end.
func (s *Sender) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.stop:
		return false
	}
}
