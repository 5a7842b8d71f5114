package ingest

import (
	"bufio"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// text returns a reader of the text in b as UTF-8. Text in UTF-16 has a byte order
// mark, or begins with characters of which every other byte is 0.
func text(b *bufio.Reader) io.Reader {
	start, _ := b.Peek(4)
	order := byteOrder(start)
	if order == nil {
		return b
	}
	if len(start) > 1 && order.Uint16(start) == byteOrderMark16 {
		_, _ = b.Discard(2)
	}
	return &utf16Reader{source: b, order: order}
}

// byteOrderMark16 is the byte order mark as a unit of UTF-16.
const byteOrderMark16 = 0xfeff

// byteOrder returns the byte order of text in UTF-16, or nil for other text.
func byteOrder(start []byte) binary.ByteOrder {
	if len(start) < 2 {
		return nil
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if order.Uint16(start) == byteOrderMark16 {
			return order
		}
		if len(start) < 4 {
			continue
		}
		if first, second := order.Uint16(start), order.Uint16(start[2:]); 0 < first && first < 0x100 && 0 < second && second < 0x100 {
			return order
		}
	}
	return nil
}

// utf16Reader converts UTF-16 to UTF-8. Units that are not characters, and half a unit
// at the end, become U+FFFD.
type utf16Reader struct {
	source *bufio.Reader
	order  binary.ByteOrder
	rest   []byte // of a character that did not fit
	buf    [utf8.UTFMax]byte
}

func (u *utf16Reader) Read(p []byte) (n int, err error) {
	n = copy(p, u.rest)
	u.rest = u.rest[n:]
	for n < len(p) {
		// What can be had without another read of the source is enough.
		if n > 0 && u.source.Buffered() < 4 {
			return n, nil
		}
		var r rune
		if r, err = u.rune(); err != nil {
			if n > 0 {
				err = nil // the source returns it again
			}
			return n, err
		}
		if n+utf8.UTFMax <= len(p) {
			n += utf8.EncodeRune(p[n:], r)
			continue
		}
		char := u.buf[:utf8.EncodeRune(u.buf[:], r)]
		k := copy(p[n:], char)
		u.rest = char[k:]
		n += k
	}
	return n, nil
}

// rune returns the next character.
func (u *utf16Reader) rune() (rune, error) {
	b, err := u.source.Peek(2)
	if len(b) < 2 {
		if len(b) == 1 && err == io.EOF {
			_, _ = u.source.Discard(1)
			return utf8.RuneError, nil
		}
		return 0, err
	}
	r := rune(u.order.Uint16(b))
	if !utf16.IsSurrogate(r) {
		_, _ = u.source.Discard(2)
		return r, nil
	}
	if b, _ = u.source.Peek(4); len(b) == 4 {
		if pair := utf16.DecodeRune(r, rune(u.order.Uint16(b[2:]))); pair != utf8.RuneError {
			_, _ = u.source.Discard(4)
			return pair, nil
		}
	}
	_, _ = u.source.Discard(2)
	return utf8.RuneError, nil
}
