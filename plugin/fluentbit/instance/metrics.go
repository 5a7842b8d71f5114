package instance

import (
	"cmp"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/metrics"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// exporter serves the counters of detectors to Prometheus, with one listener for
// each address. It continues during a hot reload: the counters are in the state of
// the detector, which the next output takes over.
type exporter struct {
	version string
	more    func(dst []byte) []byte // appends metrics that are of no detector

	mu        sync.Mutex
	endpoints map[string]*endpoint // by address as configured
}

// endpoint is a listener with its detectors.
type endpoint struct {
	server *http.Server
	at     string // the actual address
	shown  []shown
}

type shown struct {
	metrics.Detector
	left time.Time // when its output was closed; zero: it is open
}

// reloadTime is how long a detector is still shown after its output was closed by a
// reload. No reload takes longer.
const reloadTime = time.Minute

// show shows a detector at the address and nowhere else. An empty address is
// nowhere. After an error nothing has changed.
func (x *exporter) show(address string, d metrics.Detector, log logger.Log) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.endpoints[address]
	if e == nil && address != "" {
		var err error
		if e, err = x.listen(address, log); err != nil {
			return err
		}
		if x.endpoints == nil {
			x.endpoints = map[string]*endpoint{}
		}
		x.endpoints[address] = e
		log(logger.Info, "metrics_listen: http://"+e.at+"/metrics")
	}
	for _, other := range x.endpoints {
		other.remove(d.State)
	}
	if e != nil {
		e.shown = append(e.shown, shown{Detector: d})
		slices.SortFunc(e.shown, func(a, b shown) int { return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Name, b.Name)) })
	}
	x.closeEmpty()
	return nil
}

// leave is called when the output of a detector was closed, by a reload or for good.
func (x *exporter) leave(s *detector.State, reload bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.endpoints {
		if !reload {
			e.remove(s)
			continue
		}
		for i := range e.shown {
			if e.shown[i].State == s {
				e.shown[i].left = time.Now()
				time.AfterFunc(reloadTime, x.forget)
			}
		}
	}
	x.closeEmpty()
}

// forget removes detectors that no output has taken over after a reload.
func (x *exporter) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.endpoints {
		e.shown = slices.DeleteFunc(e.shown, func(d shown) bool {
			return !d.left.IsZero() && time.Since(d.left) >= reloadTime
		})
	}
	x.closeEmpty()
}

// close closes all listeners.
func (x *exporter) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.endpoints {
		e.shown = nil
	}
	x.closeEmpty()
}

// detectorName returns the name of the n-th detector of a channel in metrics and on
// disk. The n-th output after a reload continues with it.
func detectorName(c settings.Detector, n int) string { return fmt.Sprintf("%s.%d", c.Channel, n) }

// show shows the counters of the output at the configured address.
func (o *Output) show(c settings.Detector, n int) error {
	d := metrics.Detector{Channel: c.Channel, Name: detectorName(c, n), State: o.state, Outbox: o.channel.box}
	return o.registry.exporter.show(c.MetricsListen, d, o.log)
}

func (e *endpoint) remove(s *detector.State) {
	e.shown = slices.DeleteFunc(e.shown, func(d shown) bool { return d.State == s })
}

// closeEmpty closes the listeners without detectors. The lock is held.
func (x *exporter) closeEmpty() {
	for address, e := range x.endpoints {
		if len(e.shown) == 0 {
			_ = e.server.Close() // an error has no consequences
			delete(x.endpoints, address)
		}
	}
}

// listen starts to serve at the address.
func (x *exporter) listen(address string, log logger.Log) (*endpoint, error) {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("metrics_listen: %s is in use by another process, or by another output in a different notation", address)
	}
	if err != nil {
		return nil, fmt.Errorf("metrics_listen: %s: %w", address, err)
	}
	e := &endpoint{at: listener.Addr().String()}
	e.server = &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { x.serve(e, w, r) }),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          stdlog.New(log.Limited().Writer(logger.Warn, "metrics_listen: "), "", 0),
	}
	go func() {
		if err := e.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Errorf("metrics_listen: %s: %v", address, err)
		}
	}()
	return e, nil
}

func (x *exporter) serve(e *endpoint, w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/metrics":
		http.Error(w, "the metrics are at /metrics", http.StatusNotFound)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are allowed", http.StatusMethodNotAllowed)
		return
	}
	x.mu.Lock()
	detectors := make([]metrics.Detector, len(e.shown))
	for i, d := range e.shown {
		detectors[i] = d.Detector
	}
	x.mu.Unlock()
	w.Header().Set("Content-Type", metrics.ContentType)
	_, _ = w.Write(x.more(metrics.Append(nil, x.version, detectors))) // an error: the client has gone
}
