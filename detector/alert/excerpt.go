package alert

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/match"
)

const (
	// maxExcerpt is how many bytes of a value fluent_detect.evidence carries, if the
	// condition does not need more.
	maxExcerpt = 1024
	// aroundPart is how many bytes around a part of a text are carried with it.
	aroundPart = 128
	// gap stands for what is left out.
	gap = "…"
)

// appendExcerpt appends the text if it is short, else the parts of it with what is
// around them, or without parts its beginning.
func appendExcerpt(dst, text []byte, parts []match.Part) []byte {
	switch {
	case len(text) <= maxExcerpt:
		return append(dst, text...)
	case len(parts) == 0:
		return append(append(dst, cut(text, maxExcerpt)...), gap...)
	}
	slices.SortFunc(parts, func(a, b match.Part) int { return cmp.Compare(a.Start, b.Start) })
	around := min(aroundPart, maxExcerpt/(2*len(parts)))
	end := 0 // of what is written
	for _, p := range parts {
		start := max(runeStart(text, max(p.Start-around, 0)), end)
		if start > end {
			dst = append(dst, gap...)
		}
		next := max(end, min(p.End+around, len(text)))
		if next < len(text) {
			next = max(runeStart(text, next), p.End)
		}
		dst = append(dst, text[start:max(next, start)]...)
		end = max(next, start)
	}
	if end < len(text) {
		dst = append(dst, gap...)
	}
	return dst
}

// runeStart returns the beginning of the character that the byte at i is in.
func runeStart(text []byte, i int) int {
	for n := i; n > i-utf8.UTFMax && n >= 0; n-- {
		if utf8.RuneStart(text[n]) {
			return n
		}
	}
	return i
}
