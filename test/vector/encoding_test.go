package vector

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/hostconf"
	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// encodings are ways in which Vector's http sink can write events, as options of the
// sink, and whether fluent-detect serve reads them. Lines are events as a file source
// has them, with JSON in .message; parsed ones are the JSON itself.
var encodings = []struct {
	name, options string
	parsed        bool
	read          bool
}{
	{"raw_message", "encoding: {codec: raw_message}", false, true},
	{"text", "encoding: {codec: text}", false, true},
	{"json", "encoding: {codec: json}", false, true},
	{"json parsed", "encoding: {codec: json}", true, true},
	{"json in lines", "encoding: {codec: json}, framing: {method: newline_delimited}", true, true},
	{"json without framing", "encoding: {codec: json}, framing: {method: bytes}", true, true},
	{"json indented", "encoding: {codec: json, json: {pretty: true}}, framing: {method: newline_delimited}", true, true},
	{"json in an object", `encoding: {codec: json}, payload_prefix: '{"data":', payload_suffix: '}'`, false, true},
	{"native_json", "encoding: {codec: native_json}", false, true},
	{"native_json parsed", "encoding: {codec: native_json}", true, true},
	{"raw_message without framing", "encoding: {codec: raw_message}, framing: {method: bytes}", false, true},
	{"raw_message with commas", `encoding: {codec: raw_message}, framing: {method: character_delimited, character_delimited: {delimiter: ","}}`, false, true},
	{"raw_message with bars", `encoding: {codec: raw_message}, framing: {method: character_delimited, character_delimited: {delimiter: "|"}}`, false, true},
	{"gzip", "encoding: {codec: raw_message}, compression: gzip", false, true},
	{"zlib", "encoding: {codec: raw_message}, compression: zlib", false, true},
	{"zstd", "encoding: {codec: raw_message}, compression: {algorithm: zstd, level: 3}", false, true},
	{"only the message", "encoding: {codec: json, only_fields: [message]}", false, true},
	{"logfmt", "encoding: {codec: logfmt}", false, true},
	{"gelf", "encoding: {codec: gelf}", false, true},
	{"csv", "encoding: {codec: csv, csv: {fields: [message]}}", false, true},

	{"snappy", "encoding: {codec: raw_message}, compression: snappy", false, false},
	{"raw_message parsed", "encoding: {codec: raw_message}", true, false},
	{"text parsed", "encoding: {codec: text}", true, false},
	{"logfmt parsed", "encoding: {codec: logfmt}", true, false},
	{"gelf parsed", "encoding: {codec: gelf}", true, false},
	{"native", "encoding: {codec: native}", false, false},
	{"native parsed", "encoding: {codec: native}", true, false},
	{"cef", "encoding: {codec: cef, cef: {version: V1, device_vendor: a, device_product: b, device_version: '1', device_event_class_id: x, name: message, severity: '5', extensions: {}}}", false, false},
	{"avro", `encoding: {codec: avro, avro: {schema: '{"type":"record","name":"l","fields":[{"name":"message","type":"string"}]}'}}`, false, false},
	{"lengths", "encoding: {codec: json}, framing: {method: varint_length_delimited}", false, false},
	{"without the message", "encoding: {codec: json, except_fields: [message]}", false, false},
	{"put", "encoding: {codec: json}, method: put", false, false},
	{"path", "encoding: {codec: json}", false, false},
}

