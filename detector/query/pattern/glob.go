package pattern

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Glob is a pattern in which some places stand for any number of characters, or for
// exactly one. It fits whole texts.
type Glob struct {
	runs []string // one more than there are stars; of a pattern that ignores case folded
	fold query.Fold
	tail int // characters of the last run
}

// NewGlob returns the glob of a pattern that is not empty, in which each
// [query.AnyChar] stands for one character.
func NewGlob(p query.Pattern, fold query.Fold) *Glob {
	g := &Glob{fold: fold}
	for i, run := range p {
		if fold != query.NoFold {
			run = Fold(run, fold)
		}
		if i > 0 && i < len(p)-1 && run == "" {
			continue // two adjacent stars are one
		}
		g.runs = append(g.runs, run)
	}
	last := g.runs[len(g.runs)-1]
	for i := 0; i < len(last); g.tail++ {
		i += charLen(last, i)
	}
	return g
}

// Escaped returns the pattern of a text in which * and ? stand for characters, and a
// backslash takes the next character literally. At the end it is one.
func Escaped(text string) query.Pattern {
	runs := query.Pattern{""}
	for i := 0; i < len(text); i++ {
		last := &runs[len(runs)-1]
		switch c := text[i]; {
		case c == '*':
			runs = append(runs, "")
		case c == '?':
			*last += string([]byte{query.AnyChar})
		case c == '\\' && i+1 < len(text):
			i++
			*last += text[i : i+1]
		default:
			*last += text[i : i+1]
		}
	}
	return runs
}

// Literal returns the longest text that is in every text that fits. If fold is true,
// its letters are in lower case, and are there in any case: those beyond ASCII
// included that [BeyondASCII] has, if the glob folds as Unicode does.
func (g *Glob) Literal() (text string, fold bool) {
	for _, run := range g.runs {
		for part := range strings.SplitSeq(run, string([]byte{query.AnyChar})) {
			if g.fold != query.NoFold {
				part = longestASCII(part)
			}
			if len(part) > len(text) {
				text = part
			}
		}
	}
	return text, g.fold != query.NoFold
}

func longestASCII(text string) (longest string) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	return longest
}

// Fits reports whether a text fits.
func (g *Glob) Fits(text []byte) bool {
	pos, ok := g.prefix(text, g.runs[0])
	if !ok {
		return false
	}
	last := len(g.runs) - 1
	if last == 0 {
		return pos == len(text)
	}
	end := len(text)
	for range g.tail {
		if end <= pos {
			return false
		}
		_, n := utf8.DecodeLastRune(text[pos:end])
		end -= n
	}
	if n, ok := g.prefix(text[end:], g.runs[last]); !ok || end+n != len(text) {
		return false
	}
	for _, run := range g.runs[1:last] {
		n := g.find(text[pos:end], run)
		if n < 0 {
			return false
		}
		pos += n
	}
	return true
}

// prefix reports whether the text begins with what the run stands for, and its length.
func (g *Glob) prefix(text []byte, run string) (n int, ok bool) {
	for i := 0; i < len(run); {
		if n == len(text) {
			return 0, false
		}
		switch c := run[i]; {
		case c == query.AnyChar:
			_, size := utf8.DecodeRune(text[n:])
			n += size
			i++
		case g.fold == query.NoFold:
			if text[n] != c {
				return 0, false
			}
			n++
			i++
		case c < utf8.RuneSelf:
			size := 1
			if foldByte(text[n]) != c {
				if size = beyondASCII(text[n:], c, g.fold); size == 0 {
					return 0, false
				}
			}
			n += size
			i++
		default:
			want, width := utf8.DecodeRuneInString(run[i:])
			got, size := utf8.DecodeRune(text[n:])
			if foldRune(got, g.fold) != want || size == 1 {
				return 0, false
			}
			n += size
			i += width
		}
	}
	return n, true
}

// find returns where the leftmost piece of the text ends that the run stands for, or
// -1.
func (g *Glob) find(text []byte, run string) (end int) {
	for i := 0; i < len(text); {
		switch c := run[0]; {
		case c == query.AnyChar:
		case g.fold == query.NoFold:
			next := bytes.IndexByte(text[i:], c)
			if next < 0 {
				return -1
			}
			i += next
		case c < utf8.RuneSelf && !foldsBeyond(c, g.fold):
			if i = indexFold(text, i, c); i < 0 {
				return -1
			}
		case c < utf8.RuneSelf:
			for i < len(text) && text[i] < utf8.RuneSelf && text[i]|0x20 != c {
				i++
			}
			if i == len(text) {
				return -1
			}
		}
		if n, ok := g.prefix(text[i:], run); ok {
			return i + n
		}
		_, size := utf8.DecodeRune(text[i:])
		i += size
	}
	return -1
}

// charLen returns the length of the character of a run at i.
func charLen(run string, i int) int {
	if run[i] == query.AnyChar {
		return 1
	}
	_, n := utf8.DecodeRuneInString(run[i:])
	return n
}

// beyondASCII returns the length of the letter beyond ASCII that the text begins with,
// if it equals an ASCII letter in lower case, else 0.
func beyondASCII(text []byte, lower byte, fold query.Fold) (size int) {
	if !foldsBeyond(lower, fold) || text[0] < utf8.RuneSelf {
		return 0
	}
	r, size := utf8.DecodeRune(text)
	if simpleFold(r) != rune(lower) {
		return 0
	}
	return size
}
