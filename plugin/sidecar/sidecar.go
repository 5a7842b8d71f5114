package sidecar

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	stdlog "log"
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
)

// Options are what a sidecar needs from the process that it runs in.
type Options struct {
	Version string    // of fluent-detect
	Stdout  io.Writer // for alerts, when they go there
	Stderr  io.Writer // for alerts that were not delivered and are not stored, as lines of JSON
	Log     logger.Log
}

// Sidecar is a running sidecar.
type Sidecar struct {
	config   settings.Sidecar
	options  Options
	observer alert.Observer
	limits   limits

	box     *outbox.Box
	state   *detector.State
	store   *store.Store // nil: none
	engine  *host.Engine
	letters *deadLetters
	ingest  *ingestor
	sender  *delivery.Sender

	certificate atomic.Pointer[tls.Certificate]
	listener    net.Listener
	servers     []*http.Server

	failure chan error // what ended it by itself
	once    sync.Once
}

// Start starts a sidecar. When it returns without an error, the sidecar serves.
// Errors say which key has which value and what is wrong with it.
func Start(c settings.Sidecar, o Options) (*Sidecar, error) { return start(c, o, usualLimits) }

func start(c settings.Sidecar, o Options, t limits) (s *Sidecar, err error) {
	s = &Sidecar{config: c, options: o, observer: host.Observer(o.Version), limits: t, state: detector.NewState(), failure: make(chan error, 1)}
	defer func(s *Sidecar) { // the result is nil by then
		if err != nil {
			s.letGo()
		}
	}(s)
	rules, err := host.LoadRules(&c.Detector)
	if err != nil {
		return nil, err
	}
	if c.CertFile != "" {
		if err := s.readCertificate(); err != nil {
			return nil, err
		}
	}
	destination, err := s.destination()
	if err != nil {
		return nil, err
	}
	// Before anything is made: the port reports whether a sidecar runs already.
	if s.listener, err = net.Listen("tcp", c.Listen); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if s.letters, err = openDeadLetters(c.DeadLetters, o.Stderr, o.Log); err != nil {
		return nil, fmt.Errorf("dead_letters: %w", err)
	}
	s.box = outbox.New(c.Channel, t.outbox)
	boxOf := func(channel string) *outbox.Box {
		if channel == c.Channel {
			return s.box
		}
		return nil
	}
	if s.store, err = host.OpenStore(c.StatePath, boxOf, o.Log); err != nil {
		return nil, err
	}
	o.Log(logger.Info, c.String())
	c.ReadAll = true // the JSON has been parsed anyway, and unreadable records become dead letters
	s.engine, err = host.Open(host.Options{
		Config:   c.Detector,
		Rules:    rules,
		Observer: s.observer,
		Outbox:   s.box,
		State:    s.state,
		Store:    s.store,
		Name:     s.name(),
		Lost:     s.lost,
		Log:      o.Log,
	})
	if err != nil {
		return nil, err
	}
	s.ingest = newIngestor(c.Requests, s.engine, s.letters, o.Log, t)
	s.sender = delivery.Start(destination, s.box.Open(outbox.Filter{}), delivery.Options{
		Log: o.Log,
		Rejected: func(reason string, line []byte) {
			s.letters.alert(fmt.Sprintf("%s rejects an alert: %s", destination, reason), bytes.TrimSuffix(line, []byte("\n")))
		},
		Closed:       s.fail,
		CloseTimeout: t.flush,
		MinDelay:     t.minDelay,
		MaxDelay:     t.maxDelay,
	})
	if err := s.serve(); err != nil {
		s.engine.Close(true)
		s.sender.Close(true)
		return nil, err
	}
	return s, nil
}

// letGo closes what start has opened so far.
func (s *Sidecar) letGo() {
	if s.listener != nil {
		_ = s.listener.Close()
	}
	if s.letters != nil {
		s.letters.close()
	}
	if s.store != nil {
		_ = s.store.Close()
	}
}

// name is the detector's, in metrics and on disk.
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

// fail ends the sidecar from inside.
func (s *Sidecar) fail(err error) {
	select {
	case s.failure <- err:
	default:
	}
}

// Failure receives the error after which the sidecar is of no use and is to be
// stopped: its stdout is closed, or it cannot listen any more.
func (s *Sidecar) Failure() <-chan error { return s.failure }

// Addr returns where the sidecar listens.
func (s *Sidecar) Addr() net.Addr { return s.listener.Addr() }

