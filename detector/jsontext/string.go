package jsontext

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// maxStrHeader is the maximum length of the header of a str: the code and four
// bytes of length.
const maxStrHeader = 5

// minLong is the minimum length of a str whose header is longer than a byte.
const minLong = 32

// appendStr appends the string whose opening quote is at text[i-1] and returns
// the offset after its closing quote.
func appendStr(dst, text []byte, i int) ([]byte, int, Reason) {
	end, n := i, len(dst)
	if i+minLong <= len(text) && n+1+minLong <= cap(dst) {
		// Most strings are short: copy them while searching for their end. There is
		// room for a block, as was just checked.
		in := (*[minLong]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(text)), i))
		out := (*[minLong]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(dst)), n+1))
		if special := copyBlock(out, in); special != 0 {
			k := bits.TrailingZeros32(special)
			if in[k] != '"' {
				return appendEscaped(dst, text, i, i+k)
			}
			dst = dst[:n+1+k]
			dst[n] = codeStr | byte(k)
			return dst, i + k + 1, 0
		}
		end += minLong
	}
	end = nextSpecial(text, end)
	if end >= len(text) {
		return dst, end, Truncated
	}
	if text[end] != '"' {
		return appendEscaped(dst, text, i, end)
	}
	return msgpack.AppendString(dst, text[i:end]), end + 1, 0
}

// appendEscaped appends the string that begins at text[i] and has its first
// backslash at text[next]. Its decoded length is known only afterwards: it is
// written after room for the longest header, and then moved to the end of the
// header it needs.
func appendEscaped(dst, text []byte, i, next int) ([]byte, int, Reason) {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0)
	dst = append(dst, text[i:next]...)
	i = next
	for text[i] != '"' {
		var reason Reason
		if dst, i, reason = appendEscape(dst, text, i); reason != 0 {
			return dst, i, reason
		}
		if dst, i = appendPlain(dst, text, i); i >= len(text) {
			return dst, i, Truncated
		}
	}
	decoded := dst[start+maxStrHeader:]
	out := msgpack.AppendStringHeader(dst[:start], len(decoded))
	return append(out, decoded...), i + 1, 0
}

// appendPlain copies text from i up to the next quote or backslash and returns
// its offset, or len(text) if there is none.
func appendPlain(dst, text []byte, i int) ([]byte, int) {
	// Escapes are often close to each other, in JSON inside a string: copy eight
	// bytes at a time first, then check them.
	for i+8 <= len(text) {
		dst = slices.Grow(dst, 8)
		word := binary.LittleEndian.Uint64(text[i:])
		n := len(dst)
		binary.LittleEndian.PutUint64(dst[n:n+8], word)
		if mark := markSpecial(word); mark != 0 {
			k := firstMark(mark)
			return dst[:n+k], i + k
		}
		dst = dst[:n+8]
		i += 8
	}
	end := nextSpecial(text, i)
	return append(dst, text[i:end]...), end
}

// unescaped maps the byte after a backslash to the byte that the two stand for;
// 0 for u and for bytes that are not allowed there.
var unescaped = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// AppendEscape appends the character that the escape at text[i] stands for, and returns the
// offset behind it. A backslash that begins none, or none that is complete, stands for
// itself. Of two escapes for one character it needs both.
func AppendEscape(dst, text []byte, i int) (out []byte, next int) {
	out, next, reason := appendEscape(dst, text, i)
	if reason != 0 {
		return append(dst, text[i]), i + 1
	}
	return out, next
}

// appendEscape appends the character that the escape at text[i] stands for.
func appendEscape(dst, text []byte, i int) ([]byte, int, Reason) {
	if i+1 >= len(text) {
		return dst, len(text), Truncated
	}
	c := text[i+1]
	if b := unescaped[c]; b != 0 {
		return append(dst, b), i + 2, 0
	}
	if c != 'u' {
		return dst, i, BadEscape
	}
	r, reason := codeUnit(text, i)
	if reason == Truncated {
		return dst, len(text), Truncated
	}
	if reason != 0 {
		return dst, i, reason
	}
	i += 6
	if utf16.IsSurrogate(r) {
		low, _ := codeUnit(text, i)
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			i += 6
		}
	}
	return utf8.AppendRune(dst, r), i, 0
}

// codeUnit reads the escape \uXXXX at text[i].
func codeUnit(text []byte, i int) (rune, Reason) {
	var r rune
	for k := range 6 {
		if i+k >= len(text) {
			return 0, Truncated
		}
		c := text[i+k]
		switch {
		case k == 0 && c == '\\', k == 1 && c == 'u':
		case k < 2:
			return 0, BadEscape
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, BadEscape
		}
	}
	return r, 0
}
