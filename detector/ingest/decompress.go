package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is the maximum window of a zstd stream in bytes, the default of the zstd
// program.
const maxWindow = 128 << 20

// The first bytes of compressed streams.
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// ErrTruncated is the error of an incomplete compressed stream.
var ErrTruncated = errors.New("the compressed data is truncated")

// Decompress returns a reader of what is in r: decompressed if r begins as gzip or
// zstd does, and unchanged otherwise. Concatenated gzip or zstd streams are read as
// one. Read returns the errors of compressed data, such as [ErrTruncated]. Close does
// not close r.
func Decompress(r io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	start, err := b.Peek(len(zstdMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, gzipMagic):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, truncated(err)
		}
		return decompressor{z, z.Close}, nil
	case bytes.HasPrefix(start, zstdMagic):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, truncated(err)
		}
		return decompressor{z, func() error { z.Close(); return nil }}, nil
	}
	return io.NopCloser(b), nil
}

type decompressor struct {
	io.Reader
	close func() error
}

func (u decompressor) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	return n, truncated(err)
}

func (u decompressor) Close() error { return u.close() }

func truncated(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return err
}