// serve begins to answer requests.
func (s *Sidecar) serve() error {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/ingest", s.guard(s.ingest))
	mux.HandleFunc("GET /healthz", s.health)
	mux.Handle("GET /metrics", s.guard(http.HandlerFunc(s.metrics)))
	listener := s.listener
	scheme := "http"
	if s.config.CertFile != "" {
		scheme = "https"
		listener = tls.NewListener(listener, &tls.Config{
			MinVersion:     tls.VersionTLS12,
			NextProtos:     []string{"http/1.1"},
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.certificate.Load(), nil },
		})
	}
	if address := s.config.MetricsListen; address != "" {
		at, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("metrics_listen: %w", err)
		}
		alone := http.NewServeMux()
		alone.HandleFunc("GET /metrics", s.metrics)
		s.run(alone, at)
		s.options.Log.Infof("metrics_listen: http://%s/metrics", at.Addr())
	}
	s.run(mux, listener)
	s.options.Log.Infof("takes events at %s://%s/v1/ingest", scheme, s.Addr())
	if ip := s.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() && s.config.Login.Username == "" {
		s.options.Log(logger.Warn, "listen is not a loopback address and listen_username is not set: whoever reaches it can send events and read the counters")
	}
	if s.config.Login.Username != "" && !s.Addr().(*net.TCPAddr).IP.IsLoopback() && scheme == "http" {
		s.options.Log(logger.Warn, "listen_password goes over the network in the clear: listen_tls_cert_file is not set")
	}
	if s.config.Alerts != nil && s.config.Alerts.Scheme == "https" && !s.config.TLSVerify {
		s.options.Log(logger.Warn, "alerts_tls_verify is off: whoever answers at "+s.config.Alerts.String()+" gets the alerts")
	}
	return nil
}

// run serves at a listener until Stop.
func (s *Sidecar) run(h http.Handler, at net.Listener) {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          stdlog.New(s.options.Log.Limited().Writer(logger.Warn, ""), "", 0),
	}
	s.servers = append(s.servers, server)
	go func() {
		if err := server.Serve(at); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("listen: %w", err))
		}
	}()
}

// health answers whether events are taken.
func (s *Sidecar) health(w http.ResponseWriter, _ *http.Request) {
	if s.ingest.refusing.Load() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// guard wants clients to log in, when that is configured.
func (s *Sidecar) guard(h http.Handler) http.Handler {
	l := s.config.Login
	if l.Username == "" {
		return h
	}
	want := sha256.Sum256([]byte(l.Username + ":" + string(l.Password)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		got := sha256.Sum256([]byte(name + ":" + password)) // the length tells nothing either
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			h.ServeHTTP(w, r)
			return
		}
		s.ingest.rejected.Add(1)
		s.ingest.clients.Errorf("from %s: wrong user or password for %s", r.RemoteAddr, r.URL.Path)
		w.Header().Set("WWW-Authenticate", `Basic realm="fluent-detect"`)
		http.Error(w, "wrong user or password", http.StatusUnauthorized)
	})
}

func (s *Sidecar) readCertificate() error {
	c, err := tls.LoadX509KeyPair(s.config.CertFile, s.config.KeyFile)
	if err != nil {
		return fmt.Errorf("listen_tls_cert_file, listen_tls_key_file: %w", err)
	}
	s.certificate.Store(&c)
	return nil
}

// Reload reads the rules, the exceptions and the certificate anew. What cannot be
// used is logged, and what was in force stays.
func (s *Sidecar) Reload() {
	s.engine.Reload()
	if s.config.CertFile == "" {
		return
	}
	if err := s.readCertificate(); err != nil {
		s.options.Log(logger.Error, err.Error())
		s.options.Log(logger.Error, "the certificate from before stays in force")
	}
}

// Drain goes on serving until no request has come for 5 seconds, at most for 50, or
// until cut is closed.
func (s *Sidecar) Drain(cut <-chan struct{}) {
	begun := time.Now()
	for {
		quiet := min(s.ingest.idle(), time.Since(begun))
		wait := min(s.limits.idle-quiet, s.limits.drain-time.Since(begun))
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

// Stop takes no more events, delivers what it can in a few seconds, and ends
// everything. Alerts that were not delivered and are not stored are written to
// stderr.
func (s *Sidecar) Stop() {
	s.once.Do(func() {
		s.ingest.refusing.Store(true)
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
			s.lost(a)
		}
		if n := s.box.Stored(); n > 0 {
			s.options.Log.Infof("%s wait in state_path for the next start", logger.Count(n, "alert"))
		}
		if s.store != nil {
			if err := s.store.Close(); err != nil {
				s.options.Log.Errorf("state_path: %v", err)
			}
		}
		s.letters.close()
		delivered, failed := s.sender.Stats()
		n := s.state.Report()
		s.options.Log.Infof("records=%d %s unreadable=%d delivered=%d failed_attempts=%d", n.Records, &n.Outcomes, n.Unreadable, delivered, failed)
	})
}

// lost writes an alert to stderr that cannot be delivered any more.
func (s *Sidecar) lost(a outbox.Alert) {
	_, _ = s.options.Stderr.Write(append(alert.AppendJSON(nil, a.Record), '\n'))
}
