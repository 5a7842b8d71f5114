package jsontext

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// AppendString appends s to dst as a JSON string, with quotes, backslashes and
// control characters escaped and every byte that is not UTF-8 replaced by U+FFFD.
func AppendString(dst, s []byte) []byte {
	dst = slices.Grow(dst, len(s)+2)
	i := len(dst) + 1
	if out := dst[i-1 : i+len(s)+1]; copyPrintable(out[1:len(out)-1], s) { // nearly all
		out[0], out[len(out)-1] = '"', '"'
		return dst[:i+len(s)+1]
	}
	dst = append(dst, '"')
	for i := 0; ; {
		next := nextUnprintable(s, i)
		dst = append(dst, s[i:next]...)
		if next == len(s) {
			return append(dst, '"')
		}
		i = next
		if s[i] < utf8.RuneSelf {
			dst = appendEscapeOf(dst, s[i])
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		dst = utf8.AppendRune(dst, r) // RuneError for a byte that is not UTF-8
		i += size
	}
}

// copyPrintable copies s to dst, of the same length, and reports whether nothing in it is to
// be escaped or checked. If not, dst has what it may.
func copyPrintable(dst, s []byte) bool {
	n := len(s)
	if n < 8 {
		for i, c := range s {
			if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
				return false
			}
			dst[i] = c
		}
		return true
	}
	dst = dst[:n]
	for i := 0; i+8 <= n; i += 8 {
		word := binary.LittleEndian.Uint64(s[i:])
		if markUnprintable(word) != 0 {
			return false
		}
		binary.LittleEndian.PutUint64(dst[i:], word)
	}
	word := binary.LittleEndian.Uint64(s[n-8:]) // some bytes once more
	binary.LittleEndian.PutUint64(dst[n-8:], word)
	return markUnprintable(word) == 0
}

// appendEscapeOf appends the escape of a quote, a backslash or a control
// character.
func appendEscapeOf(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

const hexDigits = "0123456789abcdef"
