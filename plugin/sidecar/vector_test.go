package sidecar

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// vectorSource behaves like Vector's http_server source with acknowledgements and a
// sink:
//
//   - lines of JSON, blank ones too, of objects or lists of them; another one causes
//     400 for the whole body;
//   - 405 for another path or method, 401 for another user, 413 for a body that is
//     too long, before it is read, 415 for an encoding that it does not know, 422 for
//     one that is broken;
//   - the response is sent after the sink: 200, 400 if it rejects an event, else 500 if
//     it fails; what it took of a body it has nevertheless;
//   - after a while it closes the connection, as announced in the response.
//
// What a real Vector does is tested in test/vector, with the same tables.
type vectorSource struct {
	t      *testing.T
	server *http.Server
	url    string

	mu       sync.Mutex
	limit    int64               // bytes of a body
	user     string              // "name:password", empty: everybody
	closes   int                 // says "Connection: close" in every that many answers
	sink     func(id string) int // what the sink makes of an event, as a status; nil: 200
	atomic   bool                // unlike Vector, the receiver takes all alerts of a request or none
	fault    func(n int, w http.ResponseWriter) bool
	requests int
	repeated int            // requests with an alert that the sink had
	got      map[string]int // alert ids that the sink took
	order    []string
}

// newVectorSource starts a source at the address on; empty: any.
func newVectorSource(t *testing.T, on string, change ...func(*vectorSource)) *vectorSource {
	t.Helper()
	v := &vectorSource{t: t, limit: 100 << 20, got: map[string]int{}}
	for _, f := range change {
		f(v)
	}
	if on == "" {
		on = "127.0.0.1:0"
	}
	v.listen(on)
	t.Cleanup(v.close)
	return v
}

func (v *vectorSource) listen(on string) {
	v.t.Helper()
	listener, err := net.Listen("tcp", on)
	if err != nil {
		v.t.Fatal(err)
	}
	v.server = &http.Server{Handler: v}
	v.url = "http://" + listener.Addr().String() + "/alerts"
	go func() { _ = v.server.Serve(listener) }()
}

// close ends the source immediately, like a shutdown of Vector.
func (v *vectorSource) close() { _ = v.server.Close() }

func (v *vectorSource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests++
	if v.fault != nil && v.fault(v.requests, w) {
		return
	}
	if v.closes > 0 && v.requests%v.closes == 0 {
		w.Header().Set("Connection", "close")
	}
	w.WriteHeader(v.take(r))
}

// take returns the status of a request.
func (v *vectorSource) take(r *http.Request) int {
	name, password, _ := r.BasicAuth()
	switch {
	case strings.TrimSuffix(r.URL.Path, "/") != "/alerts", r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed
	case v.user != "" && name+":"+password != v.user:
		return http.StatusUnauthorized
	case r.ContentLength > v.limit:
		return http.StatusRequestEntityTooLarge
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return http.StatusInternalServerError
	}
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "":
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return http.StatusUnprocessableEntity
		}
		if body, err = io.ReadAll(z); err != nil {
			return http.StatusUnprocessableEntity
		}
	default:
		return http.StatusUnsupportedMediaType
	}
	ids, err := idsOf(body)
	if err != nil {
		return http.StatusBadRequest
	}
	return v.deliver(ids)
}

// idsOf returns the ids of the alerts in lines of JSON.
func idsOf(body []byte) (ids []string, err error) {
	type alert struct {
		ID string `json:"alert_id"`
	}
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		var list []alert
		switch {
		case len(line) == 0:
		case line[0] == '[':
			err = json.Unmarshal(line, &list)
		default:
			list = make([]alert, 1)
			err = json.Unmarshal(line, &list[0])
		}
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			ids = append(ids, a.ID)
		}
	}
	return ids, nil
}

// deliver gives the alerts to the sink.
func (v *vectorSource) deliver(ids []string) int {
	status, repeated := http.StatusOK, false
	var taken []string
	for _, id := range ids {
		if v.sink != nil {
			switch s := v.sink(id); {
			case s == http.StatusOK:
			case s == http.StatusBadRequest, status == http.StatusOK:
				status = s
				continue
			default:
				continue
			}
		}
		taken = append(taken, id)
	}
	if v.atomic && status != http.StatusOK {
		return status
	}
	for _, id := range taken {
		repeated = repeated || v.got[id] > 0
		v.got[id]++
		v.order = append(v.order, id)
	}
	if repeated {
		v.repeated++
	}
	return status
}

// alerts returns how many alerts there were, and how many of them twice.
func (v *vectorSource) alerts() (distinct, again int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.got), len(v.order) - len(v.got)
}

// wantAlerts waits for n different alerts.
func (v *vectorSource) wantAlerts(n int) {
	v.t.Helper()
	wait(v.t, fmt.Sprintf("%d alerts", n), func() bool { got, _ := v.alerts(); return got >= n })
	if got, _ := v.alerts(); got != n {
		v.t.Fatalf("%d different alerts, want %d", got, n)
	}
}

