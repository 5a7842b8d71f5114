package pattern

import (
	"unicode"
	"unicode/utf8"
)

// foldRune returns what all letters that differ from r in case only have in common:
// the lower case of a letter, unless r is not ASCII and its lower case is.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(foldByte(byte(r)))
	}
	if lower := unicode.ToLower(r); lower >= utf8.RuneSelf {
		return lower
	}
	return r
}

func foldByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// IsLetter reports whether c is an ASCII letter.
func IsLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// AppendFold appends a text with one case for all letters, to compare it with others.
func AppendFold[S string | []byte](dst []byte, text S) []byte {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			dst = append(dst, foldByte(c))
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, text[i])
		} else {
			dst = utf8.AppendRune(dst, foldRune(r))
		}
		i += n
	}
	return dst
}

// Fold returns a text with one case for all letters.
func Fold(text string) string { return string(AppendFold(nil, text)) }

// indexFold returns the first index in the text from start on of an ASCII byte in
// lower case, in either case, or -1.
func indexFold(text []byte, start int, c byte) int {
	if !IsLetter(c) {
		for i := start; i < len(text); i++ {
			if text[i] == c {
				return i
			}
		}
		return -1
	}
	for i := start; i < len(text); i++ {
		if text[i]|0x20 == c {
			return i
		}
	}
	return -1
}

// ContainsFold reports whether an ASCII text in lower case, which is not empty, is in
// the text in any case.
func ContainsFold(text, lower []byte) bool {
	for i := 0; ; i++ {
		if i = indexFold(text, i, lower[0]); i < 0 || len(text)-i < len(lower) {
			return false
		}
		if hasPrefixFold(text[i:], lower) {
			return true
		}
	}
}

// hasPrefixFold reports whether a text begins with an ASCII text in lower case.
func hasPrefixFold(text, lower []byte) bool {
	for i := range len(lower) {
		if foldByte(text[i]) != lower[i] {
			return false
		}
	}
	return true
}

// Cases returns a letter in all its cases: all that equal it if case does not count.
func Cases(r rune) []rune {
	all := []rune{r}
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		if foldRune(other) == foldRune(r) {
			all = append(all, other)
		}
	}
	return all
}
