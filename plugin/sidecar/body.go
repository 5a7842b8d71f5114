package sidecar

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zlib"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// decompressFunc returns the decompressed form of a body. The function that is passed to
// it is that of [ingest.DecompressBounded].
type decompressFunc func(io.Reader, reserveFunc) (io.ReadCloser, error)

type reserveFunc = func(round int) (release func(), err error)

// decompressor returns the function for bodies with that header, which lists how a body
// was compressed, in order. It returns an error if such bodies are not supported.
func decompressor(h http.Header) (decompressFunc, error) {
	encoding := strings.ToLower(strings.Join(h.Values("Content-Encoding"), ","))
	var list []string
	for part := range strings.SplitSeq(encoding, ",") {
		if part = strings.TrimSpace(part); part != "" && part != "identity" {
			list = append(list, part)
		}
	}
	byContent := func(encoding string) bool { return encoding == "gzip" || encoding == "x-gzip" || encoding == "zstd" }
	switch n := len(list); {
	case n <= ingest.MaxRounds && !slices.ContainsFunc(list, func(s string) bool { return !byContent(s) }):
		// Recognized by the first bytes, in any order: compressed files are often sent
		// without a header.
		return ingest.DecompressBounded, nil
	case n == 1 && (list[0] == "deflate" || list[0] == "zlib"):
		return func(r io.Reader, reserve reserveFunc) (io.ReadCloser, error) {
			z, err := zlib.NewReader(r)
			if err != nil {
				return nil, err
			}
			return ingest.DecompressBounded(z, reserve) // zlib's Close gives nothing back
		}, nil
	default:
		return nil, fmt.Errorf("Content-Encoding: %q is not supported: must be gzip, zstd, both of them up to %d times, deflate, or none", logger.Printable(encoding, 100), ingest.MaxRounds)
	}
}

// body is the body of a request. It fails if the client sends nothing for too
// long, or too slowly, and keeps errors of the connection apart from errors in the
// content.
type body struct {
	source  io.Reader
	control *http.ResponseController
	limits  *limits
	bytes   int64
	ended   bool
	err     error // of the connection

	mu          sync.Mutex
	interrupted error
	received    int64         // bytes
	waited      time.Duration // for the client, before the current Read
	reading     time.Time     // since when there is a Read, or zero
	// Of a body with a long item: what was received, and how long was waited, when it
	// began.
	long         bool
	longReceived int64
	longWaited   time.Duration
}

var (
	errSlow     = errors.New("it arrives too slowly")
	errSlowLong = errors.New("it has a very long line or value, and arrives too slowly")
	errOthers   = errors.New("it arrives too slowly, and others wait")
)

// discardRest reads the rest of a body that cannot be evaluated. If it were not
// read, a client that reads the response after sending everything would see a
// closed connection, and retry.
func (b *body) discardRest() {
	if !b.ended {
		_, _ = io.Copy(io.Discard, b)
	}
}

func (b *body) Read(p []byte) (int, error) {
	err := b.begin()
	n := 0
	if err == nil {
		n, err = b.source.Read(p)
		err = b.end(n, err)
	}
	b.bytes += int64(n)
	if err != nil {
		_ = b.control.SetReadDeadline(time.Time{})
		b.ended = true
		if !errors.Is(err, io.EOF) {
			b.err = err
		}
	}
	return n, err
}

// begin begins a Read and limits how long it takes. If that is not supported there is no
// timeout.
func (b *body) begin() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.interrupted != nil {
		return b.interrupted
	}
	b.reading = time.Now()
	l := b.limits
	left := min(l.read, l.pace.left(b.received, b.waited))
	if b.long {
		left = min(left, l.longPace.left(b.received-b.longReceived, b.waited-b.longWaited))
	}
	_ = b.control.SetReadDeadline(b.reading.Add(left))
	return nil
}

// end ends a Read that has returned n bytes and an error, and returns the error.
func (b *body) end(n int, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.received += int64(n)
	b.waited += time.Since(b.reading)
	b.reading = time.Time{}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	switch {
	case b.interrupted != nil:
		return b.interrupted
	case b.long && b.limits.longPace.left(b.received-b.longReceived, b.waited-b.longWaited) <= 0:
		return errSlowLong
	case b.limits.pace.left(b.received, b.waited) <= 0:
		return errSlow
	}
	return err
}

// setLong notes that a long item begins or ends, which must arrive faster.
func (b *body) setLong(long bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.long, b.longReceived, b.longWaited = long, b.received, b.waited
}

// slow returns the bytes per second in which the body arrives, and whether that is too
// slow while others wait. The time in which it was not waited for the client does not
// count.
func (b *body) slow() (rate float64, slow bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	waited := b.waited
	if !b.reading.IsZero() {
		waited += time.Since(b.reading)
	}
	return float64(b.received) / max(waited.Seconds(), 1e-9), b.limits.sharedPace.left(b.received, waited) <= 0
}

// interrupt ends the body.
func (b *body) interrupt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.interrupted = errOthers
	if !b.reading.IsZero() {
		_ = b.control.SetReadDeadline(time.Unix(1, 0))
	}
}

// limitedReader returns an error after a maximum number of bytes.
type limitedReader struct {
	source      io.Reader
	bytes, left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("it has more than %d GiB", l.bytes>>30)
	}
	n, err := l.source.Read(p[:min(int64(len(p)), l.left)])
	l.bytes += int64(n)
	l.left -= int64(n)
	return n, err
}
