package sidecar

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/metrics"
	"github.com/fluent-detect/fluent-detect/plugin/trail"
)

// metrics serves all counters, as text for Prometheus.
func (s *Sidecar) metrics(w http.ResponseWriter, _ *http.Request) {
	out := metrics.Append(nil, s.options.Version, []metrics.Detector{{
		Channel: s.config.Channel, Name: s.name(), State: s.state, Outbox: s.box,
	}})
	w.Header().Set("Content-Type", metrics.ContentType)
	_, _ = w.Write(s.appendOwn(out))
}

// appendOwn appends the counters of ingest, delivery and objects.
func (s *Sidecar) appendOwn(out []byte) []byte {
	h := s.ingest
	family := func(name, kind, help string) {
		out = fmt.Appendf(out, "# HELP fluent_detect_%s %s\n# TYPE fluent_detect_%s %s\n", name, help, name, kind)
	}
	counter := func(name, help string) { family(name, "counter", help) }
	sample := func(name, labels string, n uint64) {
		out = fmt.Appendf(out, "fluent_detect_%s%s %d\n", name, labels, n)
	}

	counter("ingest_requests_total", "Requests with events, by result. refused: the client must send again. rejected: the client has wrong settings.")
	sample("ingest_requests_total", `{result="accepted"}`, h.requests.accepted.Load())
	sample("ingest_requests_total", `{result="refused"}`, h.requests.refused.Load())
	sample("ingest_requests_total", `{result="rejected"}`, h.requests.rejected.Load())
	counter("push_requests_total", "Requests to the endpoints for AWS, by result.")
	for _, name := range slices.Sorted(maps.Keys(s.push)) {
		c := &s.push[name].counts
		sample("push_requests_total", `{endpoint="`+name+`",result="accepted"}`, c.accepted.Load())
		sample("push_requests_total", `{endpoint="`+name+`",result="refused"}`, c.refused.Load())
		sample("push_requests_total", `{endpoint="`+name+`",result="rejected"}`, c.rejected.Load())
	}
	counter("ingest_broken_bodies_total", "Requests that were refused because their body ended early.")
	sample("ingest_broken_bodies_total", "", h.broken.Load())
	counter("ingest_slow_bodies_total", "Requests that were refused because their body arrived too slowly.")
	sample("ingest_slow_bodies_total", "", h.slow.Load())
	counter("ingest_refused_connections_total", "Connections that were closed at once, because there were too many.")
	sample("ingest_refused_connections_total", "", s.connections.refused.Load())
	family("ingest_connections", "gauge", "Open connections of clients.")
	sample("ingest_connections", "", uint64(s.connections.count()))
	counter("ingest_body_bytes_total", "Bytes of request bodies, before decompression.")
	sample("ingest_body_bytes_total", "", h.bytes.Load())
	counter("dead_letters_total", "Records that could not be read, and alerts that the receiver rejected.")
	sample("dead_letters_total", `{kind="alert"}`, s.deadLetters.alerts.Load())
	sample("dead_letters_total", `{kind="record"}`, s.deadLetters.records.Load())
	delivered, failed := s.sender.Stats()
	counter("delivered_alerts_total", "Alerts, heartbeats and error records that the receiver accepted.")
	sample("delivered_alerts_total", "", delivered)
	counter("delivery_failures_total", "Failed attempts to deliver alerts.")
	sample("delivery_failures_total", "", failed)
	family("isolated_alerts", "gauge", "Alerts that are sent one by one, because the receiver fails to accept them. The others are delivered.")
	sample("isolated_alerts", "", uint64(s.sender.Isolated()))
	if s.objects != nil {
		out = metrics.AppendFamilies(out, trail.Metrics(map[string]*trail.Counts{objectsTag: &s.objects.counts}))
	}
	return out
}
