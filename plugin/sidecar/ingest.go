package sidecar

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/aws"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const (
	// tag is the tag of the input in alerts.
	tag = "ingest"
	// maxUnpacked is the maximum size of a decompressed body. It limits how long
	// a decompression bomb keeps a core busy.
	maxUnpacked = 16 << 30
)

// ingestHandler evaluates the bodies of requests, of all endpoints.
type ingestHandler struct {
	scan        func(tag string, chunk []byte) (detector.Result, error) // of the engine
	panicked    func(tag string, reason any)
	deadLetters *deadLetters
	limits      limits
	slots       *slots        // of the requests that are read
	large       chan struct{} // one for each of them that has a very long item
	decoders    chan struct{} // one for each decoder that takes megabytes
	retries     logger.Log    // rate-limited
	clients     logger.Log    // rate-limited
	buffers     sync.Pool     // of *buffer

	stopping atomic.Bool

	requests            requestCounts
	broken, slow, bytes atomic.Uint64

	mu     sync.Mutex
	active int       // requests
	last   time.Time // when a request ended
}

// buffer is the memory that a request needs.
type buffer struct {
	tag    string // of its records, in alerts
	block  ingest.Block
	chunk  ingest.Chunk
	events int // in the body
}

func newIngestHandler(requests int, e *host.Engine, d *deadLetters, log logger.Log, l limits) *ingestHandler {
	h := &ingestHandler{
		scan: e.Scan, panicked: e.Panicked, deadLetters: d, limits: l,
		large: make(chan struct{}, maxLarge), decoders: make(chan struct{}, max(requests/2, 2)),
		retries: log.Limited(), clients: log.Limited(), last: time.Now(),
	}
	h.slots = newSlots(requests)
	h.buffers.New = func() any { return &buffer{tag: tag} }
	return h
}

// idle returns for how long there was no request.
func (h *ingestHandler) idle() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.active > 0 {
		return 0
	}
	return time.Since(h.last)
}

func (h *ingestHandler) begin() {
	h.mu.Lock()
	h.active++
	h.mu.Unlock()
}

func (h *ingestHandler) end() {
	h.mu.Lock()
	h.active--
	h.last = time.Now()
	h.mu.Unlock()
}

// endpoint is a path to which events are posted.
type endpoint struct {
	*ingestHandler
	counts requestCounts
	wait   time.Duration // for a slot
	// respond writes a response. reason is empty if the status is 200.
	respond func(w http.ResponseWriter, r *http.Request, status int, reason string)
	// read evaluates the body, as [ingestHandler.read] does.
	read func(r *http.Request, b *body, decompress decompressFunc, textual bool, d *letters) error
}

// requestCounts count requests by their result.
type requestCounts struct{ accepted, refused, rejected atomic.Uint64 }

// endpoint returns an endpoint that evaluates whatever is posted.
func (h *ingestHandler) endpoint(wait time.Duration) *endpoint {
	return &endpoint{
		ingestHandler: h,
		wait:          wait,
		read: func(r *http.Request, b *body, decompress decompressFunc, textual bool, d *letters) error {
			return h.read(r.Context(), b, decompress, textual, d)
		},
		respond: func(w http.ResponseWriter, _ *http.Request, status int, reason string) {
			if status != http.StatusOK {
				http.Error(w, reason, status)
				return
			}
			w.Header().Set("Content-Length", "0")
			w.WriteHeader(status)
		},
	}
}

