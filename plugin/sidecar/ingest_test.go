package sidecar

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// All formats and encodings of a body give the same alert.
func TestBodies(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(push("x"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, body string
		records    uint64
	}{
		{"a line", push("x"), 1},
		{"a line with an end", push("x") + "\n", 1},
		{"lines, some blank", "\n" + other + "\r\n\n" + push("x") + "\n\n", 2},
		{"an array", "[" + other + "," + push("x") + "]", 2},
		{"an array over lines", "[\n" + other + ",\n" + push("x") + "\n]\n", 2},
		{"a file of S3", `{"Records":[` + other + "," + push("x") + "]}", 1},
		{"a large file of S3", `{"Records":[` + strings.Repeat(other+",", 3000) + push("x") + "]}", 0},
		{"Vector's event", `{"message":` + string(quoted) + `,"source_type":"aws_s3"}`, 1},
		{"EventBridge", `{"source":"aws.ec2-instance-connect","detail-type":"AWS API Call via CloudTrail","detail":` + push("x") + "}", 1},
		{"CloudWatch Logs", `{"messageType":"DATA_MESSAGE","logEvents":[{"message":` + string(quoted) + "}]}", 1},
		{"text and events", "hello\n" + push("x") + "\n<xml/>\n", 3},
		{"nothing", "", 0},
	} {
		for _, encoding := range []string{"", "gzip", "zstd", "deflate"} {
			t.Run(test.name+" "+encoding, func(t *testing.T) {
				t.Parallel()
				s := run(t, nil)
				answer := s.post(pack(t, encoding, test.body), 200, "Content-Encoding", encoding)
				if answer.ContentLength != 0 {
					t.Errorf("Content-Length is %d", answer.ContentLength)
				}
				n := s.state.Report()
				want := uint64(strings.Count(test.body, "SendSSHPublicKey"))
				if n.Outcomes[stats.Emitted] != want || n.Unreadable != 0 || s.deadLetters.records.Load() != 0 {
					t.Errorf("emitted %d, want %d; unreadable %d, dead letters %d", n.Outcomes[stats.Emitted], want, n.Unreadable, s.deadLetters.records.Load())
				}
				if test.records > 0 && n.Records != test.records {
					t.Errorf("%d records, want %d", n.Records, test.records)
				}
			})
		}
	}
}

// deadLettersOf returns the dead letters in a file.
func deadLettersOf(t *testing.T, path string) (all []deadLetter) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var l deadLetter
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, l)
	}
	return all
}

// Unreadable records get a 200, are counted, and become dead letters with their
// position. Records before and after them are evaluated. A body of which nothing can be
// read is rejected.
func TestBadRecords(t *testing.T) {
	t.Parallel()
	cut := push("cut")[:200]
	packed := pack(t, "gzip", push("a")+"\n")
	for _, test := range []struct {
		name, body, encoding string
		alerts               uint64
		reason               string // of the dead letter, its beginning
		line                 int
		text                 string
	}{
		{"an event that is cut short, in a line", push("a") + "\n" + cut + "\n" + push("b") + "\n", "", 2, "it looks like CloudTrail and cannot be read", 2, cut},
		{"an event that is not JSON", push("a") + "\n" + strings.Replace(push("x"), ":", ";", 1) + "\n", "", 1, "it looks like CloudTrail", 2, strings.Replace(push("x"), ":", ";", 1)},
		{"a file that is cut short", `{"Records":[` + strings.Repeat(push("a")+",", 3000) + `{"eventV`, "", 1, "the input ends inside a list", 1, ""},
		{"a list that breaks", `{"Records":[` + strings.Repeat(push("a")+",", 3000) + `}` + "\n" + push("b"), "", 2, "a list is invalid from here on", 1, ""},
		{"a line that is too long", push("a") + "\n" + strings.Repeat("x", 17<<20) + "\n" + push("b"), "", 2, "longer than 16 MiB, skipped", 2, ""},
		{"a packed body that is cut short", packed[:len(packed)-4], "gzip", 1, "the rest of the body cannot be unpacked: the compressed data is truncated", 0, ""},
		{"a packed body that is damaged", packed[:10] + "\xff\xff\xff\xff", "gzip", 0, "the rest of the body cannot be unpacked", 0, ""},
		{"a header of zlib that is none", "hello", "deflate", 0, "the body cannot be unpacked", 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "dead.ndjson")
			s := run(t, keys{"dead_letters": path})
			status := 200
			if strings.HasPrefix(test.reason, "the body cannot be unpacked") {
				status = 415
			}
			s.post(test.body, status, "Content-Encoding", test.encoding)
			if n := s.state.Report(); n.Outcomes[stats.Emitted] != test.alerts {
				t.Errorf("%d alerts, want %d", n.Outcomes[stats.Emitted], test.alerts)
			}
			letters := deadLettersOf(t, path)
			if len(letters) != 1 || s.deadLetters.records.Load() != 1 {
				t.Fatalf("%d dead letters, %d counted, want 1: %v", len(letters), s.deadLetters.records.Load(), letters)
			}
			l := letters[0]
			if l.Kind != "record" || l.Client != "127.0.0.1" || !strings.HasPrefix(l.Reason, test.reason) || l.Line != test.line || l.Text != test.text || l.Time.IsZero() {
				t.Errorf("the dead letter is %+v", l)
			}
			if !strings.Contains(s.log.String(), test.reason) {
				t.Error("nothing is in the log")
			}
		})
	}
}

