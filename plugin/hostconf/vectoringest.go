package hostconf

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

const (
	ingestPath = "/v1/ingest"
	ingestPort = "9880" // by default
)

// ingestSinks returns the sinks that send to the sidecar, and reports wrong paths.
func (v *vectorConfig) ingestSinks() []component {
	var right, wrong []component
	for _, c := range v.components {
		if c.kind != "sink" {
			continue
		}
		if c.plugin != "http" {
			v.otherSink(c)
			continue
		}
		uri, at := c.text("uri")
		u, err := url.Parse(uri)
		if err != nil || u.Host == "" {
			if strings.Contains(uri, ingestPath) || strings.Contains(uri, ":"+ingestPort) {
				v.failAt(c, at, "uri: %q is not a URL: it must begin with http:// or https://, and Vector rejects this", uri)
			}
			continue
		}
		switch unknown := strings.Contains(u.Path, unknownVariable) || strings.Contains(u.Path, "{{"); {
		case u.Path == ingestPath, unknown && u.Port() == ingestPort:
			right = append(right, c)
		case spelling.Suggest(u.Path, []string{ingestPath}) != "", strings.Trim(u.Path, "/") == strings.Trim(ingestPath, "/"):
			v.failAt(c, at, "uri: fluent-detect serve takes events at %s, not at %q", ingestPath, u.Path)
			right = append(right, c)
		case u.Port() == ingestPort && !unknown:
			wrong = append(wrong, c)
		}
	}
	if len(right) > 0 {
		return right
	}
	for _, c := range wrong { // the port of others too
		uri, at := c.text("uri")
		u, _ := url.Parse(uri)
		v.failAt(c, at, "uri: fluent-detect serve takes events at %s, not at %q", ingestPath, u.Path)
	}
	return wrong
}

// otherSink reports a sink of another type that sends to the sidecar's port.
func (v *vectorConfig) otherSink(c component) {
	for _, name := range []string{"address", "endpoint", "uri", "url"} {
		if text, at := c.text(name); strings.Contains(text, "127.0.0.1:"+ingestPort) || strings.Contains(text, "localhost:"+ingestPort) {
			v.warnAt(c, at, "%s: %s is the port of fluent-detect serve, which takes events from a sink of the type http only, at %s", name, ingestPort, ingestPath)
		}
	}
}

// ingest checks a sink that sends to the sidecar.
func (v *vectorConfig) ingest(c component) {
	if method, at := c.text("method"); method != "" && method != "post" && method == strings.ToLower(method) {
		v.failAt(c, at, "method %s: fluent-detect serve takes events by post only", method)
	}
	v.retries(c)
	v.codec(c)
	v.framing(c)
	v.fields(c)
	compression, at := c.text("compression")
	if compression == "" {
		compression, at = c.text("compression.algorithm")
	}
	if compression == "snappy" {
		v.failAt(c, at, "compression %s is not supported: must be none, gzip, zlib or zstd", compression)
	}
	if at := v.dropsNewest(c); at != nil {
		v.warnAt(c, at, "buffer.when_full drop_newest: events are dropped without being evaluated while the sidecar is down; use block")
	}
	if strategy, at := c.text("auth.strategy"); strategy != "" && strategy != "basic" {
		v.warnAt(c, at, "auth.strategy %s: fluent-detect serve knows basic authentication only", strategy)
	}
	if uri, at := c.text("healthcheck.uri"); uri != "" && !strings.HasSuffix(uri, "/healthz") {
		v.warnAt(c, at, "healthcheck.uri: fluent-detect serve reports its health at /healthz")
	}
	v.proxy(c)
	for _, r := range v.flows(c) {
		v.ingestFlow(c, r)
	}
}

