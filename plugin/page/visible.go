package page

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns a text whose characters can all be seen: those that control, change
// the direction of what follows, or have no width are named instead, such as ‹U+202E›,
// and so are bytes that are not UTF-8. Line ends and tabs stay.
func Visible(text string) string {
	if isVisible(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "‹%02X›", text[i])
		case isHidden(r):
			fmt.Fprintf(&b, "‹U+%04X›", r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// isVisible reports whether Visible leaves the text as it is.
func isVisible(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, isHidden) < 0
}

// isHidden reports whether a character cannot be seen. The categories are those of
// control and format characters, of line and paragraph separators, of private use.
func isHidden(r rune) bool {
	if r < 0x7f {
		return r < ' ' && r != '\n' && r != '\t'
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) || r == '\u3164' || r == '\u115f' || r == '\u1160' || r == '\uffa0'
}

// EscapeHidden returns JSON in which the characters that Visible names are escaped, so
// that it means the same. Bytes that are not UTF-8 become U+FFFD.
func EscapeHidden(json string) string {
	if isVisible(json) {
		return json
	}
	var b strings.Builder
	for _, r := range json {
		switch {
		case r == '\r':
			b.WriteRune(r)
		case r > 0xffff && isHidden(r):
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		case isHidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