// Without a file, a dead letter is a line in the log without control characters.
func TestDeadLettersInTheLog(t *testing.T) {
	t.Parallel()
	s := run(t, nil)
	s.post(`{"eventVersion":"1.08","eventSource":"`+"\x1b[2J\r", 200)
	if got := s.log.String(); !strings.Contains(got, `line 1, byte 0: it looks like CloudTrail and cannot be read`) || !strings.Contains(got, `"eventSource":"?[2J`) {
		t.Errorf("the log is %q", got)
	}
}

// The size of the file of dead letters is limited.
func TestDeadLettersAreBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dead.ndjson")
	d, err := openDeadLetters(path, nil, func(logger.Level, string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	text := []byte("x" + strings.Repeat("ä", maxText))
	const n = 600
	for range n {
		one := letters{all: d, client: "c"}
		one.add("r", 1, 0, text)
	}
	var sum int64
	for _, name := range []string{path, path + ".1"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > maxDeadLetters {
			t.Errorf("%s has %d bytes", name, info.Size())
		}
		sum += info.Size()
	}
	if sum < maxDeadLetters {
		t.Errorf("only %d bytes are kept", sum)
	}
	if l := deadLettersOf(t, path)[0]; !l.Cut || len(l.Text) != maxText && len(l.Text) != maxText-1 {
		t.Errorf("the text has %d bytes, cut: %t", len(l.Text), l.Cut)
	}
}

// A record that makes the engine panic does not affect the records around it, and
// the client does not have to send it again.
func TestAPanicCostsOneRecord(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dead.ndjson")
	s := run(t, keys{"dead_letters": path})
	scan := s.ingest.scan
	s.ingest.scan = func(tag string, chunk []byte) (detector.Result, error) {
		if strings.Contains(string(chunk), "poison") {
			panic("forced")
		}
		return scan(tag, chunk)
	}
	s.post(push("a")+"\n"+push("poison")+"\n["+push("b")+","+push("c")+"]", 200)
	if n := s.state.Report(); n.Outcomes[stats.Emitted] != 3 || n.Panics != 2 {
		t.Errorf("%d alerts, %d panics; want 3, and 2: of the chunk and of the record", n.Outcomes[stats.Emitted], n.Panics)
	}
	if letters := deadLettersOf(t, path); len(letters) != 1 || letters[0].Text != push("poison") || letters[0].Line != 2 {
		t.Errorf("dead letters: %+v", letters)
	}
}

// The responses for misconfigured clients.
func TestRejections(t *testing.T) {
	t.Parallel()
	s := run(t, keys{"listen_username": "vector", "listen_password": "s3cret"})
	base := "http://" + s.Addr().String()
	login := []string{"Authorization", "Basic dmVjdG9yOnMzY3JldA=="} // vector:s3cret
	for _, test := range []struct {
		name, method, path string
		header             []string
		want               int
	}{
		{"accepted", "POST", "/v1/ingest", login, 200},
		{"health needs no password", "GET", "/healthz", nil, 200},
		{"HEAD as Vector asks", "HEAD", "/healthz", nil, 200},
		{"counters", "GET", "/metrics", login, 200},
		{"counters without a password", "GET", "/metrics", nil, 401},
		{"no password", "POST", "/v1/ingest", nil, 401},
		{"a wrong password", "POST", "/v1/ingest", []string{"Authorization", "Basic dmVjdG9yOng="}, 401},
		{"another method", "GET", "/v1/ingest", login, 405},
		{"another path", "POST", "/v1/other", login, 404},
		{"another method for the page", "POST", "/", login, 405},
		{"msgpack", "POST", "/v1/ingest", append([]string{"Content-Type", "application/msgpack"}, login...), 415},
		{"another encoding", "POST", "/v1/ingest", append([]string{"Content-Encoding", "snappy"}, login...), 415},
	} {
		t.Run(test.name, func(t *testing.T) {
			q, err := http.NewRequest(test.method, base+test.path, strings.NewReader(push(test.name)))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(test.header); i += 2 {
				q.Header.Set(test.header[i], test.header[i+1])
			}
			answer, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != test.want {
				t.Errorf("%s, want %d", answer.Status, test.want)
			}
		})
	}
	if n := s.state.Report(); n.Outcomes[stats.Emitted] != 1 {
		t.Errorf("%d alerts, want 1", n.Outcomes[stats.Emitted])
	}
	if strings.Contains(s.log.String(), "s3cret") {
		t.Error("the password is in the log")
	}
}

// A client that disconnects or stalls leaves no partial record, and its slot is free
// again.
func TestBrokenBodies(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dead.ndjson")
	s := run(t, keys{"listen_requests": "1", "dead_letters": path}, func(l *limits) { l.read = 300 * time.Millisecond })
	for i, stall := range []bool{false, true} {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n%s\n%s", push("a"), push("b")[:200])
		if stall {
			wait(t, "the stalled client in the only place", func() bool { return s.ingest.slots.inUse() == 1 })
			s.post(other, 503)
			answer, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil || answer.StatusCode != 503 {
				t.Errorf("the stalled client gets %v, %v", answer, err)
			}
		}
		c.Close()
		wait(t, "the broken body", func() bool { return s.ingest.broken.Load() == uint64(i)+1 })
	}
	s.post(push("a")+"\n"+push("b"), 200)
	if n := s.state.Report(); n.Outcomes[stats.Emitted] != 2 || n.Unreadable != 0 {
		t.Errorf("%d alerts, %d unreadable; want 2 and none", n.Outcomes[stats.Emitted], n.Unreadable)
	}
	if letters := deadLettersOf(t, path); len(letters) != 0 {
		t.Errorf("dead letters: %+v", letters)
	}
}

// If the outbox is full, or the disk fails, the response is 503. When the same body is
// sent again, duplicates are recognized.
func TestWhatCannotBeTakenIsToBeSentAgain(t *testing.T) {
	t.Parallel()
	source := newVectorSource(t, "", func(v *vectorSource) { v.sink = func(string) int { return 500 } })
	s := run(t, keys{"alerts": source.url}, func(l *limits) { l.outbox = 8 << 10 })
	n := 0
	for ; n < 20; n++ {
		answer, err := http.Post(s.url(), "", strings.NewReader(push(fmt.Sprint(n))))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode == 503 {
			if answer.Header.Get("Retry-After") == "" {
				t.Error("there is no Retry-After")
			}
			break
		}
	}
	if n == 0 || n == 20 {
		t.Fatalf("%d alerts were taken", n)
	}
	source.mu.Lock()
	source.sink = nil
	source.mu.Unlock()
	source.wantAlerts(n)
	wait(t, "room", func() bool {
		answer, err := http.Post(s.url(), "", strings.NewReader(push(fmt.Sprint(n))+"\n"+push("0")))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode == 200
	})
	source.wantAlerts(n + 1)
	if got := s.state.Report(); got.Outcomes[stats.Emitted] != uint64(n)+1 || got.Outcomes[stats.Duplicate] != 1 {
		t.Errorf("emitted %d, duplicate %d; want %d and 1", got.Outcomes[stats.Emitted], got.Outcomes[stats.Duplicate], n+1)
	}
	s.ingest.scan = func(string, []byte) (detector.Result, error) {
		return detector.Result{}, &detector.StoreError{Tag: tag, Err: syscall.ENOSPC}
	}
	s.post(push("stored"), 503)
}
