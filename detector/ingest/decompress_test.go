package ingest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func packGzip(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packZstd(t *testing.T, text string) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll([]byte(text), nil)
}

func TestDecompress(t *testing.T) {
	const text = `{"a":1}` + "\n"
	long := strings.Repeat(text, 10_000)
	broken := packGzip(t, long)
	broken[len(broken)-6] ^= 1 // in the checksum
	f := func(name string, input []byte, want string, wantErr error) {
		t.Helper()
		r, err := Decompress(bytes.NewReader(input))
		var got []byte
		if err == nil {
			got, err = io.ReadAll(r)
			if e := r.Close(); e != nil {
				t.Errorf("%s: Close: %v", name, e)
			}
		}
		if string(got) != want || !errors.Is(err, wantErr) {
			t.Errorf("%s: %d bytes, %v; want %d bytes, %v", name, len(got), err, len(want), wantErr)
		}
	}
	f("empty", nil, "", nil)
	f("a byte", []byte("\x1f"), "\x1f", nil)
	f("plain", []byte(long), long, nil)
	f("gzip", packGzip(t, long), long, nil)
	f("gzip of nothing", packGzip(t, ""), "", nil)
	f("two gzip streams", append(packGzip(t, text), packGzip(t, long)...), text+long, nil)
	f("zstd", packZstd(t, long), long, nil)
	f("two zstd streams", append(packZstd(t, text), packZstd(t, long)...), text+long, nil)
	f("gzip cut in its head", packGzip(t, long)[:5], "", ErrTruncated)
	f("gzip cut at its end", packGzip(t, long)[:len(packGzip(t, long))-1], long, ErrTruncated)
	f("gzip with another checksum", broken, long, gzip.ErrChecksum)
	f("zstd cut in its head", packZstd(t, long)[:5], "", ErrTruncated)
	f("gzip and rubbish", append(packGzip(t, text), "rubbish rubbish"...), text, gzip.ErrHeader)
}
