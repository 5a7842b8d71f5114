package envelope

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendUTF8 appends a text that is UTF-16, with a byte order mark or with the
// bytes that JSON begins with, as UTF-8. It returns false for other text.
func appendUTF8(dst, text []byte) (out []byte, ok bool) {
	if len(text) < 4 {
		return dst, false
	}
	var high int // the place of the high byte in each pair
	switch {
	case text[0] == 0xff && text[1] == 0xfe, isASCII(text[0]) && text[1] == 0 && isASCII(text[2]) && text[3] == 0:
		high = 1
	case text[0] == 0xfe && text[1] == 0xff, text[0] == 0 && isASCII(text[1]) && text[2] == 0 && isASCII(text[3]):
		high = 0
	default:
		return dst, false
	}
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
	return dst, true
}

func isASCII(c byte) bool { return ' ' <= c && c < 0x7f || c == '\n' || c == '\r' || c == '\t' }
