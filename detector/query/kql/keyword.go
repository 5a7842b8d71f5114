package kql

import "strings"

// wordAt reports whether s has the ASCII word at i, in any letter case.
func wordAt(s string, i int, word string) bool {
	return len(s)-i >= len(word) && strings.EqualFold(s[i:i+len(word)], word)
}

// joinAt reports whether `and` or `or`, with white space on both sides, starts with
// that white space at i. It returns the offset of the word, and that of the text
// after the white space.
func joinAt(s string, i int, word string) (at, next int, ok bool) {
	at = skipSpace(s, i)
	if at == i || !wordAt(s, at, word) {
		return 0, 0, false
	}
	end := at + len(word)
	next = skipSpace(s, end)
	return at, next, next > end
}

// notAt reports whether `not` and white space are at i, and returns the offset after
// them. The character before does not matter: `cannot open` has the keyword.
func notAt(s string, i int) (next int, ok bool) {
	if !wordAt(s, i, "not") {
		return 0, false
	}
	end := i + len("not")
	next = skipSpace(s, end)
	return next, next > end
}
