package kql

import (
	"strings"
	"unicode/utf8"
)

// spaceAt returns the length of the white space character at i, 0 if there is none.
// The grammar has five: blank, tab, CR, LF and the no-break space.
func spaceAt(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	switch s[i] {
	case ' ', '\t', '\r', '\n':
		return 1
	case 0xC2: // U+00A0 is C2 A0 in UTF-8
		if i+1 < len(s) && s[i+1] == 0xA0 {
			return 2
		}
	}
	return 0
}

// skipSpace returns the offset of the first character from i on that is not white
// space.
func skipSpace(s string, i int) int {
	for {
		n := spaceAt(s, i)
		if n == 0 {
			return i
		}
		i += n
	}
}

// spaceBefore reports whether the character before i is white space.
func spaceBefore(s string, i int) bool {
	if i == 0 {
		return false
	}
	_, n := utf8.DecodeLastRuneInString(s[:i])
	return spaceAt(s, i-n) > 0
}

// trim trims the characters that JavaScript's trim does. They are more than the white
// space of the grammar, and others than those of [strings.TrimSpace].
func trim(s string) string { return strings.TrimFunc(s, trimmed) }

func trimmed(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680,
		0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return 0x2000 <= r && r <= 0x200A
}
