package ingest

import (
	"bufio"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// text returns a reader of the text in b as UTF-8. Text in UTF-16 or UTF-32 has a byte
// order mark, or begins with two characters of which all bytes but one are 0; in UTF-32
// the first of them is a bracket, since the length of binary data can look like others.
func text(b *bufio.Reader) io.Reader {
	start, _ := b.Peek(8)
	if order := byteOrder32(start); order != nil {
		return decode(b, order, utf32Rune, order.Uint32(start) == markRune, 4)
	}
	if order := byteOrder16(start); order != nil {
		return decode(b, order, utf16Rune, order.Uint16(start) == markRune, 2)
	}
	return b
}

// markRune is the byte order mark.
const markRune = 0xfeff

var byteOrders = []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

// byteOrder32 returns the byte order of text in UTF-32, or nil for other text.
func byteOrder32(start []byte) binary.ByteOrder {
	if len(start) < 4 {
		return nil
	}
	for _, order := range byteOrders {
		first := order.Uint32(start)
		if first == markRune {
			return order
		}
		if len(start) < 8 || first != '{' && first != '[' {
			continue
		}
		if second := order.Uint32(start[4:]); 0 < second && second < 0x100 {
			return order
		}
	}
	return nil
}

// byteOrder16 returns the byte order of text in UTF-16, or nil for other text.
func byteOrder16(start []byte) binary.ByteOrder {
	if len(start) < 2 {
		return nil
	}
	for _, order := range byteOrders {
		if order.Uint16(start) == markRune {
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

// decoder converts text to UTF-8. What is not a character, and a part of one at the
// end, becomes U+FFFD.
type decoder struct {
	source *bufio.Reader
	order  binary.ByteOrder
	next   func(*bufio.Reader, binary.ByteOrder) (rune, error)
	rest   []byte // of a character that did not fit
	buf    [utf8.UTFMax]byte
}

// decode returns a reader of what next reads from b, without the mark of that many
// bytes if it begins with one.
func decode(b *bufio.Reader, order binary.ByteOrder, next func(*bufio.Reader, binary.ByteOrder) (rune, error), marked bool, size int) io.Reader {
	if marked {
		_, _ = b.Discard(size)
	}
	return &decoder{source: b, order: order, next: next}
}

func (d *decoder) Read(p []byte) (n int, err error) {
	n = copy(p, d.rest)
	d.rest = d.rest[n:]
	for n < len(p) {
		// What can be had without another read of the source is enough.
		if n > 0 && d.source.Buffered() < 4 {
			return n, nil
		}
		var r rune
		if r, err = d.next(d.source, d.order); err != nil {
			if n > 0 {
				err = nil // the source returns it again
			}
			return n, err
		}
		if n+utf8.UTFMax <= len(p) {
			n += utf8.EncodeRune(p[n:], r)
			continue
		}
		char := d.buf[:utf8.EncodeRune(d.buf[:], r)]
		k := copy(p[n:], char)
		d.rest = char[k:]
		n += k
	}
	return n, nil
}

// utf32Rune reads a character in UTF-32.
func utf32Rune(source *bufio.Reader, order binary.ByteOrder) (rune, error) {
	b, err := source.Peek(4)
	switch {
	case len(b) == 4:
		r := order.Uint32(b)
		_, _ = source.Discard(4)
		if r > utf8.MaxRune {
			return utf8.RuneError, nil
		}
		return rune(r), nil
	case len(b) > 0 && err == io.EOF:
		_, _ = source.Discard(len(b))
		return utf8.RuneError, nil
	}
	return 0, err
}

// utf16Rune reads a character in UTF-16.
func utf16Rune(source *bufio.Reader, order binary.ByteOrder) (rune, error) {
	b, err := source.Peek(2)
	if len(b) < 2 {
		if len(b) == 1 && err == io.EOF {
			_, _ = source.Discard(1)
			return utf8.RuneError, nil
		}
		return 0, err
	}
	r := rune(order.Uint16(b))
	if !utf16.IsSurrogate(r) {
		_, _ = source.Discard(2)
		return r, nil
	}
	if b, _ = source.Peek(4); len(b) == 4 {
		if pair := utf16.DecodeRune(r, rune(order.Uint16(b[2:]))); pair != utf8.RuneError {
			_, _ = source.Discard(4)
			return pair, nil
		}
	}
	_, _ = source.Discard(2)
	return utf8.RuneError, nil
}
