package sidecar

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// originCheck refuses what a browser sends on behalf of a page, whoever may have written
// that: a page can post to any address that the browser reaches, also to this host's
// loopback address. What a browser may have is the page at /, when the user asks for it.
//
// A page that has this address for its own, by a name in the DNS that points to a loopback
// address, is told by the Host header: on a loopback address it must name that.
type originCheck struct {
	next     http.Handler
	loopback bool   // the server listens on a loopback address
	host     string // and is configured with that host
	refused  func(r *http.Request, reason string)
}

func (o *originCheck) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if reason := o.check(r); reason != "" {
		o.refused(r, reason)
		http.Error(w, reason, http.StatusForbidden)
		return
	}
	o.next.ServeHTTP(w, r)
}

// check returns why a request is refused, or "".
func (o *originCheck) check(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		return "a request of a web page is refused: it has an Origin header"
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" && site != "same-origin" {
		return "a request of a web page is refused: its Sec-Fetch-Site header is " + logger.Printable(site, 40)
	}
	if o.loopback && !o.isOwn(r.Host) {
		return "the Host header is " + logger.Printable(r.Host, 100) + ": on a loopback address it must be localhost, a loopback address, or the host in the configuration"
	}
	return ""
}

// isOwn reports whether a Host header names a loopback address. HTTP/1.0 has none.
func (o *originCheck) isOwn(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return host == "" || strings.EqualFold(host, "localhost") || strings.EqualFold(host, o.host)
}
