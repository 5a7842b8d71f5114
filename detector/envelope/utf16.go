package envelope

import (
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Order reports whether a text is UTF-16, with a byte order mark or with the bytes
// that JSON begins with, and returns the place of the high byte in each pair.
func utf16Order(text []byte) (high int, ok bool) {
	switch {
	case len(text) < 4:
	case text[0] == 0xff && text[1] == 0xfe, isASCII(text[0]) && text[1] == 0 && isASCII(text[2]) && text[3] == 0:
		return 1, true
	case text[0] == 0xfe && text[1] == 0xff, text[0] == 0 && isASCII(text[1]) && text[2] == 0 && isASCII(text[3]):
		return 0, true
	}
	return 0, false
}

// appendUTF8 appends a text that is UTF-16 as UTF-8, which is at most half as long again.
func appendUTF8(dst, text []byte, high int) []byte {
	for i := 0; i+1 < len(text); i += 2 {
		r := rune(text[i+high])<<8 | rune(text[i+1-high])
		if utf16.IsSurrogate(r) && i+3 < len(text) {
			if pair := utf16.DecodeRune(r, rune(text[i+2+high])<<8|rune(text[i+3-high])); pair != utf8.RuneError {
				r = pair
				i += 2
			}
		}
		if i > 0 || r != 0xfeff {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

func isASCII(c byte) bool { return ' ' <= c && c < 0x7f || c == '\n' || c == '\r' || c == '\t' }