// vectorSink behaves like Vector's http sink: it sends batches until they are
// accepted, and drops some:
//
//   - 2xx is delivered; 408, 429 and 5xx but 501 are retried; everything else drops
//     the batch, unless all is set (retry_strategy: all): then that is retried;
//   - a response that breaks after its header always drops the batch;
//   - failures to connect and timeouts are retried;
//   - the delays grow like Fibonacci numbers, in milliseconds here, with full jitter.
type vectorSink struct {
	url         string
	all         bool
	encoding    string
	concurrency int
	client      *http.Client
}

func newVectorSink(url string) *vectorSink {
	return &vectorSink{url: url, concurrency: 1, client: &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 200}}}
}

// errDropped means that a batch was dropped.
var errDropped = errors.New("dropped")

// send sends the batches and returns nil or errDropped for each.
func (v *vectorSink) send(ctx context.Context, t *testing.T, batches []string) []error {
	results := make([]error, len(batches))
	places := make(chan struct{}, v.concurrency)
	var all sync.WaitGroup
	for i, b := range batches {
		packed := pack(t, v.encoding, b)
		places <- struct{}{}
		all.Add(1)
		go func() {
			defer all.Done()
			results[i] = v.deliver(ctx, packed)
			<-places
		}()
	}
	all.Wait()
	return results
}

func (v *vectorSink) deliver(ctx context.Context, body string) error {
	for last, next := 1, 1; ; last, next = next, min(last+next, 30) {
		retry, err := v.try(ctx, body)
		if err == nil || !retry {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(time.Now().Nanosecond()%next+1) * time.Millisecond):
		}
	}
}

func (v *vectorSink) try(ctx context.Context, body string) (retry bool, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url, strings.NewReader(body))
	if err != nil {
		return false, err
	}
	if v.encoding != "" {
		q.Header.Set("Content-Encoding", v.encoding)
	}
	answer, err := v.client.Do(q)
	if err != nil {
		return true, err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return false, fmt.Errorf("unexpected error type: %w: %w", errDropped, err)
	}
	switch code := answer.StatusCode; {
	case code/100 == 2:
		return false, nil
	case v.all, code == 408, code == 429, code/100 == 5 && code != 501:
		return true, errors.New(answer.Status)
	}
	return false, fmt.Errorf("%w: %s", errDropped, answer.Status)
}

// wantDelivered checks that no batch was dropped.
func wantDelivered(t *testing.T, results []error) {
	t.Helper()
	for i, err := range results {
		if err != nil {
			t.Fatalf("batch %d of the sink: %v", i, err)
		}
	}
}

// A sidecar with too few slots and a small outbox, between a sink that drops batches
// after wrong responses and a source with all faults: all alerts arrive, and none is
// made twice.
func TestNothingIsLostBetweenSinkAndSource(t *testing.T) {
	t.Parallel()
	source := newVectorSource(t, "", func(v *vectorSource) {
		v.limit = 40 << 10 // 413 for more
		v.closes = 3
		v.user = "fluent:secret"
		v.fault = func(n int, w http.ResponseWriter) bool {
			switch n % 7 {
			case 2:
				w.WriteHeader(http.StatusInternalServerError)
			case 4:
				panic(http.ErrAbortHandler) // the connection breaks
			case 6:
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(http.StatusPermanentRedirect)
			default:
				return false
			}
			return true
		}
	})
	s := run(t, keys{
		"alerts": source.url, "alerts_username": "fluent", "alerts_password": "secret", "listen_requests": "2", "state_path": t.TempDir(),
	}, func(l *limits) { l.outbox = 60 << 10; l.slot = time.Millisecond })
	const batches, each = 40, 10
	var all []string
	for i := range batches {
		all = append(all, pushes(fmt.Sprintf("b%d-", i), each))
	}
	sink := newVectorSink(s.url())
	sink.concurrency = 20
	wantDelivered(t, sink.send(t.Context(), t, all))
	source.wantAlerts(batches * each)
	n := s.state.Report()
	if n.Outcomes[stats.Emitted] != batches*each || n.Matched() != n.Outcomes[stats.Emitted]+n.Outcomes[stats.Duplicate] {
		t.Errorf("matched %d, emitted %d, duplicate %d; want %d emitted", n.Matched(), n.Outcomes[stats.Emitted], n.Outcomes[stats.Duplicate], batches*each)
	}
	if s.ingest.requests.refused.Load() == 0 {
		t.Error("no request was answered with 503: the test did not test that")
	}
	if got := s.deadLetters.alerts.Load(); got != 0 {
		t.Errorf("%d alerts in the dead letters", got)
	}
	wait(t, "an empty outbox", func() bool { n, _ := s.box.Size(); return n == 0 })
}

