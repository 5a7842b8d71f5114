package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
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

func packZlib(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bzip2ed is what bzip2 makes of "hello\n".
var bzip2ed = []byte("BZh91AY&SY\xc1\xc0\x80\xe2\x00\x00\x01\x41\x00\x00\x10\x02\x44\xa0\x00\x30\xcd\x00\xc3\x46\x29\x97\x17\x72\x45\x38\x50\x90\xc1\xc0\x80\xe2")

func utf16Text(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

func utf32Text(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, r := range text {
		b = order.AppendUint32(b, uint32(r))
	}
	return string(b)
}

// TestUnicode tests UTF-16 and UTF-32 in both byte orders, with and without a byte order
// mark.
func TestUnicode(t *testing.T) {
	f := func(name, input, want string) {
		t.Helper()
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
			r, err := Decompress(wrap(strings.NewReader(input)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || string(got) != want {
				t.Errorf("%s: %.40q, %v; want %.40q", name, got, err, want)
			}
			if r, err = Decompress(wrap(strings.NewReader(input))); err == nil { // into a small buffer
				got, err = io.ReadAll(iotest.OneByteReader(r))
			}
			if err != nil || string(got) != want {
				t.Errorf("%s, byte by byte: %.40q, %v; want %.40q", name, got, err, want)
			}
		}
	}
	text := strings.Repeat(`{"a":"\u00e9é€😀"}`+"\r\n", 5000)
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		encoded := utf16Text(text, order)
		f(order.String(), encoded, text)
		f(order.String()+" with a byte order mark", utf16Text("\ufeff", order)+encoded, text)
		f(order.String()+", short", utf16Text("{}", order), "{}")
		f(order.String()+", only the mark", utf16Text("\ufeff", order), "")
		f(order.String()+", half a unit", utf16Text("{}", order)+"x", "{}\ufffd")
		broken := string(order.AppendUint16(order.AppendUint16(nil, 0xd83d), 'x')) + string(order.AppendUint16(nil, 0xde00))
		f(order.String()+", half pairs", utf16Text("{}", order)+broken+broken[:2], "{}\ufffdx\ufffd\ufffd")

		encoded = utf32Text(text, order)
		f("UTF-32 "+order.String(), encoded, text)
		f("UTF-32 "+order.String()+" with a byte order mark", utf32Text("\ufeff", order)+encoded, text)
		f("UTF-32 "+order.String()+", a mark and any text", utf32Text("\ufeffé\n", order), "é\n")
		f("UTF-32 "+order.String()+", short", utf32Text("{}", order), "{}")
		f("UTF-32 "+order.String()+", only the mark", utf32Text("\ufeff", order), "")
		f("UTF-32 "+order.String()+", a part of a character", utf32Text("{}", order)+"xyz", "{}\ufffd")
		f("UTF-32 "+order.String()+", no characters", utf32Text("{}", order)+"\xfe\xfe\xfe\xfe"+string(order.AppendUint32(nil, 0xd83d)), "{}\ufffd\ufffd")
	}
	f("a length of 123 bytes", "{\x00\x00\x00\x02a\x00\x03", "{\x00\x00\x00\x02a\x00\x03")
	f("UTF-8", "{}\x00\x00", "{}\x00\x00")
	f("zeros", "\x00\x00\x00\x00", "\x00\x00\x00\x00")
}

// TestOtherFormats: what announces itself as compressed and cannot be decompressed is an
// error that names it.
func TestOtherFormats(t *testing.T) {
	for _, f := range formats {
		if f.open != nil {
			continue
		}
		found := false
		for _, start := range []string{"\xfd7zXZ\x00", "\x04\x22\x4d\x18", "\xff\x06\x00\x00sNaPpY", "PK\x03\x04", "7z\xbc\xaf\x27\x1c", "\x1f\x9d\x90"} {
			if !f.is([]byte(start)) {
				continue
			}
			found = true
			for _, input := range []string{start + "xyz", string(packGzip(t, start+"xyz"))} {
				if _, err := Decompress(strings.NewReader(input)); err == nil || !strings.Contains(err.Error(), "it is "+f.name+" data") {
					t.Errorf("%s: %v", f.name, err)
				}
			}
		}
		if !found {
			t.Errorf("%s is not tested", f.name)
		}
	}
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
		if want == "?" {
			want = string(got)
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
	f("zlib", packZlib(t, long), long, nil)
	f("gzip in gzip", packGzip(t, string(packGzip(t, long))), long, nil)
	f("zstd in gzip", packGzip(t, string(packZstd(t, long))), long, nil)
	f("gzip in zlib in zstd", packZstd(t, string(packZlib(t, string(packGzip(t, long))))), long, nil)
	f("bzip2", bzip2ed, "hello\n", nil)
	f("UTF-32 in gzip", packGzip(t, utf32Text("\ufeff"+text, binary.BigEndian)), text, nil)
	f("UTF-16 in gzip in zstd", packZstd(t, string(packGzip(t, "\xff\xfe"+utf16Text(text, binary.LittleEndian)))), text, nil)
	rounds := text
	for range MaxRounds {
		rounds = string(packGzip(t, rounds))
	}
	f("gzip four times", []byte(rounds), text, nil)
	f("gzip five times", packGzip(t, rounds), "", errTooManyRounds)
	f("gzip in gzip cut at its end", packGzip(t, string(packGzip(t, long)[:100])), "?", ErrTruncated)
	f("gzip in gzip, not gzip", packGzip(t, "\x1f\x8bno gzip at all"), "", gzip.ErrHeader)
	f("text that begins as zlib could", []byte("x^2"), "x^2", nil)
	f("gzip and rubbish", append(packGzip(t, text), "rubbish rubbish"...), text, gzip.ErrHeader)
}
