package sidecar

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// dial opens a connection to the sidecar and writes a text.
func (r *running) dial(text string) net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		r.t.Fatal(err)
	}
	return c
}

const chunkedPost = "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

// drip sends a byte of a body from time to time, until the connection breaks.
func drip(c net.Conn) {
	for {
		if _, err := io.WriteString(c, "1\r\n \r\n"); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Bodies that arrive byte by byte do not keep others from being read.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	s := run(t, keys{"listen_requests": "4"}, func(l *limits) {
		l.slot = 5 * time.Second
		l.read = 5 * time.Second
		l.sharedPace = pace{100 * time.Millisecond, 1 << 10}
	})
	for range 8 {
		go drip(s.dial(chunkedPost))
	}
	wait(t, "the slow clients in their places", func() bool { return s.ingest.slots.inUse() >= 3 })
	for i := range 5 {
		s.post(push(fmt.Sprint(i)), 200)
	}
	if n := s.state.Report(); n.Outcomes[stats.Emitted] != 5 {
		t.Errorf("%d alerts, want 5", n.Outcomes[stats.Emitted])
	}
	if s.ingest.slow.Load() == 0 || !strings.Contains(s.log.String(), errOthers.Error()) {
		t.Errorf("%d bodies were slow, the log is %q", s.ingest.slow.Load(), s.log.String())
	}
}

// A body that is slow for too long ends even if nobody waits; one that is slow for a while
// does not.
func TestPace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		pace pace
		ok   bool
	}{
		{"too slow", pace{200 * time.Millisecond, 1 << 20}, false},
		{"fast enough", pace{10 * time.Second, 1}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, nil, func(l *limits) { l.pace, l.read = c.pace, 10*time.Second })
			conn := s.dial(chunkedPost)
			body := push("a") + "\n"
			for i := range body[:len(body)-1] {
				if i%8 == 0 {
					time.Sleep(6 * time.Millisecond)
				}
				if _, err := fmt.Fprintf(conn, "1\r\n%c\r\n", body[i]); err != nil {
					break
				}
			}
			_, _ = io.WriteString(conn, "1\r\n\n\r\n0\r\n\r\n")
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil && c.ok || err == nil && (answer.StatusCode == 200) != c.ok {
				t.Errorf("%v, %v", answer, err)
			}
			if slow := s.ingest.slow.Load(); (slow == 1) == c.ok {
				t.Errorf("%d bodies were slow", slow)
			}
		})
	}
}

// A client that begins a very long line and sends the rest slowly does not keep the memory
// for long lines.
func TestSlowLongLine(t *testing.T) {
	t.Parallel()
	s := run(t, nil, func(l *limits) {
		l.slot, l.read = 5*time.Second, 5*time.Second
		l.longPace = pace{300 * time.Millisecond, 1 << 20}
	})
	long := strings.Repeat("x", 3<<20)
	for range maxLarge {
		c := s.dial(fmt.Sprintf("POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", 16<<20, long))
		go func() {
			for {
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
	}
	wait(t, "the slow clients in their places", func() bool { return len(s.ingest.large) == maxLarge })
	s.post(long+"\n"+push("a"), 200)
	if n := s.state.Report(); n.Outcomes[stats.Emitted] != 1 {
		t.Errorf("%d alerts, want 1", n.Outcomes[stats.Emitted])
	}
	if !strings.Contains(s.log.String(), errSlowLong.Error()) {
		t.Errorf("the log is %q", s.log.String())
	}
}

// However many connections a client opens, with a request or without, others get in, and
// a busy connection is not closed.
func TestConnections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text string }{
		{"idle after a request", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		{"silent", ""},
		{"within the header", "GET /healthz HTTP/1.1\r\nHost:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, nil, func(l *limits) { l.connections = 16; l.read = 5 * time.Second })
			busy := s.dial(chunkedPost)
			wait(t, "the request", func() bool { return s.ingest.slots.inUse() == 1 })
			for range 40 {
				if conn, err := net.Dial("tcp", s.Addr().String()); err == nil {
					defer conn.Close()
					_, _ = io.WriteString(conn, c.text)
				}
			}
			wait(t, "the bound", func() bool { n := s.connections.count(); return n > 0 && n <= share(16) })
			time.Sleep(minSilence)
			s.post(push("a"), 200)
			line := push("b") + "\n"
			fmt.Fprintf(busy, "%x\r\n%s\r\n0\r\n\r\n", len(line), line)
			answer, err := http.ReadResponse(bufio.NewReader(busy), nil)
			if err != nil || answer.StatusCode != 200 {
				t.Errorf("the busy connection: %v, %v", answer, err)
			}
			s.Stop()
			if n := s.connections.count(); n != 0 {
				t.Errorf("%d connections at the end", n)
			}
		})
	}
}

