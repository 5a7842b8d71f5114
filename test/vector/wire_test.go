package vector

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// What an emulation in the tests of plugin/sidecar does as Vector: its tests have the same
// tables. Here Vector itself does it.

// The source http_server.
func TestHTTPSource(t *testing.T) {
	t.Parallel()
	vector := program(t, "vector")
	dir := t.TempDir()
	open, locked, rejecting, failing := freeport.Address(t), freeport.Address(t), freeport.Address(t), freeport.Address(t)
	refusals := map[string]int{"/reject": 400, "/fail": 503}
	destination, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(refusals[r.URL.Path]) })}
	go func() { _ = server.Serve(destination) }()
	defer server.Close()
	text := fmt.Sprintf("data_dir: %s\nsources:\n", dir)
	for name, address := range map[string]string{"open": open, "locked": locked + `", auth: {strategy: basic, username: fluent, password: secret}, x: "`, "rejecting": rejecting, "failing": failing} {
		text += fmt.Sprintf("  %s: {type: http_server, path: /alerts, decoding: {codec: json}, address: \"%s\"}\n", name, address)
	}
	text += "sinks:\n  out: {type: console, inputs: [open, locked], encoding: {codec: json}, acknowledgements: true}\n"
	for input, path := range map[string]string{"rejecting": "reject", "failing": "fail"} {
		text += fmt.Sprintf("  to_%s: {type: http, inputs: [%s], uri: \"http://%s/%s\", healthcheck: false, encoding: {codec: json}, acknowledgements: true, batch: {timeout_secs: 0.1}, request: {retry_attempts: 1, retry_max_duration_secs: 1}}\n",
			path, input, destination.Addr(), path)
	}
	config := filepath.Join(dir, "vector.yaml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, name: "vector", dir: dir, ready: answers("http://" + open), args: []string{vector, "-c", config}}
	p.start()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprint(w, `{"a":1}`+"\n")
	_ = w.Close()
	for _, test := range []struct {
		name, address, method, path, body, encoding, user string
		status                                            int
	}{
		{"lines", open, "POST", "/alerts", "{\"a\":1}\n{\"a\":2}\n", "", "", 200},
		{"no newline at the end", open, "POST", "/alerts", `{"a":1}`, "", "", 200},
		{"blank lines", open, "POST", "/alerts", "\n\n{\"a\":1}\n\n", "", "", 200},
		{"nothing", open, "POST", "/alerts", "", "", "", 200},
		{"a list", open, "POST", "/alerts", `[{"a":1},{"a":2}]`, "", "", 200},
		{"a bad line", open, "POST", "/alerts", "{\"a\":1}\nx\n", "", "", 400},
		{"a number", open, "POST", "/alerts", "5\n", "", "", 400},
		{"a slash at the end", open, "POST", "/alerts/", `{"a":1}`, "", "", 200},
		{"another path", open, "POST", "/other", `{"a":1}`, "", "", 405},
		{"another method", open, "PUT", "/alerts", `{"a":1}`, "", "", 405},
		{"gzip", open, "POST", "/alerts", packed.String(), "gzip", "", 200},
		{"no gzip", open, "POST", "/alerts", "x", "gzip", "", 422},
		{"an unknown encoding", open, "POST", "/alerts", "x", "br", "", 415},
		{"too long", open, "POST", "/alerts", strings.Repeat(" ", 100<<20) + "{}\n", "", "", 413},
		{"a user", locked, "POST", "/alerts", `{"a":1}`, "", "fluent:secret", 200},
		{"another user", locked, "POST", "/alerts", `{"a":1}`, "", "fluent:other", 401},
		{"nobody", locked, "POST", "/alerts", `{"a":1}`, "", "", 401},
		{"a sink that rejects", rejecting, "POST", "/alerts", `{"a":1}`, "", "", 400},
		{"a sink that fails", failing, "POST", "/alerts", `{"a":1}`, "", "", 500},
	} {
		r, err := http.NewRequest(test.method, "http://"+test.address+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if test.encoding != "" {
			r.Header.Set("Content-Encoding", test.encoding)
		}
		if user, password, ok := strings.Cut(test.user, ":"); ok {
			r.SetBasicAuth(user, password)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			// It answers before it has read the body, and closes the connection.
			if test.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		_ = answer.Body.Close()
		if answer.StatusCode != test.status {
			t.Errorf("%s: %d, want %d", test.name, answer.StatusCode, test.status)
		}
	}
}

// The sink http: after which answers it sends a batch again, and after which it drops it.
func TestHTTPSink(t *testing.T) {
	t.Parallel()
	vector := program(t, "vector")
	dir := t.TempDir()
	const (
		brokenBehind = 0  // after the header
		brokenBefore = -1 // without a byte
		brokenWithin = -2 // in the middle of the header
	)
	tests := []struct {
		name, strategy string
		answers        []int
		dropped        bool
	}{
		{"accepted", "default", []int{200}, false},
		{"5xx and 429 are retried", "default", []int{500, 503, 429, 408, brokenBefore, 204}, false},
		{"4xx drop the batch", "default", []int{400}, true},
		{"501 too", "default", []int{501}, true},
		{"3xx too", "default", []int{304}, true},
		{"unless all is retried", "all", []int{400, 501, 304, 200}, false},
		{"a broken answer drops it in any case", "all", []int{brokenBehind}, true},
		{"a broken header does not", "all", []int{brokenWithin, 200}, false},
		{"with none everything drops it", "none", []int{brokenBefore}, true},
	}
	input := filepath.Join(dir, "in.log")
	if err := os.WriteFile(input, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	requests := make([]int, len(tests))
	text := fmt.Sprintf("data_dir: %s\nsources:\n  in: {type: file, include: [%s]}\nsinks:\n", dir, input)
	for i, test := range tests {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			mu.Lock()
			n := requests[i]
			requests[i]++
			mu.Unlock()
			code := http.StatusOK
			if n < len(test.answers) {
				code = test.answers[n]
			}
			switch code {
			case brokenBefore:
				panic(http.ErrAbortHandler)
			case brokenBehind:
				w.Header().Set("Content-Length", "100")
				w.WriteHeader(200)
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			case brokenWithin:
				c, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Le")
				_ = c.Close()
			default:
				w.WriteHeader(code)
			}
		})}
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		text += fmt.Sprintf("  sink%d: {type: http, inputs: [in], uri: \"http://%s/\", healthcheck: false, encoding: {codec: raw_message}, acknowledgements: true, retry_strategy: {type: %s}, request: {retry_max_duration_secs: 1}}\n",
			i, listener.Addr(), test.strategy)
	}
	config := filepath.Join(dir, "vector.yaml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, name: "vector", dir: dir, ready: func() bool { return true }, args: []string{vector, "-c", config}}
	p.start()
	count := func(i int) int {
		mu.Lock()
		defer mu.Unlock()
		return requests[i]
	}
	wait(t, "the last requests", patience, func() bool {
		for i, test := range tests {
			if count(i) < len(test.answers) {
				return false
			}
		}
		return true
	})
	time.Sleep(2500 * time.Millisecond) // no retry comes later
	p.end(syscall.SIGKILL)
	for i, test := range tests {
		if got := count(i); got != len(test.answers) {
			t.Errorf("%s: %d requests, want %d", test.name, got, len(test.answers))
		}
	}
}
