package sidecar

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// A client that writes a whole long body before it reads the response, as Fluent Bit
// does, also gets a 200 if the beginning of the body cannot be read. Otherwise it
// would send the same forever.
func TestWhatIsLeftOfABrokenBodyIsRead(t *testing.T) {
	t.Parallel()
	s := run(t, nil)
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	body := pack(t, "gzip", push("a"))[:10] + strings.Repeat("\xff", 20<<20)
	if _, err := fmt.Fprintf(c, "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		t.Fatalf("the connection broke while the body was written: %v", err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != 200 || answer.Close || s.deadLetters.records.Load() != 1 {
		t.Errorf("%s, close: %t, %d dead letters; want 200 on a connection that stays, and one", answer.Status, answer.Close, s.deadLetters.records.Load())
	}
}

// panicReader panics in the middle of a body.
type panicReader struct{ io.Reader }

func (p panicReader) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err == io.EOF {
		panic("a mistake in a decoder")
	}
	return n, err
}

// If reading a body panics, the response is that for an unreadable one: the same body
// would be sent again and again otherwise.
func TestPanicWhileABodyIsRead(t *testing.T) {
	t.Parallel()
	s := run(t, nil)
	unpack := func(io.Reader, reserveFunc) (io.ReadCloser, error) {
		return io.NopCloser(panicReader{strings.NewReader(strings.Repeat(other+"\n", 20_000))}), nil
	}
	b := &body{source: strings.NewReader(""), limits: &s.limits}
	d := &letters{all: s.deadLetters, client: "192.0.2.1"}
	if err := s.ingest.read(t.Context(), b, unpack, true, d); err != nil {
		t.Fatal(err)
	}
	if n := s.state.Report(); n.Panics != 1 || n.Records == 0 || s.deadLetters.records.Load() != 1 {
		t.Errorf("%d panics, %d records, %d dead letters; want 1, what came before, and 1", n.Panics, n.Records, s.deadLetters.records.Load())
	}
	if got := s.log.String(); !strings.Contains(got, "a mistake in a decoder") {
		t.Errorf("the log is %q", got)
	}
	s.post(push("a"), 200)
	if n := s.state.Report(); n.Outcomes[stats.Emitted] != 1 {
		t.Errorf("%d alerts afterwards, want 1", n.Outcomes[stats.Emitted])
	}
}
