package sidecar

import (
	"fmt"
	"net/http"

	"github.com/fluent-detect/fluent-detect/detector/metrics"
)

// metrics answers with all counters, as text for Prometheus.
func (s *Sidecar) metrics(w http.ResponseWriter, _ *http.Request) {
	out := metrics.Append(nil, s.options.Version, []metrics.Detector{{
		Channel: s.config.Channel, Name: s.name(), State: s.state, Outbox: s.box,
	}})
	w.Header().Set("Content-Type", metrics.ContentType)
	_, _ = w.Write(s.appendOwn(out))
}

// appendOwn appends the counters of the ways in and out.
func (s *Sidecar) appendOwn(out []byte) []byte {
	in := s.ingest
	counter := func(name, help string) {
		out = fmt.Appendf(out, "# HELP fluent_detect_%s %s\n# TYPE fluent_detect_%s counter\n", name, help, name)
	}
	sample := func(name, labels string, n uint64) {
		out = fmt.Appendf(out, "fluent_detect_%s%s %d\n", name, labels, n)
	}

	counter("ingest_requests_total", "Bodies of events by what became of them; refused: to be sent again, rejected: the client is set up wrong.")
	sample("ingest_requests_total", `{result="accepted"}`, in.accepted.Load())
	sample("ingest_requests_total", `{result="refused"}`, in.refused.Load())
	sample("ingest_requests_total", `{result="rejected"}`, in.rejected.Load())
	counter("ingest_broken_bodies_total", "Bodies that ended early; they are refused.")
	sample("ingest_broken_bodies_total", "", in.broken.Load())
	counter("ingest_body_bytes_total", "Bytes of bodies, as they came.")
	sample("ingest_body_bytes_total", "", in.bytes.Load())
	counter("dead_letters_total", "What could not be read, and alerts that the receiver refused.")
	sample("dead_letters_total", `{kind="alert"}`, s.letters.alerts.Load())
	sample("dead_letters_total", `{kind="record"}`, s.letters.records.Load())
	delivered, failed := s.sender.Stats()
	counter("delivered_alerts_total", "Alerts, and reports of the detector, that the receiver accepted.")
	sample("delivered_alerts_total", "", delivered)
	counter("delivery_failures_total", "Attempts to deliver that failed.")
	sample("delivery_failures_total", "", failed)
	return out
}
