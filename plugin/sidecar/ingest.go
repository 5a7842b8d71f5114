package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zlib"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const (
	// tag is what alerts have as the tag of their input.
	tag = "ingest"
	// maxWaiting is how many requests wait for a place to be read.
	maxWaiting = 256
	// maxUnpacked is how many bytes of one body are read after unpacking. It
	// bounds how long a bomb of zeros keeps a core.
	maxUnpacked = 16 << 30
)

// ingestor takes bodies of events.
type ingestor struct {
	scan     func(tag string, chunk []byte) (detector.Result, error) // of the engine
	panicked func(tag string, reason any)
	letters  *deadLetters
	limits   limits
	places   chan struct{} // one for each request that is read
	retries  logger.Log    // rate-limited
	clients  logger.Log    // rate-limited
	work     sync.Pool

	waiting  atomic.Int64
	refusing atomic.Bool // the sidecar ends

	accepted, refused, rejected, broken, bytes atomic.Uint64

	mu     sync.Mutex
	active int       // requests
	last   time.Time // when one ended
}

// work is the memory that a request needs.
type work struct {
	block ingest.Block
	chunk ingest.Chunk
}

func newIngestor(places int, e *host.Engine, letters *deadLetters, log logger.Log, t limits) *ingestor {
	in := &ingestor{
		scan: e.Scan, panicked: e.Panicked, letters: letters, limits: t,
		places: make(chan struct{}, places), retries: log.Limited(), clients: log.Limited(), last: time.Now(),
	}
	in.work.New = func() any { return new(work) }
	return in
}

// idle returns for how long there was no request: 0 when there is one.
func (in *ingestor) idle() time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.active > 0 {
		return 0
	}
	return time.Since(in.last)
}

func (in *ingestor) begin() {
	in.mu.Lock()
	in.active++
	in.mu.Unlock()
}

func (in *ingestor) end() {
	in.mu.Lock()
	in.active--
	in.last = time.Now()
	in.mu.Unlock()
}

// ServeHTTP answers 200 when the body was evaluated.
func (in *ingestor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in.begin()
	defer in.end()
	client, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		client = r.RemoteAddr
	}
	unpack, err := unpacker(r.Header)
	if err != nil {
		in.rejected.Add(1)
		in.clients.Errorf("from %s: %v", client, err)
		http.Error(w, err.Error(), http.StatusUnsupportedMediaType)
		return
	}
	if !in.enter(r.Context()) {
		in.refuse(w, "all places for requests are taken")
		return
	}
	defer func() { <-in.places }()
	if in.refusing.Load() {
		in.refuse(w, "stopping")
		return
	}
	body := &body{source: r.Body, control: http.NewResponseController(w), timeout: in.limits.read}
	err = in.read(body, unpack, client)
	if err == nil {
		body.finish()
	}
	in.bytes.Add(uint64(body.bytes))
	switch {
	case body.err != nil: // the client is gone, or nearly
		in.broken.Add(1)
		in.clients.Warnf("from %s: the body ends early: %v", client, body.err)
		w.Header().Set("Connection", "close")
		in.refuse(w, "the body ends early")
	case err != nil:
		in.retries.Warnf("%v; the client is told to send it again", err)
		in.refuse(w, "the alerts cannot be taken now")
	default:
		in.accepted.Add(1)
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
	}
}