// retries checks when the sink gives up.
func (v *vectorConfig) retries(c component) {
	const lost = "Vector drops a batch"
	strategy, at := c.text("retry_strategy.type")
	codes, list := c.texts("retry_strategy.status_codes")
	switch {
	case strategy == "all":
	case strategy == "none":
		v.failAt(c, at, "retry_strategy none: %s whenever fluent-detect serve is down, or answers 503; use {type: all}", lost)
	case strategy == "custom" && !slices.Contains(codes, "503"):
		v.failAt(c, list, "retry_strategy custom without 503, which fluent-detect serve answers while it cannot take events: %s; use {type: all}", lost)
	default:
		v.warnAt(c, at, "retry_strategy is not {type: all}: %s after a response such as 401 or 404", lost)
	}
	if attempts, at := c.text("request.retry_attempts"); attempts != "" {
		if n, err := strconv.Atoi(attempts); err == nil && n < 1_000_000 {
			v.warnAt(c, at, "request.retry_attempts is %s: %s after as many; without it Vector goes on", attempts, lost)
		}
	}
	if seconds, at := c.text("request.timeout_secs"); seconds != "" {
		if n, err := strconv.Atoi(seconds); err == nil && n < 10 {
			v.warnAt(c, at, "request.timeout_secs is %s: fluent-detect serve may answer after more than 5 s, and Vector then sends the same again and again; the default is 60", seconds)
		}
	}
}

// codec checks whether the sidecar can read what the sink writes.
func (v *vectorConfig) codec(c component) {
	switch codec, at := c.text("encoding.codec"); codec {
	case "cef", "avro", "protobuf", "native", "otlp":
		v.failAt(c, at, "encoding.codec %s is not supported: must be raw_message, or json after a transform", codec)
	case "csv", "gelf", "logfmt", "syslog":
		v.warnAt(c, at, "encoding.codec %s: only events in .message are read, and none that a transform parsed; use raw_message, or json after a transform", codec)
	}
}

// framing checks whether the sidecar can tell events apart.
func (v *vectorConfig) framing(c component) {
	switch method, at := c.text("framing.method"); method {
	case "length_delimited", "varint_length_delimited":
		v.failAt(c, at, "framing.method %s is not supported: must be newline_delimited", method)
	case "character_delimited":
		delimiter, at := c.text("framing.character_delimited.delimiter")
		if delimiter != "" && !slices.Contains([]string{"\n", "10", ",", "44"}, delimiter) {
			v.warnAt(c, at, "framing.character_delimited.delimiter %q: fluent-detect serve reads a batch as one text, of which it looks at 16 MiB; use newline_delimited", delimiter)
		}
	}
}

// carriers are the fields in which events are, or which every rule needs.
var carriers = []string{"message", "Records", "detail", "eventSource", "eventName", "eventTime", "eventID", "userIdentity", "requestParameters", "responseElements", "errorCode", "sourceIPAddress", "recipientAccountId"}

// fields reports fields of events that the sink leaves out.
func (v *vectorConfig) fields(c component) {
	left, at := c.texts("encoding.except_fields")
	for _, name := range left {
		if slices.Contains(carriers, strings.TrimPrefix(name, ".")) {
			v.failAt(c, at, "encoding.except_fields has %s, without which events are not recognized, or not whole", name)
		}
	}
	if only, at := c.texts("encoding.only_fields"); len(only) > 0 && !slices.ContainsFunc(only, func(name string) bool {
		name = strings.TrimPrefix(name, ".")
		return name == "message" || name == "Records" || name == "detail" || strings.Contains(name, unknownVariable)
	}) {
		v.warnAt(c, at, "encoding.only_fields does not have message: an event in it is not sent, and of one that a transform parsed only these fields are")
	}
}

// dropsNewest returns where a buffer of a sink says so, or nil.
func (v *vectorConfig) dropsNewest(c component) *yaml.Node {
	stages := []*yaml.Node{c.node("buffer")}
	if stages[0] != nil && stages[0].Kind == yaml.SequenceNode {
		stages = stages[0].Content
	}
	for _, stage := range stages {
		if n := target(member(stage, "when_full")); n != nil && n.Value == "drop_newest" {
			return n
		}
	}
	return nil
}

