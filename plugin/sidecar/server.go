package sidecar

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// serve starts the servers.
func (s *Sidecar) serve() error {
	c, log := &s.config, s.options.Log
	mux := http.NewServeMux()
	mux.Handle("POST /v1/ingest", s.requireLogin(s.ingest.endpoint(s.limits.slot)))
	s.servePush(mux)
	mux.HandleFunc("GET /healthz", s.health)
	mux.Handle("GET /{$}", s.requireLogin(http.HandlerFunc(s.status)))
	mux.Handle("GET /metrics", s.requireLogin(http.HandlerFunc(s.metrics)))
	if c.MetricsListen != "" {
		listener, err := net.Listen("tcp", c.MetricsListen)
		if err != nil {
			return fmt.Errorf("metrics_listen: %w", err)
		}
		metrics := http.NewServeMux()
		metrics.HandleFunc("GET /metrics", s.metrics)
		s.serveAt(s.connections.listener(listener), c.MetricsListen, metrics)
		log.Infof("metrics_listen: http://%s/metrics", listener.Addr())
	}
	listener, scheme := s.connections.listener(s.listener), "http"
	if c.CertFile != "" {
		scheme = "https"
		listener = tls.NewListener(listener, &tls.Config{
			MinVersion:     tls.VersionTLS12,
			NextProtos:     []string{"http/1.1"},
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.certificate.Load(), nil },
		})
	}
	s.serveAt(listener, c.Listen, mux)
	log.Infof("takes events at %s://%s/v1/ingest", scheme, s.Addr())
	loopback := isLoopback(s.Addr())
	if !loopback && c.Login.Username == "" {
		log.Warnf("listen is not a loopback address and listen_username is not set: everyone who can reach it can send events and read the counters")
	}
	if !loopback && c.Login.Username != "" && scheme == "http" {
		log.Warnf("listen_password is sent in clear text over the network: listen_tls_cert_file is not set")
	}
	if c.Alerts != nil && c.Alerts.Scheme == "https" && !c.TLSVerify {
		log.Warnf("alerts_tls_verify is off: the alerts are sent to any server that answers at %s", c.Alerts)
	}
	return nil
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// serveAt serves connections of a listener until Stop. configured is its address in the
// configuration.
func (s *Sidecar) serveAt(listener net.Listener, configured string, h http.Handler) {
	host, _, _ := net.SplitHostPort(configured) // it has been parsed before
	server := &http.Server{
		Handler:           &originCheck{next: h, loopback: isLoopback(listener.Addr()), host: host, refused: s.refusePage},
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ConnState:         s.connections.note,
		ErrorLog:          log.New(s.options.Log.Limited().Writer(logger.Warn, ""), "", 0),
	}
	s.servers = append(s.servers, server)
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("listen: %w", err))
		}
	}()
}

// refusePage counts and logs a request that a browser may have sent for a page.
func (s *Sidecar) refusePage(r *http.Request, reason string) {
	s.ingest.requests.rejected.Add(1)
	s.ingest.clients.Errorf("from %s: %s", r.RemoteAddr, reason)
}

// health reports whether events are accepted.
func (s *Sidecar) health(w http.ResponseWriter, _ *http.Request) {
	if s.ingest.stopping.Load() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// requireLogin rejects clients without the configured username and password.
func (s *Sidecar) requireLogin(h http.Handler) http.Handler {
	return s.requireLoginOr(h, func(w http.ResponseWriter, r *http.Request) {
		s.ingest.requests.rejected.Add(1)
		s.ingest.clients.Errorf("from %s: wrong user or password for %s", r.RemoteAddr, r.URL.Path)
		http.Error(w, "wrong user or password", http.StatusUnauthorized)
	})
}

// requireLoginOr lets other clients be rejected by that function.
func (s *Sidecar) requireLoginOr(h http.Handler, reject http.HandlerFunc) http.Handler {
	l := s.config.Login
	if l.Username == "" {
		return h
	}
	want := sha256.Sum256([]byte(l.Username + ":" + string(l.Password)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		got := sha256.Sum256([]byte(name + ":" + password)) // hides the length as well
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="fluent-detect"`)
		reject(w, r)
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
