package sidecar

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/zlib"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// decompressFunc returns the decompressed form of a body.
type decompressFunc func(io.Reader) (io.ReadCloser, error)

// decompressor returns the function for bodies with that header. It returns an
// error if such bodies are not supported.
func decompressor(h http.Header) (decompressFunc, error) {
	switch encoding := strings.ToLower(strings.TrimSpace(strings.Join(h.Values("Content-Encoding"), ","))); encoding {
	case "", "identity", "gzip", "x-gzip", "zstd":
		// Recognized by the first bytes: compressed files are often sent without a
		// header.
		return ingest.Decompress, nil
	case "deflate", "zlib":
		return func(r io.Reader) (io.ReadCloser, error) {
			z, err := zlib.NewReader(r)
			if err != nil {
				return nil, err
			}
			return ingest.Decompress(z) // zlib's Close gives nothing back
		}, nil
	default:
		return nil, fmt.Errorf("Content-Encoding: %q is not supported: must be gzip, zstd, deflate or none", logger.Printable(encoding, 100))
	}
}

// body is the body of a request. It fails if the client sends nothing for too
// long, and keeps errors of the connection apart from errors in the content.
type body struct {
	source  io.Reader
	control *http.ResponseController
	timeout time.Duration
	bytes   int64
	ended   bool
	err     error // of the connection
}

// discardRest reads the rest of a body that cannot be evaluated. If it were not
// read, a client that reads the response after sending everything would see a
// closed connection, and retry.
func (b *body) discardRest() {
	if !b.ended {
		_, _ = io.Copy(io.Discard, b)
	}
}

func (b *body) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.timeout)) // if it is not supported there is no timeout
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
