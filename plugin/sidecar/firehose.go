package sidecar

import (
	"encoding/json"
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
		return read(r, b, decompress, textual, d)
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