// What Vector sends in each encoding is evaluated, or check says that it is not.
func TestEncodings(t *testing.T) {
	t.Parallel()
	vector := program(t, "vector")
	dir := t.TempDir()
	listen := freeport.Address(t)
	sidecar := &process{t: t, name: "sidecar", dir: dir, ready: answers("http://" + listen + "/healthz"), args: []string{command, "serve", "--listen", listen, "--alerts", "-", "--max-alerts", "0"}}
	sidecar.start()
	relay := &relay{t: t, sidecar: "http://" + listen, results: map[int]result{}}
	server := httptest.NewServer(relay)
	defer server.Close()

	const events = 8
	input := filepath.Join(dir, "in.json")
	if err := os.WriteFile(input, []byte(strings.Join(batch(0, events, 1), "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	source := fmt.Sprintf("data_dir: %s\nsources:\n  lines: {type: file, include: [%s], max_line_bytes: 67108864}\n", dir, input) +
		"  alerts: {type: http_server, address: \"" + freeport.Address(t) + "\", path: /alerts, decoding: {codec: json}}\n" +
		"transforms:\n  parsed: {type: remap, inputs: [lines], source: \". = object!(parse_json!(.message))\"}\nsinks:\n" +
		"  out: {type: blackhole, inputs: [alerts], acknowledgements: true}\n"
	sink := func(i int, url string) string {
		e := encodings[i]
		path := "/v1/ingest"
		if e.name == "path" {
			path = "/v1/ingest/"
		}
		from := "lines"
		if e.parsed {
			from = "parsed"
		}
		return fmt.Sprintf("  sink%d: {type: http, inputs: [%s], uri: \"%s%s\", healthcheck: false, retry_strategy: {type: all}, acknowledgements: true, %s}\n", i, from, url, path, e.options)
	}
	all := source
	for i := range encodings {
		all += sink(i, fmt.Sprintf("%s/%d", server.URL, i))
	}
	config := filepath.Join(dir, "vector.yaml")
	if err := os.WriteFile(config, []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
	v := &process{t: t, name: "vector", dir: dir, ready: func() bool { return true }, args: []string{vector, "-c", config}}
	v.start()
	wait(t, "the requests of all sinks that are to be read", patience, func() bool { return relay.hasAll() })
	time.Sleep(2 * time.Second) // gelf, for one, sends nothing of parsed events
	v.end(syscall.SIGKILL)
	for i, e := range encodings {
		got, sent := relay.result(i)
		read := sent && got.status == http.StatusOK && got.matches == events
		if read != e.read {
			t.Errorf("%s: status %d, %d of %d events, want it to be read: %t", e.name, got.status, got.matches, events, e.read)
		}
		path := filepath.Join(dir, "check.yaml")
		if err := os.WriteFile(path, []byte(source+sink(i, "http://127.0.0.1:9880")), 0o600); err != nil {
			t.Fatal(err)
		}
		worst, texts := check(path)
		if e.read && worst == hostconf.Error || !e.read && worst == hostconf.Note {
			t.Errorf("%s: it is read: %t, and the worst finding of check is a %s: %q", e.name, e.read, worst, texts)
		}
	}
}

// relay passes requests to /N/… on to the sidecar, one at a time, and notes what it makes
// of the first one of each N.
type relay struct {
	t       *testing.T
	sidecar string

	mu      sync.Mutex
	results map[int]result
}

type result struct{ status, matches int }

// hasAll reports whether there were requests with all encodings that are to be read.
func (r *relay) hasAll() bool {
	for i, e := range encodings {
		if _, ok := r.result(i); e.read && !ok {
			return false
		}
	}
	return true
}

func (r *relay) result(n int) (result, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	got, ok := r.results[n]
	return got, ok
}

func (r *relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	number, path, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
	n, err := strconv.Atoi(number)
	body, readErr := io.ReadAll(request.Body)
	if err != nil || readErr != nil {
		r.t.Errorf("%s: %v, %v", request.URL, err, readErr)
		return
	}
	if _, again := r.results[n]; again {
		return
	}
	before := r.matches()
	to, err := http.NewRequest(request.Method, r.sidecar+"/"+path, bytes.NewReader(body))
	if err != nil {
		r.t.Error(err)
		return
	}
	to.Header = request.Header
	answer, err := http.DefaultClient.Do(to)
	if err != nil {
		r.t.Error(err)
		return
	}
	_ = answer.Body.Close()
	r.results[n] = result{answer.StatusCode, r.matches() - before}
	w.WriteHeader(answer.StatusCode)
}

var matched = regexp.MustCompile(`(?m)^fluent_detect_matches_total\{.*\} (\d+)$`)

// matches returns how many matches the sidecar has counted, duplicates too.
func (r *relay) matches() int {
	answer, err := http.Get(r.sidecar + "/metrics")
	if err != nil {
		r.t.Error(err)
		return 0
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Error(err)
	}
	n := 0
	for _, m := range matched.FindAllSubmatch(text, -1) {
		count, _ := strconv.Atoi(string(m[1])) // digits
		n += count
	}
	return n
}
