package jsontext

import "unicode/utf8"

// AppendString appends s to dst as a JSON string, with quotes, backslashes and
// control characters escaped and every byte that is not UTF-8 replaced by U+FFFD.
func AppendString(dst, s []byte) []byte {
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
