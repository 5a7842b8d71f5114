package sidecar

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// httpWay delivers by POST.
type httpWay struct {
	url    *url.URL
	login  settings.Login
	agent  string // User-Agent
	client *http.Client
}

func newHTTPWay(c settings.Sidecar, version string) (*httpWay, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2 = false
	transport.MaxIdleConnsPerHost = 1
	transport.IdleConnTimeout = 60 * time.Second
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: !c.TLSVerify}
	if c.TLSCAFile != "" {
		pem, err := os.ReadFile(c.TLSCAFile)
		if err != nil {
			return nil, fmt.Errorf("alerts_tls_ca_file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("alerts_tls_ca_file: %s: there is no certificate in it, in PEM form", c.TLSCAFile)
		}
		transport.TLSClientConfig.RootCAs = pool
	}
	return &httpWay{url: c.Alerts, login: c.AlertsLogin, agent: "fluent-detect/" + version, client: &http.Client{
		Transport: transport,
		Timeout:   c.Timeout,
		// A redirected POST would become a GET, or go where nobody said.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// String names the receiver.
func (h *httpWay) String() string { return "alerts " + h.url.String() }

func (h *httpWay) deliver(ctx context.Context, lines []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), bytes.NewReader(lines))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("User-Agent", h.agent)
	if h.login.Username != "" {
		r.SetBasicAuth(h.login.Username, string(h.login.Password))
	}
	answer, err := h.client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // it has the URL in front, as the log line has
			err = u.Err
		}
		return err
	}
	defer answer.Body.Close()
	// What was said to be accepted is, even if the rest of the answer is lost.
	start, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)) // so that the connection can be used again
	return judge(answer, logger.Printable(string(start), 200))
}

// judge says what an answer means.
func judge(answer *http.Response, text string) error {
	reason := "it answers " + answer.Status
	if text != "" {
		reason += ": " + text
	}
	switch code := answer.StatusCode; {
	case code/100 == 2:
		return nil
	case code/100 == 3:
		return fmt.Errorf("%s, to %q; redirects are not followed", reason, logger.Printable(answer.Header.Get("Location"), 200))
	case code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge, code == http.StatusUnprocessableEntity:
		return &refusal{reason}
	}
	return errors.New(reason)
}

// writerWay delivers to a stream, such as stdout.
type writerWay struct {
	name   string
	writer io.Writer
}

// String names the stream.
func (w *writerWay) String() string { return "alerts to " + w.name }

func (w *writerWay) deliver(_ context.Context, lines []byte) error {
	if _, err := w.writer.Write(lines); err != nil {
		// Some of it may be there, and nobody reads the rest.
		return &fatalError{fmt.Errorf("%s: %w", w, err)}
	}
	return nil
}
