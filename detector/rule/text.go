package rule

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// span is a stretch of a string that stands in its file byte for byte, up to
// where the next one begins.
type span struct{ decoded, raw int }

// spans tells, for a string as written in TOML or JSON, which of its bytes
// became which of the decoded ones. The two languages agree on all the escapes
// they share.
func spans(raw, decoded string) []span {
	quote, multi := 0, false
	switch {
	case strings.HasPrefix(raw, `"""`), strings.HasPrefix(raw, "'''"):
		quote, multi = 3, len(raw) >= 6
	case raw != "":
		quote = 1
	}
	start := quote
	if multi {
		start += newlineAt(raw[start:])
	}
	out := []span{{decoded: 0, raw: start}}
	if raw == "" || raw[0] == '\'' {
		return out
	}
	at := 0 // in decoded
	for i := start; i < len(raw)-quote; {
		if raw[i] != '\\' {
			i++
			at++
			continue
		}
		written, made := escape(raw[i:])
		i += written
		at += made
		out = append(out, span{decoded: at, raw: i})
	}
	if at != len(decoded) {
		return out[:1] // a string we cannot follow; its start is right in any case
	}
	return out
}

// newlineAt is the length of the newline that s begins with, 0 if it does not.
func newlineAt(s string) int {
	switch {
	case strings.HasPrefix(s, "\n"):
		return 1
	case strings.HasPrefix(s, "\r\n"):
		return 2
	}
	return 0
}

// escape measures the escape sequence that s begins with: the bytes it takes
// and the bytes it stands for.
func escape(s string) (written, made int) {
	if len(s) < 2 {
		return len(s), len(s)
	}
	switch s[1] {
	case 'x':
		return 4, utf8.RuneLen(hexRune(s, 2, 2))
	case 'U':
		return 10, utf8.RuneLen(hexRune(s, 2, 8))
	case 'u':
		r := hexRune(s, 2, 4)
		if !utf16.IsSurrogate(r) {
			return 6, utf8.RuneLen(r)
		}
		if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
			if pair := utf16.DecodeRune(r, hexRune(s, 8, 4)); pair != utf8.RuneError {
				return 12, utf8.RuneLen(pair)
			}
		}
		return 6, utf8.RuneLen(utf8.RuneError)
	case ' ', '\t', '\r', '\n': // a line that goes on: all the white space ahead goes
		return len(s) - len(strings.TrimLeft(s[1:], " \t\r\n")), 0
	}
	return 2, 1
}

// hexRune reads n hexadecimal digits at i. The digits were checked before.
func hexRune(s string, i, n int) rune {
	var r rune
	for ; n > 0 && i < len(s); n, i = n-1, i+1 {
		c := s[i] | 0x20
		if c <= '9' {
			r = r<<4 | rune(c-'0')
		} else {
			r = r<<4 | rune(c-'a'+10)
		}
	}
	return r
}

// inside is the offset in the file of a byte of a decoded string.
func (v *value) inside(decoded int) int {
	all := spans(v.raw, v.text)
	s := all[0]
	for _, next := range all[1:] {
		if next.decoded > decoded {
			break
		}
		s = next
	}
	return v.at + s.raw + min(max(decoded, 0), len(v.text)) - s.decoded
}
