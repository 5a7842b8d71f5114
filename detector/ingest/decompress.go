package ingest

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// The limits of decompression.
const (
	// maxWindow is the maximum window of a zstd stream in bytes: what RFC 8878 asks
	// decoders to support, and what levels up to 19 need. A stream of a few kilobytes
	// can ask for any.
	maxWindow = 8 << 20
	// MaxRounds is how often data may be compressed: CloudWatch compresses, Firehose
	// can be told to compress once more, and so can whoever sends or stores it.
	MaxRounds = 4
	// maxInner is the maximum size of compressed data within compressed data. What
	// it decompresses to may be nothing, so that no limit of the reader stops it.
	maxInner = 16 << 30
)

// ErrTruncated is the error of an incomplete compressed stream.
var ErrTruncated = errors.New("the compressed data is truncated")

var (
	errTooManyRounds = fmt.Errorf("it was compressed more than %d times", MaxRounds)
	errTooMuchInner  = fmt.Errorf("it has more than %d GiB of compressed data within compressed data", maxInner>>30)
)

// format is a form of compressed data, which its first bytes tell.
type format struct {
	name string
	is   func(start []byte) bool
	// open returns a reader of the decompressed data; it is nil if we have none.
	open func(r io.Reader) (io.ReadCloser, error)
	// large is whether that takes megabytes, for a window or a block.
	large bool
}

// startSize is how many of the first bytes are looked at.
const startSize = 6

var formats = []format{
	{"gzip", prefix("\x1f\x8b"), func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }, false},
	{"zstd", isZstd, openZstd, true},
	{"zlib", isZlib, func(r io.Reader) (io.ReadCloser, error) { return zlib.NewReader(r) }, false},
	{"bzip2", isBzip2, func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }, true},
	{"xz", prefix("\xfd7zXZ\x00"), nil, false},
	{"lz4", prefix("\x04\x22\x4d\x18"), nil, false},
	{"snappy", prefix("\xff\x06\x00\x00sN"), nil, false},
	{"zip", prefix("PK\x03\x04"), nil, false},
	{"7z", prefix("7z\xbc\xaf\x27\x1c"), nil, false},
	{"compress", prefix("\x1f\x9d"), nil, false},
}

func prefix(magic string) func([]byte) bool {
	return func(start []byte) bool { return bytes.HasPrefix(start, []byte(magic)) }
}

// isZstd reports whether a frame begins there, or one to be skipped.
func isZstd(start []byte) bool {
	return bytes.HasPrefix(start, []byte("\x28\xb5\x2f\xfd")) || len(start) > 3 && start[0]&0xf0 == 0x50 && string(start[1:4]) == "\x2a\x4d\x18"
}

// isZlib reports whether data begins as compressors write zlib. It is false for "x^",
// which is a level that few use and what a text can begin with.
func isZlib(start []byte) bool {
	return len(start) > 1 && start[0] == 0x78 && (start[1] == 0x01 || start[1] == 0x9c || start[1] == 0xda)
}

func isBzip2(start []byte) bool {
	return len(start) > 4 && string(start[:3]) == "BZh" && '1' <= start[3] && start[3] <= '9' && (start[4] == 0x31 || start[4] == 0x17)
}

func openZstd(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

// Decompress returns a reader of the text in r, by what the first bytes say: data that
// is compressed with gzip, zstd, zlib or bzip2, also several times, is decompressed,
// and UTF-16 and UTF-32 become UTF-8; anything else is unchanged. Concatenated gzip or zstd
// streams are read as one.
//
// Data compressed otherwise is an error. Read returns the errors of compressed data,
// such as [ErrTruncated]. Close does not close r.
func Decompress(r io.Reader) (io.ReadCloser, error) { return DecompressBounded(r, nil) }

// DecompressBounded is Decompress for many inputs at the same time: reserve, if it is not
// nil, is called before a decoder is made that takes several megabytes, of zstd or bzip2.
// round is how often the data was decompressed before. DecompressBounded returns its error;
// release is called when the decoder is closed.
func DecompressBounded(r io.Reader, reserve func(round int) (release func(), err error)) (io.ReadCloser, error) {
	d := &decompressor{reserve: reserve}
	for {
		b := bufio.NewReaderSize(r, 64<<10)
		start, err := b.Peek(startSize)
		if err != nil && !errors.Is(err, io.EOF) {
			if len(d.rounds) == 0 {
				return nil, err
			}
			d.Reader = io.MultiReader(bytes.NewReader(start), failed{err})
			return d, nil
		}
		f := formatOf(start)
		if f == nil {
			d.Reader = text(b)
			return d, nil
		}
		if d.Reader, err = d.decompress(f, b); err != nil {
			_ = d.Close()
			return nil, truncated(err)
		}
		r = d.Reader
	}
}

func formatOf(start []byte) *format {
	for i := range formats {
		if formats[i].is(start) {
			return &formats[i]
		}
	}
	return nil
}

// decompressor decompresses what may have been compressed several times.
type decompressor struct {
	io.Reader             // of the innermost data
	rounds    []io.Closer // from the outermost to the innermost
	reserve   func(round int) (release func(), err error)
}

// reserved is a decoder with the function that is called when it was closed.
type reserved struct {
	io.Closer
	release func()
}

func (r reserved) Close() error {
	defer r.release()
	return r.Closer.Close()
}

// decompress returns a reader of the data in r, which has that format, for the next
// round.
func (d *decompressor) decompress(f *format, r io.Reader) (io.Reader, error) {
	switch {
	case f.open == nil:
		return nil, fmt.Errorf("it is %s data; only gzip, zstd, zlib and bzip2 are supported", f.name)
	case len(d.rounds) == MaxRounds:
		return nil, errTooManyRounds
	case len(d.rounds) > 0:
		r = &innerReader{source: r, left: maxInner}
	}
	release := func() {}
	if f.large && d.reserve != nil {
		var err error
		if release, err = d.reserve(len(d.rounds)); err != nil {
			return nil, err
		}
	}
	z, err := f.open(r)
	if err != nil {
		release()
		return nil, err
	}
	d.rounds = append(d.rounds, reserved{z, release})
	return z, nil
}

func (d *decompressor) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	return n, truncated(err)
}

// Close gives back what decompression needs. Read has returned all errors.
func (d *decompressor) Close() error {
	for i := len(d.rounds) - 1; i >= 0; i-- {
		_ = d.rounds[i].Close()
	}
	return nil
}

// failed is a reader that returns an error.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }

func truncated(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return err
}

// innerReader returns an error after a maximum number of bytes.
type innerReader struct {
	source io.Reader
	left   int64
}

func (r *innerReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errTooMuchInner
	}
	n, err := r.source.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	return n, err
}