// ServeHTTP evaluates the body of a request and responds with 200.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := e.ingestHandler
	h.begin()
	defer h.end()
	client, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		client = r.RemoteAddr
	}
	decompress, err := decompressor(r.Header)
	var textual bool
	if err == nil {
		textual, err = isTextual(r.Header)
	}
	if err != nil {
		e.reject(w, r, client, http.StatusUnsupportedMediaType, err)
		return
	}
	key := clientOf(r.RemoteAddr)
	if !h.slots.acquire(r.Context(), key, e.wait) {
		e.refuse(w, r, "too many requests are being read")
		return
	}
	defer h.slots.release(key)
	if h.stopping.Load() {
		e.refuse(w, r, "stopping")
		return
	}
	body := &body{source: r.Body, control: http.NewResponseController(w), limits: &h.limits}
	h.slots.begin(body, key)
	defer h.slots.end(body)
	letters := &letters{all: h.deadLetters, client: client}
	err = e.read(r, body, decompress, textual, letters)
	letters.end()
	var unsupported *unsupportedError
	var denied *deniedError
	if err == nil || errors.As(err, &unsupported) || errors.As(err, &denied) {
		body.discardRest()
	}
	h.bytes.Add(uint64(body.bytes))
	switch {
	case body.err != nil: // the client may not receive the response
		h.broken.Add(1)
		if errors.Is(body.err, errSlow) || errors.Is(body.err, errSlowLong) || errors.Is(body.err, errOthers) {
			h.slow.Add(1)
		}
		h.clients.Warnf("from %s: the body ends early: %v", client, body.err)
		w.Header().Set("Connection", "close")
		e.refuse(w, r, "the body ends early")
	case errors.Is(err, errNoMemory):
		e.refuse(w, r, err.Error())
	case errors.Is(err, aws.ErrFull):
		h.retries.Warnf("from %s: %v; the client has to send it again", client, err)
		e.refuse(w, r, err.Error())
	case denied != nil:
		e.reject(w, r, client, http.StatusForbidden, err)
	case unsupported != nil:
		e.reject(w, r, client, http.StatusUnsupportedMediaType, err)
	case err != nil:
		h.retries.Warnf("%v; the client has to send it again", err)
		e.refuse(w, r, "the alerts cannot be taken now")
	default:
		h.requests.accepted.Add(1)
		e.counts.accepted.Add(1)
		e.respond(w, r, http.StatusOK, "")
	}
}

// reject responds with a status after which the client does not send the same again: it
// is configured to send what cannot be read, or what it may not send.
func (e *endpoint) reject(w http.ResponseWriter, r *http.Request, client string, status int, err error) {
	e.counts.rejected.Add(1)
	e.requests.rejected.Add(1)
	e.clients.Errorf("from %s: %v", client, err)
	e.respond(w, r, status, err.Error())
}

// refuse responds with 503: the client has to send the same again.
func (e *endpoint) refuse(w http.ResponseWriter, r *http.Request, reason string) {
	e.counts.refused.Add(1)
	e.requests.refused.Add(1)
	w.Header().Set("Retry-After", "1")
	e.respond(w, r, http.StatusServiceUnavailable, reason)
}

// read evaluates a body. An *unsupportedError means that it cannot be read, after
// another error the client has to send it again. textual says that the client calls it
// text.
//
// A body that begins like binary data is evaluated nevertheless: what can be read in
// it is not lost if the client does not send it again. If it has an event and the
// client calls it text, only a part of it is bad.
func (h *ingestHandler) read(ctx context.Context, b *body, decompress decompressFunc, textual bool, d *letters) (err error) {
	limited := &limitedReader{left: maxUnpacked}
	defer h.recoverRead(limited, d, &err)
	plain, err := decompress(b, h.reserve(ctx))
	if errors.Is(err, errNoMemory) {
		return err
	}
	if err != nil {
		if b.err == nil {
			d.add("the body cannot be unpacked: "+err.Error(), 1, 0, nil)
			return &unsupportedError{err.Error()}
		}
		return nil
	}
	defer plain.Close()
	limited.source = plain
	return h.readText(ctx, b, limited, textual, d)
}

// recoverRead recovers a panic while the body of a request is read.
func (h *ingestHandler) recoverRead(text *limitedReader, d *letters, err *error) {
	if p := recover(); p != nil { // a retry would panic again
		h.logPanic(tag, p)
		d.add(fmt.Sprintf("the rest of the body cannot be read: a panic: %v", p), 0, text.bytes, nil)
		*err = nil
	}
}

// readText evaluates the decompressed text of a body.
func (h *ingestHandler) readText(ctx context.Context, b *body, limited *limitedReader, textual bool, d *letters) error {
	memory := large{slots: h.large}
	defer memory.release()
	text := bufio.NewReaderSize(limited, startSize)
	start, _ := text.Peek(startSize) // readBlocks gets the error once more
	kind := binaryKind(start, textual)
	reader := ingest.NewReader(text)
	buf := h.buffers.Get().(*buffer)
	buf.events = 0
	reader.Large = func() error {
		b.setLong(true)
		return memory.acquire(ctx, h.limits.slot)
	}
	reader.Small = func() {
		b.setLong(false)
		buf.chunk = ingest.Chunk{}
		memory.release()
	}
	err := h.readBlocks(b, reader, limited, buf, d)
	events := buf.events
	d.events += events
	if !memory.held { // what a long item needs is not kept, nor after a panic
		h.buffers.Put(buf)
	}
	if err == nil && kind != "" && (events == 0 || !textual) {
		return &unsupportedError{"it is " + kind}
	}
	return err
}