// What a page in a browser can send is refused, also by a name that points here.
func TestOrigins(t *testing.T) {
	t.Parallel()
	s := run(t, keys{"metrics_listen": "127.0.0.1:0"})
	for _, test := range []struct {
		name, host string
		header     []string
		want       int
	}{
		{"no browser", "", nil, 200},
		{"localhost", "localhost:9880", nil, 200},
		{"LOCALHOST.", "LOCALHOST.", nil, 200},
		{"IPv6", "[::1]:9880", nil, 200},
		{"another loopback address", "127.8.8.8", nil, 200},
		{"a page", "", []string{"Origin", "http://evil.example"}, 403},
		{"a page without a name", "", []string{"Origin", "null"}, 403},
		{"a page by its own name", "evil.example:9880", []string{"Origin", "http://evil.example:9880"}, 403},
		{"a page that says it is here", "localhost:9880", []string{"Origin", "http://localhost:9880"}, 403},
		{"a page of another site", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a page of another port", "", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"a user", "", []string{"Sec-Fetch-Site", "none"}, 200},
		{"rebinding", "evil.example", nil, 403},
		{"rebinding, with an address", "203.0.113.1:9880", nil, 403},
		{"a name that begins like ours", "localhost.evil.example", nil, 403},
	} {
		for _, path := range []string{"/v1/ingest", "/metrics", "/healthz"} {
			q, err := http.NewRequest(http.MethodGet, "http://"+s.Addr().String()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if path == "/v1/ingest" {
				q.Method, q.Body = http.MethodPost, io.NopCloser(strings.NewReader(push(test.name)))
			}
			q.Host = test.host
			for i := 0; i < len(test.header); i += 2 {
				q.Header.Set(test.header[i], test.header[i+1])
			}
			answer, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != test.want {
				t.Errorf("%s, %s: %s, want %d", test.name, path, answer.Status, test.want)
			}
		}
	}
	if n := s.state.Report(); n.Outcomes[stats.Emitted] != 6 {
		t.Errorf("%d alerts, want 6", n.Outcomes[stats.Emitted])
	}
}

// A body may be compressed several times, as its header may say, and is read as it is
// meant or refused.
func TestContentEncodings(t *testing.T) {
	t.Parallel()
	once := pack(t, "gzip", push("x"))
	for _, test := range []struct {
		encoding, body string
		status         int
		alerts         uint64
	}{
		{"gzip, gzip", pack(t, "gzip", once), 200, 1},
		{"gzip,gzip", once, 200, 1},
		{"zstd, gzip", pack(t, "gzip", pack(t, "zstd", push("x"))), 200, 1},
		{"identity, x-gzip", once, 200, 1},
		{"gzip, gzip, gzip, gzip", pack(t, "gzip", pack(t, "gzip", pack(t, "gzip", once))), 200, 1},
		{"gzip, gzip, gzip, gzip, gzip", once, 415, 0},
		{"gzip, br", once, 415, 0},
		{"deflate, gzip", pack(t, "gzip", pack(t, "deflate", push("x"))), 415, 0},
		{"aes128gcm", once, 415, 0},
	} {
		t.Run(test.encoding, func(t *testing.T) {
			t.Parallel()
			s := run(t, nil)
			s.post(test.body, test.status, "Content-Encoding", test.encoding)
			if n := s.state.Report(); n.Outcomes[stats.Emitted] != test.alerts {
				t.Errorf("%d alerts, want %d", n.Outcomes[stats.Emitted], test.alerts)
			}
		})
	}
}

// No garbage replaces an alert that the receiver has rejected, or fills the disk.
func TestRejectedAlertsAreKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dead.ndjson")
	source := newVectorSource(t, "", func(v *vectorSource) { v.sink = func(string) int { return 400 } })
	s := run(t, keys{"alerts": source.url, "dead_letters": path})
	s.post(push("a"), 200)
	wait(t, "the letter", func() bool { return s.deadLetters.alerts.Load() == 1 })
	const lines = 3 * maxLetters
	s.post(strings.Repeat(`{"eventName":"x"`+"\n", lines), 200)
	if n := s.deadLetters.records.Load(); n != lines {
		t.Errorf("%d records are counted, want %d", n, lines)
	}
	letters := deadLettersOf(t, path)
	if n := len(letters); n != maxLetters+1 {
		t.Fatalf("%d letters, want %d", n, maxLetters+1)
	}
	if last := letters[maxLetters]; !strings.HasPrefix(last.Reason, fmt.Sprint(lines-maxLetters, " more from here on")) || last.Line != maxLetters+1 {
		t.Errorf("the last letter is %+v", last)
	}
	alerts := deadLettersOf(t, path+".alerts")
	if len(alerts) != 1 || alerts[0].Kind != "alert" || !bytes.Contains(alerts[0].Alert, []byte("SendSSHPublicKey")) || alerts[0].Reason == "" {
		t.Fatalf("rejected alerts: %+v", alerts)
	}
	if err := os.Rename(path+".alerts", path+".taken"); err != nil {
		t.Fatal(err)
	}
	s.post(push("b"), 200)
	wait(t, "the next one", func() bool { return s.deadLetters.alerts.Load() == 2 })
	wait(t, "its letter", func() bool {
		_, err := os.Stat(path + ".alerts")
		return err == nil && len(deadLettersOf(t, path+".alerts")) == 1
	})
}

// A file of dead letters that others may read, replace or block is not used as it is.
func TestDeadLetterFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		make func(dir, path string) error
		want string // of the error, or empty
	}{
		{"open to others", func(_, path string) error {
			return os.WriteFile(path, nil, 0o666)
		}, ""},
		{"a link", func(dir, path string) error { return os.Symlink(filepath.Join(dir, "victim"), path) }, "is a link"},
		{"a link for alerts", func(dir, path string) error { return os.Symlink(filepath.Join(dir, "victim"), path+".alerts") }, "is a link"},
		{"a directory", func(_, path string) error { return os.Mkdir(path, 0o700) }, "is not a regular file"},
		{"in a directory that everybody can write to", func(dir, _ string) error { return os.Chmod(dir, 0o777) }, "everybody can write to its directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "dead")
			if err := c.make(dir, path); err != nil {
				t.Fatal(err)
			}
			d, err := openDeadLetters(path, io.Discard, nil)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				d.close()
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("it has mode %v (%v)", info.Mode(), err)
				}
			} else if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %s", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "victim")); err == nil {
				t.Error("a file was made through the link")
			}
		})
	}
}

