package pattern

import (
	"unicode"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// foldRune returns what all letters that equal r have in common, as far as fold says
// that case does not count. Of ASCII letters that is the lower case.
func foldRune(r rune, fold query.Fold) rune {
	if r < utf8.RuneSelf {
		return rune(foldByte(byte(r)))
	}
	if fold == query.SimpleFold {
		return simpleFold(r)
	}
	if lower := unicode.ToLower(r); lower >= utf8.RuneSelf {
		return lower
	}
	return r
}

// simpleFold returns the least of the letters that equal r by Unicode's simple case
// folding, or the lower case of the ASCII letter among them.
func simpleFold(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	if least < utf8.RuneSelf {
		return rune(foldByte(byte(least)))
	}
	return least
}

// BeyondASCII are the letters beyond ASCII that equal an ASCII letter by Unicode's
// simple case folding: k and s.
var BeyondASCII = []string{"\u212a", "\u017f"}

// foldsBeyond reports whether a byte in lower case is a letter that one beyond ASCII
// equals.
func foldsBeyond(c byte, fold query.Fold) bool {
	return fold == query.SimpleFold && (c == 'k' || c == 's')
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
func AppendFold[S string | []byte](dst []byte, text S, fold query.Fold) []byte {
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
			dst = utf8.AppendRune(dst, foldRune(r, fold))
		}
		i += n
	}
	return dst
}

// Fold returns a text with one case for all letters.
func Fold(text string, fold query.Fold) string { return string(AppendFold(nil, text, fold)) }

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

// Cases returns a letter in all its cases: all that equal it by [query.LowerFold].
func Cases(r rune) []rune {
	all := []rune{r}
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		if foldRune(other, query.LowerFold) == foldRune(r, query.LowerFold) {
			all = append(all, other)
		}
	}
	return all
}
