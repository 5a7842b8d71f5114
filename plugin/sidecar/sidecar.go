package sidecar

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/store"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
	"github.com/fluent-detect/fluent-detect/plugin/forward"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/plugin/sns"
)

// Options are what a sidecar needs from its process.
type Options struct {
	Version string    // of fluent-detect
	Stdout  io.Writer // for alerts, if it is their destination
	Stderr  io.Writer // for alerts, as lines of JSON, that are neither delivered nor stored at the end
	Log     logger.Log
	SNS     sns.Service // the zero value is Amazon's
}

// Sidecar is a running sidecar.
type Sidecar struct {
	config   settings.Sidecar
	options  Options
	observer alert.Observer
	limits   limits

	box         *outbox.Box
	state       *detector.State
	store       *store.Store // nil: memory only
	engine      *host.Engine
	deadLetters *deadLetters
	ingest      *ingestHandler
	push        map[string]*endpoint // what AWS posts to, by name
	sender      *delivery.Sender
	recent      *recent
	objects     *objects // nil: none are read

	connections *connections
	certificate atomic.Pointer[tls.Certificate]
	listener    net.Listener
	servers     []*http.Server

	failure chan error
	once    sync.Once
}

// Start starts a sidecar, which serves when Start returns. Errors name the key.
func Start(c settings.Sidecar, o Options) (*Sidecar, error) { return start(c, o, defaultLimits) }