// The log has no control characters of a receiver.
func TestReasonsAreOneLine(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	answers := []string{
		"HTTP/1.1 500 Oops\x1b[31m\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 302 \x1b[31m\r\nLocation: /\x1b[31m\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX\x1b[31m\r\n\r\n",
		"\x1b[31m\r\n\r\n",
		"HTTP/1.1 400 Bad\x1b[31m\r\nContent-Length: 5\r\n\r\n\x1b[31m",
	}
	go func() {
		for i := 0; ; i++ {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1<<16))
			_, _ = io.WriteString(c, answers[min(i, len(answers)-1)])
			_ = c.Close()
		}
	}()
	s := run(t, keys{"alerts": "http://" + listener.Addr().String() + "/"})
	s.post(push("a"), 200)
	wait(t, "the end", func() bool { return s.deadLetters.alerts.Load() == 1 })
	if got := s.log.String() + s.stderr.String(); strings.Contains(got, "\x1b") || !strings.Contains(got, "Oops?[31m") {
		t.Errorf("the log is %q", got)
	}
}

// A receiver that answers 500 for one alert of a thousand, and 400 for another, gets all
// others once, while it goes on: for DETECT_OUTAGE seconds.
func TestOneAlertIsNeverAccepted(t *testing.T) {
	t.Parallel()
	seconds, err := strconv.Atoi(os.Getenv("DETECT_OUTAGE"))
	if err != nil {
		seconds = 1
	}
	const n = 1000
	var mine []string // ids in the order in which the sink sees them first
	accepts := false
	source := newVectorSource(t, "", func(v *vectorSource) {
		v.atomic = true
		v.sink = func(id string) int { // with v locked
			if !slices.Contains(mine, id) {
				mine = append(mine, id)
			}
			switch {
			case len(mine) > 300 && id == mine[300] && !accepts:
				return 500
			case len(mine) > 700 && id == mine[700]:
				return 400
			}
			return 200
		}
	})
	s := run(t, keys{"alerts": source.url, "dead_letters": filepath.Join(t.TempDir(), "dead"), "state_path": t.TempDir()}, func(l *limits) {
		if seconds > 1 { // as in production
			l.minDelay, l.maxDelay = 0, 0
		}
	})
	s.post(pushes("x", n), 200)
	begin := time.Now()
	wait(t, "all but two", func() bool { got, _ := source.alerts(); return got == n-2 })
	took := time.Since(begin)
	time.Sleep(time.Duration(seconds)*time.Second - min(took, time.Duration(seconds)*time.Second))
	if got, again := source.alerts(); got != n-2 || again != 0 {
		t.Errorf("%d alerts arrived, %d of them again; want %d once", got, again, n-2)
	}
	if rejected := s.deadLetters.alerts.Load(); rejected != 1 || s.sender.Isolated() != 1 {
		t.Errorf("%d are rejected, %d isolated; want 1 and 1", rejected, s.sender.Isolated())
	}
	t.Logf("all but two arrived after %v", took.Round(time.Millisecond))
	s.post(push("new"), 200)
	wait(t, "a new alert", func() bool { got, _ := source.alerts(); return got == n-1 })
	source.mu.Lock()
	accepts = true
	source.mu.Unlock()
	limit := time.Now().Add(40 * time.Second)
	for got, _ := source.alerts(); got != n && time.Now().Before(limit); got, _ = source.alerts() {
		time.Sleep(10 * time.Millisecond)
	}
	if got, again := source.alerts(); got != n || again != 0 {
		t.Errorf("%d alerts arrived in the end, %d of them again; want %d once", got, again, n)
	}
}
