package forward

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

const (
	// maxBatch is how many bytes of alerts are sent at once. Fluent Bit's
	// forward input reads messages of up to 6 MB unless told otherwise.
	maxBatch = 1 << 20
	// poll is how long a wait for alerts takes before the sender looks around:
	// is it to end, is the connection still there.
	poll = 200 * time.Millisecond
	// closeTimeout bounds Close.
	closeTimeout = 2 * time.Second
)

// Log takes lines for the log. Both functions are called from the sender's
// goroutine.
type Log struct {
	Info, Warn func(line string)
}

// Sender sends what a taker gets.
type Sender struct {
	config Config
	taker  *outbox.Taker
	log    Log
	dial   dialer

	ctx    context.Context // ends everything at once
	cancel context.CancelFunc
	once   sync.Once
	stop   chan struct{} // closed when the sender is to end
	drain  bool          // set before: not before everything is delivered
	done   chan struct{} // closed when it has ended

	// Of the goroutine.
	conn    *connection
	ready   bool // alerts can wait for: a connection was made, and no error was read from it
	batch   int  // bytes
	trouble trouble

	delivered, failed atomic.Uint64
	connected         atomic.Bool
}

// Start makes a Sender of a taker, which is the sender's from then on.
func Start(c Config, taker *outbox.Taker, log Log) *Sender {
	return start(c, taker, log, (&net.Dialer{}).DialContext)
}

func start(c Config, taker *outbox.Taker, log Log, dial dialer) *Sender {
	s := &Sender{config: c, taker: taker, log: log, dial: dial, stop: make(chan struct{}), done: make(chan struct{}), batch: maxBatch}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.run()
	return s
}

// Stats are a sender's counters.
type Stats struct {
	Delivered uint64 // alerts that were acknowledged
	Failed    uint64 // attempts to connect or to deliver
	Connected bool
}

// Stats returns the counters. It may be called at any time.
func (s *Sender) Stats() Stats {
	return Stats{Delivered: s.delivered.Load(), Failed: s.failed.Load(), Connected: s.connected.Load()}
}

// Close ends the sender within two seconds and closes the taker. With drain it
// uses this time to deliver what is there, unless the receiver fails; without,
// only what is on its way. What is not acknowledged stays in the outbox.
func (s *Sender) Close(drain bool) {
	s.once.Do(func() {
		s.drain = drain
		close(s.stop)
		timer := time.AfterFunc(closeTimeout, s.cancel)
		<-s.done
		timer.Stop()
		s.cancel()
		s.taker.Close()
	})
}

// run is the goroutine. It lives in a host that must not die of a panic.
func (s *Sender) run() {
	defer close(s.done)
	for !s.protected() {
		if !s.pause(maxDelay) {
			return
		}
	}
}

// protected runs the loop and returns whether it ended by itself.
func (s *Sender) protected() (ended bool) {
	defer s.disconnect()
	defer func() {
		if p := recover(); p != nil {
			s.failed.Add(1)
			s.log.Warn(fmt.Sprintf("%s: panic: %v; the sender begins anew, please report this with the stack that follows\n%s", s, p, debug.Stack()))
		}
	}()
	s.loop()
	return true
}

// String names the receiver.
func (s *Sender) String() string { return "forward_to " + s.config.Network + "://" + s.config.Address }

func (s *Sender) loop() {
	for {
		stopping := s.stopping()
		if stopping && !s.drain {
			return
		}
		wait := poll
		if stopping || !s.ready {
			wait = 0
		}
		alerts := s.taker.Take(s.batch, wait)
		if len(alerts) == 0 && stopping {
			return
		}
		if err := s.step(alerts); err != nil {
			s.failed.Add(1)
			if !s.pause(delay(s.trouble.failures)) {
				return
			}
		}
	}
}

// step does what there is to do with the alerts, of which there may be none.
func (s *Sender) step(alerts []outbox.Alert) error {
	if s.conn != nil && s.conn.broken() {
		err := s.conn.err
		s.disconnect()
		if !closed(err) { // receivers may close what is idle
			s.ready = false
			s.fail(err, false)
			return err
		}
	}
	// The first connection does not wait for an alert: what is wrong with it
	// is to be seen at the start.
	if len(alerts) == 0 && s.ready {
		return nil
	}
	if s.conn == nil {
		if err := s.connect(); err != nil {
			s.fail(err, true)
			return err
		}
	}
	err := s.deliver(alerts)
	if err != nil {
		s.fail(err, false)
	}
	return err
}

func (s *Sender) connect() (err error) {
	if s.conn, err = connect(s.ctx, &s.config, s.dial); err != nil {
		return err
	}
	s.connected.Store(true)
	s.ready = true
	if line := s.trouble.connected(); line != "" {
		s.log.Info(s.String() + ": " + line)
	}
	return nil
}

func (s *Sender) fail(err error, connecting bool) {
	if s.ctx.Err() != nil {
		return // Close ended it
	}
	if line := s.trouble.fail(reason(err).Error(), connecting); line != "" {
		s.log.Warn(s.String() + ": " + line)
	}
}

// deliver sends the alerts.
func (s *Sender) deliver(alerts []outbox.Alert) error {
	messages := split(alerts, s.config.Tag)
	n, err := s.conn.deliver(messages)
	if n > 0 {
		s.acknowledge(messages[:n])
	}
	if err != nil {
		s.disconnect()
		if n == 0 {
			// The batch may be too large for the receiver's buffer, or for the
			// line's speed.
			s.batch = max(s.batch/2, 1)
		}
	} else {
		s.batch = min(s.batch*2, maxBatch)
	}
	return err
}

// acknowledge lets go of the alerts of these messages.
func (s *Sender) acknowledge(messages []message) {
	n := 0
	for i := range messages {
		n += len(messages[i].alerts)
	}
	s.taker.AckFirst(n)
	if err := s.taker.Settle(); err != nil {
		s.log.Warn(err.Error())
	}
	s.delivered.Add(uint64(n))
	if line := s.trouble.delivered(); line != "" {
		s.log.Info(s.String() + ": " + line)
	}
}

// disconnect closes the connection, if there is one.
func (s *Sender) disconnect() {
	if s.conn != nil {
		s.conn.close()
		s.conn = nil
		s.connected.Store(false)
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

// pause waits, and returns false when the sender is to end.
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
