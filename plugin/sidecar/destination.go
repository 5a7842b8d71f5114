package sidecar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// httpDestination delivers alerts by POST.
type httpDestination struct {
	ndjson
	url       *url.URL
	login     settings.Login
	userAgent string
	client    *http.Client
}

func newHTTPDestination(c *settings.Sidecar, version string) (*httpDestination, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2 = false
	transport.MaxIdleConnsPerHost = 1
	transport.IdleConnTimeout = 60 * time.Second
	var err error
	if transport.TLSClientConfig, err = delivery.TLSConfig(c.TLSVerify, c.TLSCAFile); err != nil {
		return nil, &settings.KeyError{Key: "alerts_tls_ca_file", Err: err}
	}
	return &httpDestination{url: c.Alerts, login: c.AlertsLogin, userAgent: "fluent-detect/" + version, client: &http.Client{
		Transport: transport,
		Timeout:   c.Timeout,
		// A redirected POST would become a GET, or send alerts to an unknown server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// String returns alerts and the URL of the receiver.
func (h *httpDestination) String() string { return "alerts " + h.url.String() }

// Send posts the alerts.
func (h *httpDestination) Send(ctx context.Context, b delivery.Batch) (accepted int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), bytes.NewReader(b.All()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("User-Agent", h.userAgent)
	if h.login.Username != "" {
		r.SetBasicAuth(h.login.Username, string(h.login.Password))
	}
	response, err := h.client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // without the URL, which the log line has already
			err = u.Err
		}
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			return 0, err
		}
		return 0, &delivery.FailedError{Err: err}
	}
	defer response.Body.Close()
	// The status is what counts, even if the rest of the response is lost.
	start, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20)) // so that the connection can be reused
	if err := statusError(response, logger.Printable(string(start), 200)); err != nil {
		return 0, err
	}
	return len(b.Alerts), nil
}

// statusError returns the error for a response with that body, or nil.
func statusError(response *http.Response, body string) error {
	reason := "the response is " + logger.Printable(response.Status, 100)
	if body != "" {
		reason += ": " + body
	}
	switch code := response.StatusCode; {
	case code/100 == 2:
		return nil
	case code/100 == 3:
		reason = fmt.Sprintf("%s, to %q; redirects are not followed", reason, logger.Printable(response.Header.Get("Location"), 200))
	case code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge, code == http.StatusUnprocessableEntity:
		return &delivery.RejectedError{Reason: reason}
	}
	return &delivery.FailedError{Err: errors.New(reason)}
}

// stdout delivers alerts to standard output.
type stdout struct {
	ndjson
	writer io.Writer
}

// String returns the name of the destination.
func (*stdout) String() string { return "alerts to stdout" }

// Send writes the alerts.
func (s *stdout) Send(_ context.Context, b delivery.Batch) (accepted int, err error) {
	if _, err := s.writer.Write(b.All()); err != nil {
		// Part of it may have been written, and nobody reads the rest.
		return 0, &delivery.ClosedError{Err: fmt.Errorf("%s: %w", s, err)}
	}
	return len(b.Alerts), nil
}

// ndjson is what destinations of lines of JSON have in common.
type ndjson struct{}

// AppendAlert appends a line.
func (ndjson) AppendAlert(dst []byte, a *outbox.Alert) []byte {
	return append(alert.AppendJSON(dst, a.Record), '\n')
}

// Check does nothing: there is no connection to wait on.
func (ndjson) Check(context.Context) error { return nil }

// Close does nothing.
func (ndjson) Close() {}
