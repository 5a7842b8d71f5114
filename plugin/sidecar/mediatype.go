package sidecar

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// unsupportedError means that a body cannot be read.
type unsupportedError struct{ reason string }

// Error returns the reason.
func (e *unsupportedError) Error() string { return "the body is not supported: " + e.reason }

// unsupportedTypes are parts of media types of bodies in which events would go
// unnoticed if they were evaluated as text. The parts of a multipart body may be
// encoded, each in another way.
var unsupportedTypes = []string{
	"msgpack", "protobuf", "grpc", "avro", "cbor", "bson", "parquet", "thrift", "apache.arrow", "apache.orc", "multipart/", "image/", "audio/", "video/", "application/pdf",
}

// isTextual reports whether a header says that the body is text. It returns an error
// if the header says that it is something that cannot be read.
func isTextual(h http.Header) (bool, error) {
	kind := strings.ToLower(strings.TrimSpace(h.Get("Content-Type")))
	name, _, _ := strings.Cut(kind, ";")
	if slices.ContainsFunc(unsupportedTypes, func(part string) bool { return strings.Contains(name, part) }) {
		return false, fmt.Errorf("Content-Type: %q is not supported: must be JSON or lines", logger.Printable(kind, 100))
	}
	return strings.HasPrefix(name, "text/") || strings.Contains(name, "json"), nil
}

// startSize is how many of the first bytes of a body tell whether it is text.
const startSize = 512

// binaryKind returns what a body with that start is if it is not text, or "". Text may
// have some bytes that no text has, above all if the client calls it text.
func binaryKind(start []byte, textual bool) string {
	switch {
	case bytes.HasPrefix(start, []byte("Obj\x01")):
		return "Avro data"
	case len(start) > 4 && string(start[:4]) == "PAR1" && isBinary(start[4]):
		return "Parquet data"
	}
	const first = 16 // the head of a binary message is among them
	odd, early := 0, 0
	for i := 0; i < len(start); {
		r, n := utf8.DecodeRune(start[i:])
		switch {
		case r == utf8.RuneError && n == 1 && utf8.FullRune(start[i:]), n == 1 && isBinary(start[i]):
			odd++
			if i < first {
				early++
			}
		case r == utf8.RuneError && n > 1: // what UTF-16 or UTF-32 has that is not a character
			odd++
		}
		i += n
	}
	if 8*odd > max(len(start), 64) || early > 0 && !textual {
		return "binary data"
	}
	return ""
}

// isBinary reports whether a byte is a control character that text does not have.
func isBinary(c byte) bool {
	return c < ' ' && !bytes.ContainsRune([]byte("\b\t\n\v\f\r\x1b\x1e"), rune(c))
}
