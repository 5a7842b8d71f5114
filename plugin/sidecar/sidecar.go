package sidecar

import (
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
	sender  *sender         // nil when forward is not
	forward *forward.Sender // nil when sender is not

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
	send, err := s.wayOut()
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
	send()
	if err := s.serve(); err != nil {
		s.engine.Close(true)
		s.closeSender()
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

// wayOut makes the way out for alerts, and returns what starts it.
func (s *Sidecar) wayOut() (start func(), err error) {
	var out way = &writerWay{"stdout", s.options.Stdout}
	if f := s.config.Forward; f != nil {
		receiver, err := forward.NewConfig(f, s.observer.Hostname)
		if err != nil {
			return nil, err
		}
		log := forward.Log{
			Info: func(line string) { s.options.Log(logger.Info, line) },
			Warn: func(line string) { s.options.Log(logger.Warn, line) },
		}
		return func() { s.forward = forward.Start(receiver, s.box.Open(outbox.Filter{}), log) }, nil
	}
	if s.config.Alerts != nil {
		if out, err = newHTTPWay(s.config, s.options.Version); err != nil {
			return nil, err
		}
	}
	return func() {
		s.sender = startSender(out, s.box.Open(outbox.Filter{}), s.letters, s.options.Log, s.limits, s.fail)
	}, nil
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
		s.closeSender()
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
		delivered, failed := s.delivery()
		n := s.state.Report()
		s.options.Log.Infof("records=%d %s unreadable=%d delivered=%d failed_attempts=%d", n.Records, &n.Outcomes, n.Unreadable, delivered, failed)
	})
}

func (s *Sidecar) closeSender() {
	if s.forward != nil {
		s.forward.Close(true)
	}
	if s.sender != nil {
		s.sender.close()
	}
}

// delivery returns how many alerts were delivered, and how many attempts failed.
func (s *Sidecar) delivery() (delivered, failed uint64) {
	if s.forward != nil {
		f := s.forward.Stats()
		return f.Delivered, f.Failed
	}
	return s.sender.delivered.Load(), s.sender.failed.Load()
}

// lost writes an alert to stderr that cannot be delivered any more.
func (s *Sidecar) lost(a outbox.Alert) {
	_, _ = s.options.Stderr.Write(append(alert.AppendJSON(nil, a.Record), '\n'))
}
