package envelope

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxRounds is how often what is compressed may be compressed: CloudWatch compresses, and
// Firehose can be told to compress once more.
const maxRounds = 2

// minBase64 is how many characters a word has at least that is taken for base64.
const minBase64 = 24

// base64 looks for events in the words of a text that are base64.
func (r *Reader) base64(depth int, text []byte, o origin) {
	if len(text) < minBase64 || !r.finders.base64.AnyIn(text) {
		return
	}
	for len(text) >= minBase64 {
		begin := bytes.IndexFunc(text, isBase64)
		if begin < 0 {
			return
		}
		text = text[begin:]
		n := 0
		for n < len(text) && (isBase64(rune(text[n])) || text[n] == '\n' || text[n] == '\r') {
			n++
		}
		if word := text[:n]; n >= minBase64 && (startsBase64(word) || r.finders.inside.AnyIn(word)) {
			l := r.level(depth + 1)
			if l == nil {
				return
			}
			others := r.take(n, len(text))
			packed := appendBase64(r.grow(l.packed[:0], base64.RawStdEncoding.DecodedLen(len(word))), word)
			l.packed = packed
			r.unpack(depth, packed, o)
			r.give(others)
		}
		text = text[n:]
	}
}

// startsBase64 reports whether a word begins as something packed does.
func startsBase64(word []byte) bool {
	for _, s := range base64Starts {
		if len(word) >= len(s) && string(word[:len(s)]) == s {
			return true
		}
	}
	return false
}

func isBase64(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_' || c == '='
}

// unpack looks for events in bytes that base64 was decoded to, or that are gzip or
// zstd: in each other they are unpacked, too. What cannot be decompressed to its end is
// counted, and what comes before is read.
func (r *Reader) unpack(depth int, data []byte, o origin) {
	l := r.level(depth + 1)
	if l == nil {
		return
	}
	whole, packed := true, false
	for range maxRounds {
		if whole && isPacked(data) {
			packed = true
			l.inflated, whole = r.inflate(l.inflated[:0], data)
			l.inflated, l.plain = l.plain, l.inflated
			data = l.plain
		}
	}
	before := r.seen.Unreadable
	if isPacked(data) {
		whole = false
	} else {
		r.text(depth+1, data, o)
	}
	if packed && !whole && r.seen.Unreadable == before {
		r.unreadable()
	}
}

// appendBase64 decodes base64 of either alphabet, padded or not, up to where
// it is broken.
func appendBase64(dst, text []byte) []byte {
	text = bytes.TrimRight(text, "= \t\r\n")
	dst = slices.Grow(dst, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(dst[:cap(dst)], text)
	if err != nil && bytes.ContainsAny(text, "-_") {
		n, _ = base64.RawURLEncoding.Decode(dst[:cap(dst)], text)
	}
	return dst[:n]
}

// isPacked reports whether data begins as gzip with deflate does, or zstd.
func isPacked(data []byte) bool { return isGzip(data) || isZstd(data) }

func isGzip(data []byte) bool {
	return len(data) > 2 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8
}

func isZstd(data []byte) bool {
	return len(data) > 3 && data[0] == 0x28 && data[1] == 0xb5 && data[2] == 0x2f && data[3] == 0xfd
}

// unpacker decompresses. What it needs is made with the first compressed data, of which
// most readers see none.
type unpacker struct {
	from bytes.Reader
	gzip *gzip.Reader
	zstd *zstd.Decoder
}

// open returns a reader of what data decompresses to.
func (u *unpacker) open(data []byte) (io.Reader, error) {
	u.from.Reset(data)
	if isZstd(data) {
		if u.zstd == nil {
			var err error
			if u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow)); err != nil {
				return nil, err
			}
		}
		return u.zstd, u.zstd.Reset(&u.from)
	}
	if u.gzip == nil {
		u.gzip = new(gzip.Reader)
	}
	return u.gzip, u.gzip.Reset(&u.from)
}

// trim gives back the window for data, a zstd stream, if it is large.
func (u *unpacker) trim(data []byte) {
	var h zstd.Header
	if err := h.Decode(data); err != nil || h.WindowSize > maxKept {
		u.zstd.Close()
		u.zstd = nil
	}
}

// maxWindow is the largest window in bytes of a zstd stream that is decompressed.
const maxWindow = 8 << 20

// inflate appends what data decompresses to, as far as the budget suffices, and
// reports whether that is all. dst and data must not overlap.
func (r *Reader) inflate(dst, data []byte) (out []byte, whole bool) {
	limit := min(max(r.budget.inflate, 0), maxInflated)
	from, err := r.unpacker.open(data)
	if err != nil {
		return dst, false
	}
	// Of gzip the last four bytes are the length of what was compressed, if nobody lies.
	// One byte more is room to see the end.
	says := uint64(4 * len(data))
	if isGzip(data) {
		says = uint64(binary.LittleEndian.Uint32(data[len(data)-4:]))
	}
	room := min(says, uint64(limit)) + 1
	for dst = r.grow(dst, int(room)); len(dst) <= limit; {
		if len(dst) == cap(dst) {
			dst = r.grow(dst, 512)
		}
		n, err := from.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err != nil {
			whole = err == io.EOF && len(dst) <= limit
			break
		}
	}
	if isZstd(data) {
		r.unpacker.trim(data)
	}
	dst = dst[:min(len(dst), limit)]
	r.budget.inflate -= len(dst)
	r.budget.effort += maxDecoding * len(dst)
	r.spanning += maxDecoding * len(dst)
	return dst, whole
}
