package document

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// span begins a part of a string that is in its file byte for byte; it ends where
// the next one begins.
type span struct{ decoded, raw int }

// spans maps the bytes of a decoded string to those of the string as written in
// TOML or JSON. The escapes that both languages have mean the same in both.
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
		return out[:1] // not understood; its start is right in any case
	}
	return out
}

// newlineAt returns the length of the newline at the beginning of s, if any.
func newlineAt(s string) int {
	switch {
	case strings.HasPrefix(s, "\n"):
		return 1
	case strings.HasPrefix(s, "\r\n"):
		return 2
	}
	return 0
}

// escape returns the length of the escape sequence at the beginning of s, and how
// many bytes it stands for.
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
	case ' ', '\t', '\r', '\n': // a continued line: the white space that follows is left out
		return len(s) - len(strings.TrimLeft(s[1:], " \t\r\n")), 0
	}
	return 2, 1
}

// hexRune returns the value of n hexadecimal digits at i.
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

// inside returns the offset in the document of a byte of a decoded string.
func (v *Value) inside(decoded int) int {
	all := spans(v.raw, v.Text)
	s := all[0]
	for _, next := range all[1:] {
		if next.decoded > decoded {
			break
		}
		s = next
	}
	return v.at + s.raw + min(max(decoded, 0), len(v.Text)) - s.decoded
}

// anchors returns positions of a string: of its start, and of what comes after
// each of its newlines and escapes.
func (d *Document) anchors(v *Value) []rule.Anchor {
	var anchors []rule.Anchor
	all := spans(v.raw, v.Text)
	for i, s := range all {
		end := len(v.Text)
		if i+1 < len(all) {
			end = all[i+1].decoded
		}
		for at := s.decoded; ; {
			line, column := d.position(v.at + s.raw + at - s.decoded)
			anchors = append(anchors, rule.Anchor{Offset: at, Line: line, Column: column})
			n := strings.IndexByte(v.Text[at:end], '\n')
			if n < 0 {
				break
			}
			at += n + 1
		}
	}
	return anchors
}
