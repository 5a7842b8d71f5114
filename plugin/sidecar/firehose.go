package sidecar

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The headers of Amazon Data Firehose.
const (
	firehoseRequestID = "X-Amz-Firehose-Request-Id"
	firehoseAccessKey = "X-Amz-Firehose-Access-Key"
	firehoseVersion   = "X-Amz-Firehose-Protocol-Version"
)

// firehoseAnswer is the body of an answer. Firehose takes an answer with other members for
// a failure.
type firehoseAnswer struct {
	RequestID string `json:"requestId"`
	Timestamp int64  `json:"timestamp"` // milliseconds since 1970
	Error     string `json:"errorMessage,omitempty"`
}

// firehose returns the endpoint /v1/firehose, which answers as Appendix "HTTP Endpoint
// Delivery Request and Response Specifications" of the Amazon Data Firehose Developer Guide
// says. After anything but 200 Firehose sends the same again, and at last writes it to S3;
// after 413 it would be lost.
func (h *ingestHandler) firehose() *endpoint {
	e := h.endpoint(pushWait)
	read := e.read
	e.read = func(r *http.Request, b *body, decompress decompressFunc, textual bool, d *letters) error {
		switch version := r.Header.Get(firehoseVersion); {
		case r.Header.Get(firehoseRequestID) == "":
			return &unsupportedError{"it is not from Firehose: there is no header " + firehoseRequestID}
		case version != "" && version != "1.0":
			return &unsupportedError{"the header " + firehoseVersion + " is not 1.0"}
		}
		records := &search{text: []byte(`"records"`)}
		err := read(r, b, records.in(decompress), textual, d)
		switch {
		case err != nil || b.err != nil:
			return err
		case d.cut: // Firehose keeps what it cannot deliver, and the dead letters do not have it
			return &unsupportedError{"the rest of it cannot be unpacked"}
		case !records.found && d.events == 0:
			return &unsupportedError{"it is not from Firehose: it has no records"}
		}
		return nil
	}
	e.respond = func(w http.ResponseWriter, r *http.Request, status int, reason string) {
		answer, err := json.Marshal(firehoseAnswer{r.Header.Get(firehoseRequestID), time.Now().UnixMilli(), reason})
		if err != nil { // cannot happen: these are texts and a number
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}
	return e
}

// search looks for a text in what is read.
type search struct {
	text  []byte
	found bool

	io.ReadCloser
	tail []byte // the end of what was read
}

// in returns a function that decompresses as that one does, and searches the result.
func (s *search) in(decompress decompressFunc) decompressFunc {
	return func(r io.Reader, reserve reserveFunc) (io.ReadCloser, error) {
		plain, err := decompress(r, reserve)
		if err != nil {
			return nil, err
		}
		s.ReadCloser = plain
		return s, nil
	}
}

// Read reads, and searches.
func (s *search) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if !s.found {
		start := append(s.tail, p[:min(n, len(s.text)-1)]...)
		s.found = bytes.Contains(start, s.text) || bytes.Contains(p[:n], s.text)
		keep := start
		if n >= len(s.text) {
			keep = p[:n]
		}
		s.tail = append([]byte(nil), keep[max(0, len(keep)-len(s.text)+1):]...)
	}
	return n, err
}
