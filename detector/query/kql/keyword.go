package kql

import "strings"

// wordAt reports whether s has the ASCII word at i, in any letter case.
func wordAt(s string, i int, word string) bool {
	return len(s)-i >= len(word) && strings.EqualFold(s[i:i+len(word)], word)
}

// joinAt looks for `and` or `or` with white space on both sides, the first of
// which starts at i. It gives the place of the word and the place of what
// follows the white space behind it.
func joinAt(s string, i int, word string) (at, next int, ok bool) {
	at = skipSpace(s, i)
	if at == i || !wordAt(s, at, word) {
		return 0, 0, false
	}
	end := at + len(word)
	next = skipSpace(s, end)
	return at, next, next > end
}

// notAt looks for `not` and white space at i and gives the place of what
// follows. It does not look at the character before: `cannot open` has one.
func notAt(s string, i int) (next int, ok bool) {
	if !wordAt(s, i, "not") {
		return 0, false
	}
	end := i + len("not")
	next = skipSpace(s, end)
	return next, next > end
}
