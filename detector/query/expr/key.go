package expr

import (
	"bytes"
	"encoding/binary"
)

// ReadKey reads a value that AppendKey has appended, and returns what is left. It returns
// false if there is none. The value aliases nothing.
func ReadKey(b []byte) (v Value, rest []byte, ok bool) { return readKey(b, true) }

func readKey(b []byte, lists bool) (v Value, rest []byte, ok bool) {
	if len(b) == 0 || Kind(b[0]) > List || !lists && (Kind(b[0]) == List || Kind(b[0]) == Null) {
		return Value{}, nil, false
	}
	v.kind, b = Kind(b[0]), b[1:]
	if v.kind != Text && v.kind != IP && v.kind != List {
		if len(b) < 8 {
			return Value{}, nil, false
		}
		v.number = int64(binary.BigEndian.Uint64(b))
		return v, b[8:], true
	}
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return Value{}, nil, false
	}
	b = b[size:]
	switch v.kind {
	case Text:
	case IP:
		if n != 16 {
			return Value{}, nil, false
		}
	default:
		if n < 2 {
			return Value{}, nil, false
		}
		v.list = make([]Value, n) // each has a byte at least
		for i := range v.list {
			if v.list[i], b, ok = readKey(b, false); !ok {
				return Value{}, nil, false
			}
		}
		return v, b, true
	}
	v.text = bytes.Clone(b[:n])
	return v, b[n:], true
}

// Int returns a whole number, a truth as 0 or 1, and a date in milliseconds since 1970.
func (v Value) Int() (n int64, ok bool) {
	return v.number, v.kind == Int || v.kind == Bool || v.kind == Date
}

// Size returns about how many bytes of memory the value takes.
func (v Value) Size() int {
	n := 64 + len(v.text)
	for _, member := range v.list {
		n += member.Size()
	}
	return n
}

// Cut returns the value with texts of at most max bytes, cut between characters, and
// whether it has cut one. It returns a copy if so.
func (v Value) Cut(max int) (cut Value, was bool) {
	switch {
	case v.kind == Text && len(v.text) > max:
		for max > 0 && v.text[max]&0xc0 == 0x80 {
			max--
		}
		v.text = bytes.Clone(v.text[:max])
		return v, true
	case v.kind == List:
		for i, member := range v.list {
			short, is := member.Cut(max)
			if is && !was {
				v.list, was = append([]Value(nil), v.list...), true
			}
			if is {
				v.list[i] = short
			}
		}
	}
	return v, was
}