// enter waits for a place to read a body.
func (in *ingestor) enter(ctx context.Context) bool {
	select {
	case in.places <- struct{}{}:
		return true
	default:
	}
	if in.waiting.Add(1) > maxWaiting {
		in.waiting.Add(-1)
		return false
	}
	defer in.waiting.Add(-1)
	timer := time.NewTimer(in.limits.place)
	defer timer.Stop()
	select {
	case in.places <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// refuse tells the client to send the same again.
func (in *ingestor) refuse(w http.ResponseWriter, why string) {
	in.refused.Add(1)
	w.Header().Set("Retry-After", "1")
	http.Error(w, why, http.StatusServiceUnavailable)
}

// read evaluates a body. An error says that the same is to be sent again.
func (in *ingestor) read(b *body, unpack func(io.Reader) (io.ReadCloser, error), client string) (err error) {
	limited := &limitedReader{left: maxUnpacked}
	defer func() {
		if p := recover(); p != nil { // sent again, it would panic again
			in.caught(p)
			in.letters.record(client, fmt.Sprintf("the rest of the body cannot be read: a panic: %v", p), 0, limited.done, nil)
			err = nil
		}
	}()
	plain, err := unpack(b)
	if err != nil {
		if b.err == nil {
			in.letters.record(client, "the body cannot be unpacked: "+err.Error(), 1, 0, nil)
		}
		return nil
	}
	defer plain.Close()
	limited.source = plain
	w := in.work.Get().(*work)
	err = in.readBlocks(b, limited, w, client)
	in.work.Put(w) // not after a panic
	return err
}

// readBlocks evaluates a body block by block.
func (in *ingestor) readBlocks(b *body, limited *limitedReader, w *work, client string) error {
	reader := ingest.NewReader(limited)
	for {
		err := reader.Next(&w.block)
		if b.err != nil {
			return nil // the rest of a block may be half a record
		}
		if ingest.IsEnd(err) {
			return nil
		}
		if err != nil {
			in.letters.record(client, "the rest of the body cannot be unpacked: "+err.Error(), 0, limited.done, nil)
			return nil
		}
		for _, p := range w.block.Problems {
			in.letters.record(client, p.Reason.String(), p.Line, p.Offset, nil)
		}
		if err := in.evaluate(w, client); err != nil {
			return err
		}
	}
}

// evaluate evaluates a block. An error says that nothing of it was done.
func (in *ingestor) evaluate(w *work, client string) error {
	w.chunk.Fill(&w.block, time.Now())
	if len(w.chunk.Records) == 0 {
		return nil
	}
	result, err := in.scanSafely(w.chunk.Data)
	switch {
	case err == nil:
		for _, body := range result.Unreadable {
			if r, ok := w.chunk.RecordAt(body); ok {
				in.unreadable(r, client)
			}
		}
		return nil
	case again(err):
		return err
	default: // one record is to blame
		return in.evaluateEach(w, client)
	}
}

// unreadable puts a record that could not be read in the dead letters.
func (in *ingestor) unreadable(r ingest.Record, client string) {
	in.letters.record(client, "it looks like CloudTrail and cannot be read: broken, cut short or nested too deeply", r.Line, r.Offset, r.Text)
}

// again reports whether an error of the engine means that the same can be evaluated
// later.
func again(err error) bool {
	var full *outbox.FullError
	var stored *detector.StoreError
	return errors.As(err, &full) || errors.As(err, &stored)
}

// evaluateEach evaluates the records of a chunk one by one. What cannot be
// evaluated goes to the dead letters.
func (in *ingestor) evaluateEach(w *work, client string) error {
	records := w.chunk.Records
	head := records[0].Body // every event has a head of the same length
	for i, r := range records {
		end := len(w.chunk.Data)
		if i+1 < len(records) {
			end = records[i+1].Body - head
		}
		result, err := in.scanSafely(w.chunk.Data[r.Body-head : end])
		switch {
		case err == nil && len(result.Unreadable) > 0:
			in.unreadable(r, client)
		case err == nil:
		case again(err):
			return err
		default:
			in.letters.record(client, err.Error(), r.Line, r.Offset, r.Text)
		}
	}
	return nil
}

// scanSafely is scan, with a panic as an error.
func (in *ingestor) scanSafely(chunk []byte) (result detector.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			in.caught(p)
			err = fmt.Errorf("a panic while it was evaluated: %v", p)
		}
	}()
	return in.scan(tag, chunk)
}

// caught counts and logs a panic, in the deferred function that recovered it.
func (in *ingestor) caught(p any) {
	in.panicked(tag, p)
	in.clients.Errorf("panic: %v; please report this with the stack that follows\n%s", p, debug.Stack())
}

// unpacker returns what unpacks a body with that header. The error says why such a
// body cannot be read.
func unpacker(h http.Header) (func(io.Reader) (io.ReadCloser, error), error) {
	// As text it would be lines that mean nothing: events would pass unseen.
	if kind := strings.ToLower(h.Get("Content-Type")); strings.Contains(kind, "msgpack") {
		return nil, fmt.Errorf("Content-Type: %q is not allowed: want JSON or lines", logger.Printable(kind, 100))
	}
	switch encoding := strings.ToLower(strings.TrimSpace(strings.Join(h.Values("Content-Encoding"), ","))); encoding {
	case "", "identity", "gzip", "x-gzip", "zstd":
		// Told by the first bytes: files are often sent as they lie there.
		return ingest.Decompress, nil
	case "deflate", "zlib":
		return func(r io.Reader) (io.ReadCloser, error) { return zlib.NewReader(r) }, nil
	default:
		return nil, fmt.Errorf("Content-Encoding: %q is not allowed: want gzip, zstd, deflate or none", logger.Printable(encoding, 100))
	}
}

// body is a request's body. It gives up on a client that sends nothing for a
// while, and tells errors of the connection from those of what was sent.
type body struct {
	source  io.Reader
	control *http.ResponseController
	timeout time.Duration
	bytes   int64
	ended   bool
	err     error // of the connection
}

// finish reads what is left of a body that was given up: a client that writes all
// of it before it looks for an answer would find the connection closed, and send
// the same again.
func (b *body) finish() {
	if !b.ended {
		_, _ = io.Copy(io.Discard, b)
	}
}

func (b *body) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.timeout)) // without it, nothing but the client's patience changes
	n, err := b.source.Read(p)
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

// limitedReader ends with an error where an input is too long.
type limitedReader struct {
	source     io.Reader
	done, left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("it has more than %d GiB", l.done>>30)
	}
	n, err := l.source.Read(p[:min(int64(len(p)), l.left)])
	l.done += int64(n)
	l.left -= int64(n)
	return n, err
}
