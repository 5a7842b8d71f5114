package hostconf

import (
	"slices"
	"strings"
)

// isForAlerts reports whether a source receives the alerts: according to its name or
// path, or because it is the only http_server that no sink to the sidecar names.
func (v *vectorConfig) isForAlerts(c component) bool {
	return slices.ContainsFunc(v.answering, func(s component) bool { return s.name == c.name })
}

// alertSources returns the sources that receive the alerts by HTTP.
func (v *vectorConfig) alertSources() []component {
	var named, others []component
	for _, c := range v.components {
		if c.kind != "source" || c.plugin != "http_server" && c.plugin != "http" {
			continue
		}
		p, _ := c.text("path")
		switch {
		case strings.Contains(p+c.name, "alert"):
			named = append(named, c)
		case !v.isNamedForEvents(c):
			others = append(others, c)
		}
	}
	if len(named) > 0 {
		return named
	}
	if len(others) == 1 {
		return others
	}
	return nil // none, or it is not known which
}

// isNamedForEvents reports whether a sink to the sidecar has the name of a source among
// its inputs.
func (v *vectorConfig) isNamedForEvents(c component) bool {
	for _, s := range v.components {
		uri, _ := s.text("uri")
		if s.kind != "sink" || !strings.Contains(uri, ingestPath) && !strings.Contains(uri, ":"+ingestPort) {
			continue
		}
		for _, r := range v.flows(s) {
			if r.exact && r.source.name == c.name {
				return true
			}
		}
	}
	return false
}

// alerts checks the sources that receive the alerts, and what gets them.
func (v *vectorConfig) alerts(ingest []component) {
	sources := v.answering
	for _, c := range sources {
		v.alertSource(c, ingest)
	}
	forwarded := false
	for _, c := range v.components {
		if c.kind == "source" && c.plugin == "fluent" && !v.isNamedForEvents(c) {
			forwarded = true
			v.alertForward(c, ingest)
		}
	}
	if len(sources) == 0 && !forwarded {
		v.note(Position{File: v.path}, "no source gets the alerts: fluent-detect serve must send them to another program")
	}
}

// alertSource checks a source that receives the alerts by HTTP.
func (v *vectorConfig) alertSource(c component, ingest []component) {
	sinks, transformed := v.receivers(c)
	codec, at := c.text("decoding.codec")
	method, methodAt := c.text("framing.method")
	const rejected = "a request with several alerts is rejected"
	switch codec {
	case "json":
		if method != "" && method != "newline_delimited" {
			v.failAt(c, methodAt, "framing.method %s: %s; must be newline_delimited", method, rejected)
		}
	case "", "bytes":
		if c.node("encoding") != nil {
			_, at = c.text("encoding")
		}
		plain := len(sinks) > 0 && !slices.ContainsFunc(sinks, func(s component) bool {
			codec, _ := s.text("encoding.codec")
			return codec != "text" && codec != "raw_message"
		})
		if !plain && !transformed {
			v.failAt(c, at, "decoding.codec is not json: alerts arrive as text in .message")
		}
		if method != "" && method != "newline_delimited" {
			v.warnAt(c, methodAt, "framing.method %s: several alerts of a request arrive as one text; must be newline_delimited", method)
		}
	case "vrl":
	default:
		if !slices.Contains(decoders, codec) {
			break // reported already
		}
		v.failAt(c, at, "decoding.codec %s: fluent-detect serve sends lines of JSON; must be json", codec)
	}
	if c.node("encoding") != nil {
		_, at := c.text("encoding")
		v.warnAt(c, at, "encoding: Vector 0.58 ignores it; use framing and decoding")
	}
	if method, at := c.text("method"); method != "" && method != "POST" && method == strings.ToUpper(method) {
		v.failAt(c, at, "method %s: fluent-detect serve sends the alerts by POST", method)
	}
	if code, at := c.text("response_code"); code != "" && !strings.HasPrefix(code, "2") {
		v.failAt(c, at, "response_code %s: fluent-detect serve takes alerts for accepted after 2xx only, and sends these again and again", code)
	}
	if lines, at := c.text("framing.newline_delimited.max_length"); lines != "" {
		v.maxLength(c, "framing.newline_delimited.max_length", lines, at)
	}
	v.alertSinks(c, sinks, ingest)
}

// alertForward checks a source that receives the alerts by the Forward protocol.
func (v *vectorConfig) alertForward(c component, ingest []component) {
	if mode, at := c.text("mode"); mode == "unix" {
		v.warnAt(c, at, "mode unix: Vector acknowledges alerts by TCP only, and without that those in flight are lost when it is killed")
	}
	sinks, _ := v.receivers(c)
	v.alertSinks(c, sinks, ingest)
}

// alertSinks checks what gets the alerts of a source, other than the sinks to the
// sidecar, for which a pattern is reported.
func (v *vectorConfig) alertSinks(c component, sinks, ingest []component) {
	sinks = slices.DeleteFunc(slices.Clone(sinks), func(s component) bool {
		return slices.ContainsFunc(ingest, func(i component) bool { return i.name == s.name })
	})
	if len(sinks) == 0 {
		v.failAt(c, c.key, "no sink gets the alerts: they have no destination")
	}
	for _, s := range sinks {
		v.acknowledgements(c, s, "fluent-detect serve takes alerts for delivered before they are, and those in Vector are lost when it is killed")
		if at := v.dropsNewest(s); at != nil {
			v.warnAt(s, at, "buffer.when_full drop_newest: alerts are dropped while this sink is slow; use block")
		}
	}
}