func start(c settings.Sidecar, o Options, l limits) (*Sidecar, error) {
	s := &Sidecar{config: c, options: o, observer: host.Observer(o.Version), limits: l, state: detector.NewState(), failure: make(chan error, 1)}
	if err := s.start(); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *Sidecar) start() error {
	c, log := s.config, s.options.Log
	rules, err := host.LoadRules(&c.Detector)
	if err != nil {
		return err
	}
	if c.CertFile != "" {
		if err := s.readCertificate(); err != nil {
			return err
		}
	}
	destination, err := s.destination()
	if err != nil {
		return err
	}
	// Before files are opened or created: another sidecar may be running.
	if s.listener, err = net.Listen("tcp", c.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.deadLetters, err = openDeadLetters(c.DeadLetters, s.options.Stderr, log); err != nil {
		return fmt.Errorf("dead_letters: %w", err)
	}
	s.box = outbox.New(c.Channel, s.limits.outbox)
	boxOf := func(channel string) *outbox.Box {
		if channel == c.Channel {
			return s.box
		}
		return nil
	}
	if s.store, err = host.OpenStore(c.StatePath, boxOf, log); err != nil {
		return err
	}
	log(logger.Info, c.String())
	c.ReadAll = true // the JSON has been parsed anyway, and unreadable records become dead letters
	s.engine, err = host.Open(host.Options{
		Config:   c.Detector,
		Rules:    rules,
		Observer: s.observer,
		Outbox:   s.box,
		State:    s.state,
		Store:    s.store,
		Name:     s.name(),
		Lost:     s.writeToStderr,
		Log:      log,
	})
	if err != nil {
		return err
	}
	s.connections = newConnections(s.limits.connections, log)
	s.ingest = newIngestHandler(c.Requests, s.engine, s.deadLetters, log, s.limits)
	s.recent = &recent{Destination: destination}
	s.sender = delivery.Start(s.recent, s.box.Open(outbox.Filter{}), delivery.Options{
		Log: log,
		Rejected: func(reason string, line []byte) {
			s.deadLetters.addAlert(fmt.Sprintf("%s rejects an alert: %s", destination, reason), bytes.TrimSuffix(line, []byte("\n")))
		},
		Closed:       s.fail,
		CloseTimeout: s.limits.flush,
		MinDelay:     s.limits.minDelay,
		MaxDelay:     s.limits.maxDelay,
	})
	if c.Trail != nil {
		if s.objects, err = startObjects(*c.Trail, s.ingest, learner{s.engine}, log, &s.limits); err != nil {
			return err
		}
	}
	return s.serve()
}

// release closes what start has opened.
func (s *Sidecar) release() {
	if s.objects != nil {
		s.objects.close()
	}
	if s.engine != nil {
		s.engine.Close(true)
	}
	if s.sender != nil {
		s.sender.Close(true)
	}
	if s.listener != nil {
		_ = s.listener.Close()
	}
	if s.deadLetters != nil {
		s.deadLetters.close()
	}
	if s.store != nil {
		_ = s.store.Close()
	}
}

// name is the name of the detector in metrics and on disk.
func (s *Sidecar) name() string { return s.config.Channel + ".0" }

// destination returns the destination of the alerts.
func (s *Sidecar) destination() (delivery.Destination, error) {
	switch c := &s.config; {
	case c.Forward != nil:
		receiver, err := forward.NewConfig(c.Forward, s.observer.Hostname)
		return forward.New(receiver, s.options.Log), err
	case c.Alerts != nil:
		return newHTTPDestination(c, s.options.Version)
	}
	return &stdout{writer: s.options.Stdout}, nil
}

// fail reports an error after which the sidecar cannot continue.
func (s *Sidecar) fail(err error) {
	select {
	case s.failure <- err:
	default:
	}
}

// Failure receives the error after which the sidecar cannot continue and must be
// stopped: its stdout is closed, or it cannot accept connections.
func (s *Sidecar) Failure() <-chan error { return s.failure }

// Addr returns the address that the sidecar listens on.
func (s *Sidecar) Addr() net.Addr { return s.listener.Addr() }

// Reload loads the rules, the exceptions and the certificate again. If they cannot
// be used, this is logged and the current ones stay in use.
func (s *Sidecar) Reload() {
	s.engine.Reload()
	if s.config.CertFile == "" {
		return
	}
	if err := s.readCertificate(); err != nil {
		s.options.Log(logger.Error, err.Error())
		s.options.Log.Errorf("the certificate cannot be reloaded: the current one stays in use")
	}
}

// Drain continues to serve until there was no request for 5 seconds, for at most 50
// seconds, or until cut is closed. No more objects are read.
func (s *Sidecar) Drain(cut <-chan struct{}) {
	if s.objects != nil {
		go s.objects.close()
	}
	begin := time.Now()
	for {
		idle := min(s.ingest.idle(), time.Since(begin))
		wait := min(s.limits.idle-idle, s.limits.drain-time.Since(begin))
		if wait <= 0 {
			return
		}
		select {
		case <-cut:
			return
		case <-time.After(min(wait+time.Millisecond, 100*time.Millisecond)):
		}
	}
}

// Stop refuses new events, delivers alerts for a few seconds, and closes
// everything. Alerts that are neither delivered nor stored are written to stderr.
func (s *Sidecar) Stop() {
	s.once.Do(func() {
		log := s.options.Log
		s.ingest.stopping.Store(true)
		if s.objects != nil {
			s.objects.close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), s.limits.requests)
		defer cancel()
		for _, server := range s.servers {
			if server.Shutdown(ctx) != nil {
				_ = server.Close()
			}
		}
		s.engine.Close(true)
		s.sender.Close(true)
		for _, a := range s.box.Undelivered() {
			s.writeToStderr(a)
		}
		if n := s.box.Stored(); n > 0 {
			log.Infof("%s wait in state_path for the next start", logger.Count(n, "alert"))
		}
		if s.store != nil {
			if err := s.store.Close(); err != nil {
				log.Errorf("state_path: %v", err)
			}
		}
		s.deadLetters.close()
		delivered, failed := s.sender.Stats()
		n := s.state.Report()
		log.Infof("records=%d %s unreadable=%d unrecognised=%d delivered=%d failed_attempts=%d", n.Records, &n.Outcomes, n.Unreadable, n.Unrecognized, delivered, failed)
	})
}

// writeToStderr writes an alert that cannot be delivered to stderr.
func (s *Sidecar) writeToStderr(a outbox.Alert) {
	_, _ = s.options.Stderr.Write(append(alert.AppendJSON(nil, a.Record), '\n'))
}