// readBlocks evaluates a body block by block.
func (h *ingestHandler) readBlocks(b *body, reader *ingest.Reader, limited *limitedReader, buf *buffer, d *letters) error {
	for {
		err := reader.Next(&buf.block)
		if errors.Is(err, errNoMemory) {
			return err
		}
		if b.err != nil || ingest.IsEnd(err) {
			return nil // a block of a broken body may end within a record
		}
		if err != nil {
			d.add("the rest of the body cannot be unpacked: "+err.Error(), 0, limited.bytes, nil)
			d.cut = true
			if limited.bytes == 0 && errors.Is(err, zstd.ErrWindowSizeExceeded) { // sound, and nothing for us
				return &unsupportedError{err.Error()}
			}
			return nil
		}
		buf.chunk.Fill(&buf.block, time.Now())
		for _, p := range buf.block.Problems {
			d.add(p.Reason.String(), p.Line, p.Offset, nil)
		}
		if err := h.evaluate(buf, d); err != nil {
			return err
		}
	}
}

// evaluate evaluates a block. An error means that nothing was done, and that the
// same can be evaluated later.
func (h *ingestHandler) evaluate(buf *buffer, d *letters) error {
	if len(buf.chunk.Records) == 0 {
		return nil
	}
	result, err := h.scanSafely(buf.tag, buf.chunk.Data)
	switch {
	case err == nil:
		buf.events += result.Events
		for _, body := range result.Unreadable {
			if r, ok := buf.chunk.RecordAt(body); ok {
				h.addUnreadable(r, d)
			}
		}
		for _, u := range result.Unrecognized {
			if r, ok := buf.chunk.RecordAt(u.Body); ok {
				h.addUnrecognized(r, u.Key, d)
			}
		}
		return nil
	case isTemporary(err):
		return err
	default: // because of one of the records
		return h.evaluateEach(buf, d)
	}
}

// addUnreadable adds a record that could not be read to the dead letters.
func (h *ingestHandler) addUnreadable(r ingest.Record, d *letters) {
	d.add("it looks like CloudTrail and cannot be read: broken, cut short or nested too deeply", r.Line, r.Offset, d.textOf(r))
}

// addUnrecognized adds a record with names of events to the dead letters.
func (h *ingestHandler) addUnrecognized(r ingest.Record, key string, d *letters) {
	d.add(fmt.Sprintf("unrecognised: it has names of events in a form that is not read, in %q", key), r.Line, r.Offset, d.textOf(r))
}

// isTemporary reports whether the same chunk can be evaluated after an error of
// the engine.
func isTemporary(err error) bool {
	var full *outbox.FullError
	var stored *detector.StoreError
	return errors.As(err, &full) || errors.As(err, &stored)
}

// evaluateEach evaluates the records of a chunk one by one. A record that cannot
// be evaluated becomes a dead letter.
func (h *ingestHandler) evaluateEach(buf *buffer, d *letters) error {
	data, records := buf.chunk.Data, buf.chunk.Records
	header := records[0].Body // the size is the same for all records
	for i, r := range records {
		end := len(data)
		if i+1 < len(records) {
			end = records[i+1].Body - header
		}
		result, err := h.scanSafely(buf.tag, data[r.Body-header:end])
		switch {
		case err == nil:
			buf.events += result.Events
			if len(result.Unreadable) > 0 {
				h.addUnreadable(r, d)
			}
			for _, u := range result.Unrecognized {
				h.addUnrecognized(r, u.Key, d)
			}
		case isTemporary(err):
			return err
		default:
			d.add(err.Error(), r.Line, r.Offset, d.textOf(r))
		}
	}
	return nil
}

// scanSafely is scan, with a panic as an error.
func (h *ingestHandler) scanSafely(tag string, chunk []byte) (result detector.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			h.logPanic(tag, p)
			err = fmt.Errorf("a panic while it was evaluated: %v", p)
		}
	}()
	return h.scan(tag, chunk)
}

// logPanic counts and logs a panic. It is called by the deferred function that
// recovered it.
func (h *ingestHandler) logPanic(tag string, p any) {
	h.panicked(tag, p)
	h.clients.Errorf("panic: %v; please report this with the stack that follows\n%s", p, debug.Stack())
}
