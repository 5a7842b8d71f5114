package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds how much of a zstd stream its decoder has to remember, in
// bytes: what zstd itself takes without being asked for more.
const maxWindow = 128 << 20

// The first bytes of compressed streams.
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// ErrTruncated says that a compressed stream ends before its end.
var ErrTruncated = errors.New("the compressed data is cut short")

// Decompress returns what r holds: unpacked when it begins as gzip or zstd
// does, else as it is. Several gzip or zstd streams in a row are one. Errors of
// the packed data come out of Read, [ErrTruncated] among them. Close ends the
// decoder and leaves r alone.
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
			return nil, cutShort(err)
		}
		return unpacker{z, z.Close}, nil
	case bytes.HasPrefix(start, zstdMagic):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, cutShort(err)
		}
		return unpacker{z, func() error { z.Close(); return nil }}, nil
	}
	return io.NopCloser(b), nil
}

type unpacker struct {
	io.Reader
	close func() error
}

func (u unpacker) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	return n, cutShort(err)
}

func (u unpacker) Close() error { return u.close() }

func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return err
}
