package jsontext

import (
	"encoding/binary"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// maxTextHeader is the length of the longest header of a str: the code and
// four bytes of length.
const maxTextHeader = 5

// fixed is the number of bytes from which a str needs more than a single byte
// of header.
const fixed = 32

// appendText appends the string whose opening quote is at text[i-1] and
// returns the offset behind its closing quote.
func appendText(dst, text []byte, i int) ([]byte, int, Reason) {
	end, n := i, len(dst)
	if i+fixed <= len(text) && n+1+fixed <= cap(dst) {
		// Most strings are short: they are copied word by word while their end
		// is looked for.
		in, out := text[i:i+fixed], dst[n:n+1+fixed]
		for k := 0; k < fixed; k += 8 {
			word := binary.LittleEndian.Uint64(in[k:])
			binary.LittleEndian.PutUint64(out[1+k:], word)
			if mark := markSpecial(word); mark != 0 {
				k += firstMark(mark)
				if in[k] != '"' {
					return appendEscaped(dst, text, i, i+k)
				}
				out[0] = msgpcode.FixedStrLow | byte(k)
				return dst[:n+1+k], i + k + 1, 0
			}
		}
		end += fixed
	}
	end = nextSpecial(text, end)
	if end >= len(text) {
		return dst, end, Truncated
	}
	if text[end] != '"' {
		return appendEscaped(dst, text, i, end)
	}
	dst = appendTextHeader(dst, end-i)
	return append(dst, text[i:end]...), end + 1, 0
}

// appendTextHeader appends the header of a str of n bytes.
func appendTextHeader(dst []byte, n int) []byte {
	switch {
	case n < fixed:
		return append(dst, msgpcode.FixedStrLow|byte(n))
	case n < 1<<8:
		return append(dst, msgpcode.Str8, byte(n))
	case n < 1<<16:
		return append(dst, msgpcode.Str16, byte(n>>8), byte(n))
	}
	return append(dst, msgpcode.Str32, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// appendEscaped appends the string that begins at text[i] and has its first
// backslash at text[next]. How long it is decoded is known only afterwards: it
// is written behind room for the longest header and then moved up to the one
// that it needs.
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
	decoded := dst[start+maxTextHeader:]
	out := appendTextHeader(dst[:start], len(decoded))
	return append(out, decoded...), i + 1, 0
}

// appendPlain copies text from i up to the next quote or backslash, and
// returns its offset, or len(text).
func appendPlain(dst, text []byte, i int) ([]byte, int) {
	// Escapes often follow each other closely, in JSON inside a string: eight
	// bytes at a time are copied first and then looked at.
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

// unescaped has for each byte behind a backslash what the two stand for, and 0
// for u and for bytes that must not stand there.
var unescaped = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// appendEscape appends what the escape at text[i] stands for.
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