// The response must be complete with its header, or the sink drops the batch.
func TestTheAnswerEndsWithItsHeader(t *testing.T) {
	t.Parallel()
	s := run(t, nil)
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 { // on the same connection
		fmt.Fprintf(c, "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(other), other)
		answer := make([]byte, 4096)
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := c.Read(answer)
		if err != nil {
			t.Fatal(err)
		}
		got := string(answer[:n])
		if !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.Contains(got, "\r\nContent-Length: 0\r\n") || !strings.HasSuffix(got, "\r\n\r\n") {
			t.Fatalf("the answer is %q", got)
		}
	}
}

// The source of the tests behaves as Vector's: see test/vector.
func TestVectorSource(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, path, body, encoding, user string
		status                                   int
	}{
		{"lines", "POST", "/alerts", "{\"a\":1}\n{\"a\":2}\n", "", "", 200},
		{"no newline at the end", "POST", "/alerts", `{"a":1}`, "", "", 200},
		{"blank lines", "POST", "/alerts", "\n\n{\"a\":1}\n\n", "", "", 200},
		{"nothing", "POST", "/alerts", "", "", "", 200},
		{"a list", "POST", "/alerts", `[{"a":1},{"a":2}]`, "", "", 200},
		{"a bad line", "POST", "/alerts", "{\"a\":1}\nx\n", "", "", 400},
		{"a number", "POST", "/alerts", "5\n", "", "", 400},
		{"a slash at the end", "POST", "/alerts/", `{"a":1}`, "", "", 200},
		{"another path", "POST", "/other", `{"a":1}`, "", "", 405},
		{"another method", "PUT", "/alerts", `{"a":1}`, "", "", 405},
		{"gzip", "POST", "/alerts", pack(t, "gzip", `{"a":1}`), "gzip", "", 200},
		{"no gzip", "POST", "/alerts", "x", "gzip", "", 422},
		{"an unknown encoding", "POST", "/alerts", "x", "br", "", 415},
		{"too long", "POST", "/alerts", strings.Repeat(" ", 1<<10) + "{}", "", "", 413},
		{"a user", "POST", "/alerts", `{"a":1}`, "", "fluent:secret", 200},
		{"another user", "POST", "/alerts", `{"a":1}`, "", "fluent:other", 401},
		{"a sink that rejects", "POST", "/alerts", `{"alert_id":"400"}`, "", "", 400},
		{"a sink that fails", "POST", "/alerts", `{"alert_id":"500"}`, "", "", 500},
		{"a sink that does both", "POST", "/alerts", "{\"alert_id\":\"400\"}\n{\"alert_id\":\"500\"}", "", "", 400},
	} {
		v := newVectorSource(t, "", func(v *vectorSource) {
			v.limit = 1 << 10
			v.sink = func(id string) int {
				if id == "" {
					return 200
				}
				status, _ := strconv.Atoi(id)
				return status
			}
		})
		user, password, named := strings.Cut(test.user, ":")
		if named {
			v.user = "fluent:secret"
		}
		r, err := http.NewRequest(test.method, strings.TrimSuffix(v.url, "/alerts")+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if test.encoding != "" {
			r.Header.Set("Content-Encoding", test.encoding)
		}
		if named {
			r.SetBasicAuth(user, password)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != test.status {
			t.Errorf("%s: %d, want %d", test.name, answer.StatusCode, test.status)
		}
	}
}

// The sink of the tests behaves as Vector's: see test/vector.
func TestVectorSink(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		all     bool
		answers []int // 0: breaks behind the header, -1: breaks before
		dropped bool
	}{
		{"accepted", false, []int{200}, false},
		{"5xx and 429 are retried", false, []int{500, 503, 429, 408, -1, 204}, false},
		{"4xx drop the batch", false, []int{400}, true},
		{"501 too", false, []int{501}, true},
		{"3xx too", false, []int{304}, true},
		{"unless all is retried", true, []int{400, 501, 304, 200}, false},
		{"a broken answer drops it in any case", true, []int{0}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := 0
			var mu sync.Mutex
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				code := test.answers[i]
				i++
				switch code {
				case -1:
					panic(http.ErrAbortHandler)
				case 0:
					w.Header().Set("Content-Length", "100")
					w.WriteHeader(200)
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(code)
			})}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go func() { _ = server.Serve(listener) }()
			defer server.Close()
			sink := newVectorSink("http://" + listener.Addr().String())
			sink.all = test.all
			err = sink.send(t.Context(), t, []string{"x"})[0]
			if (err != nil) != test.dropped {
				t.Errorf("got %v, want dropped: %t", err, test.dropped)
			}
			if i != len(test.answers) {
				t.Errorf("%d requests, want %d", i, len(test.answers))
			}
		})
	}
}
