package sidecar

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/plugin/sns"
)

// testLimits are the limits for tests.
var testLimits = limits{
	outbox: 256 << 20,
	read:   time.Second,
	slot:   100 * time.Millisecond,
	event:  2 * time.Second,

	pace:       pace{30 * time.Second, 1 << 10},
	longPace:   pace{10 * time.Second, 256 << 10},
	sharedPace: pace{2 * time.Second, 16 << 10},

	idle:     300 * time.Millisecond,
	drain:    3 * time.Second,
	requests: time.Second,
	flush:    time.Second,
	minDelay: 2 * time.Millisecond,
	maxDelay: 20 * time.Millisecond,
	minRetry: 2 * time.Millisecond,
	maxRetry: 20 * time.Millisecond,
}

// keys are keys and values, with defaults for tests.
type keys map[string]string

func (s keys) get(key string) string {
	if v, ok := s[key]; ok {
		return v
	}
	return keys{"listen": "127.0.0.1:0", "alerts": "-", "max_alerts": "0", "heartbeat": "0", "rule_tests": "off"}[key]
}

func (s keys) config(t testing.TB) settings.Sidecar {
	t.Helper()
	c, err := settings.ReadSidecar(s.get)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// text is a buffer for several goroutines.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// running is a sidecar in the test's process.
type running struct {
	*Sidecar
	t                   testing.TB
	stdout, stderr, log text
}

// run starts a sidecar, which ends with the test.
func run(t testing.TB, s keys, change ...func(*limits)) *running {
	t.Helper()
	l := testLimits
	for _, f := range change {
		f(&l)
	}
	return runWith(t, s, l, sns.Service{})
}

// runWith starts a sidecar for which that is SNS.
func runWith(t testing.TB, s keys, l limits, service sns.Service) *running {
	t.Helper()
	r := &running{t: t}
	var err error
	r.Sidecar, err = start(s.config(t), Options{
		Version: "v1", Stdout: &r.stdout, Stderr: &r.stderr, SNS: service,
		Log: func(level logger.Level, line string) { fmt.Fprintf(&r.log, "%s: %s\n", level, line) },
	}, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Stop()
		if t.Failed() {
			t.Logf("log of the sidecar:\n%s", r.log.String())
		}
	})
	return r
}

func (r *running) url() string { return "http://" + r.Addr().String() + "/v1/ingest" }

// post posts a body and checks the status.
func (r *running) post(body string, want int, header ...string) *http.Response {
	r.t.Helper()
	return post(r.t, r.url(), strings.NewReader(body), want, header...)
}

func post(t testing.TB, url string, body io.Reader, want int, header ...string) *http.Response {
	t.Helper()
	q, err := http.NewRequest(http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != want {
		t.Fatalf("POST %s: %s: %s; want %d", url, answer.Status, text, want)
	}
	return answer
}

// wait waits until the condition holds.
func wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("there is still not: %s", what)
}

// push is an event that the built-in rule matches.
func push(id string) string {
	return `{"eventVersion":"1.08","eventTime":"2026-03-02T09:00:00Z","eventSource":"ec2-instance-connect.amazonaws.com",` +
		`"eventName":"SendSSHPublicKey","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.24","userAgent":"aws-cli/2",` +
		`"userIdentity":{"type":"IAMUser","userName":"alice","accountId":"111122223333"},` +
		`"requestParameters":{"instanceId":"i-0123456789abcdef0","instanceOSUser":"ec2-user"},"responseElements":null,` +
		`"eventID":"` + id + `","recipientAccountId":"111122223333"}`
}

// other is an event that it does not match.
const other = `{"eventVersion":"1.08","eventTime":"2026-03-02T09:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances",` +
	`"awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.24","requestParameters":null,"eventID":"o-1","recipientAccountId":"111122223333"}`

// pushes returns lines with n events that match and others between them.
func pushes(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s\n%s\n", other, push(fmt.Sprint(prefix, i)))
	}
	return b.String()
}

func pack(t testing.TB, encoding, body string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	default:
		return body
	}
	_, err := io.WriteString(w, body)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMain(m *testing.M) {
	setAWS()
	if os.Getenv(childVariable) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}