// proxy reports a proxy between Vector and a sidecar on the same host.
func (v *vectorConfig) proxy(c component) {
	uri, at := c.text("uri")
	u, err := url.Parse(uri)
	if err != nil {
		return
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return
	}
	for _, g := range append([]component{c}, v.global...) {
		own, _ := c.text("proxy.enabled")
		proxy, _ := g.text("proxy." + u.Scheme)
		enabled, _ := g.text("proxy.enabled")
		if own != "false" && enabled != "false" && proxy != "" && g.node("proxy.no_proxy") == nil {
			v.warnAt(c, at, "uri: requests to %s go through the proxy %s: set proxy.enabled to false here", u.Host, proxy)
			return
		}
	}
}

// ingestFlow checks how events come to the sink.
func (v *vectorConfig) ingestFlow(sink component, r flow) {
	if (r.source.plugin == "http_server" || r.source.plugin == "http") && v.isForAlerts(r.source) {
		v.warnAt(sink, r.in, "inputs: %s sends the alerts too, which the rules ignore: use the names of the inputs of events", r.in.Value)
		return
	}
	v.message(sink, r)
	v.acknowledgements(r.source, sink, "%s acknowledges events before they are delivered", r.source.name)
	if key := "events " + r.source.name; !v.warned[key] {
		v.warned[key] = true
		v.sourceOfEvents(r.source)
	}
	if codec, at := sink.text("encoding.codec"); r.source.plugin == "aws_s3" && len(r.through) == 0 && (codec == "json" || codec == "native_json") {
		if decoder, _ := r.source.text("decoding.codec"); decoder == "" || decoder == "bytes" {
			v.warnAt(sink, at, "encoding.codec %s: an object of %s becomes a text in JSON, and fluent-detect serve skips values over 16 MiB; raw_message sends objects of any size", codec, r.source.name)
		}
	}
}

var (
	// wholeEvent matches statements of VRL after which an event has no .message,
	// unless keptMessage matches too.
	wholeEvent  = regexp.MustCompile(`(?m)(^|;)\s*\.\s*(,\s*\w+\s*)?=[^=]|\bdel\(\s*\.message\b`)
	keptMessage = regexp.MustCompile(`"?\bmessage"?\s*:|(?m)(^|;)\s*\.message\s*(,\s*\w+\s*)?=[^=]|=\s*merge!?\(\s*\.`)
)

// message reports codecs that send .message only, if events do not have it.
func (v *vectorConfig) message(sink component, r flow) {
	codec, at := sink.text("encoding.codec")
	if codec != "raw_message" && codec != "text" {
		return
	}
	for _, t := range r.through {
		source, _ := t.text("source")
		if t.plugin == "remap" && wholeEvent.MatchString(source) && !keptMessage.MatchString(source) {
			v.warnAt(sink, at, "encoding.codec %s sends .message only, which events may not have after %s: use json, or nothing is evaluated", codec, t.title())
			return
		}
	}
	decoder, _ := r.source.text("decoding.codec")
	switch {
	case decoder == "" || decoder == "bytes":
		if r.source.plugin == "fluent" && len(r.through) == 0 {
			v.warnAt(sink, at, "encoding.codec %s sends .message only, which events of %s may not have: use json, or nothing is evaluated", codec, r.source.title())
		}
	case r.source.plugin == "aws_s3" && len(r.through) == 0:
		v.failAt(sink, at, "encoding.codec %s sends .message only, which objects of CloudTrail do not have after decoding.codec %s of %s: use json, or remove decoding", codec, decoder, r.source.title())
	case len(r.through) == 0:
		v.warnAt(sink, at, "encoding.codec %s sends .message only, which events may not have after decoding.codec %s of %s: use json, or nothing is evaluated", codec, decoder, r.source.title())
	}
}
