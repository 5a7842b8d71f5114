package program

import (
	"slices"
	"strings"
	"unicode"

	"github.com/fluent-detect/fluent-detect/detector/kql"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// wordsOf takes a text apart as Elasticsearch's standard analyzer does: runs of
// letters, digits and underscores, in lower case. A dot or an apostrophe between
// letters, and a dot or a comma between digits, belong to the word.
func wordsOf(text string) []string {
	var words []string
	runes := []rune(text)
	for i := 0; i < len(runes); {
		if !isWord(runes[i]) {
			i++
			continue
		}
		from := i
		for i++; i < len(runes); i++ {
			if isWord(runes[i]) {
				continue
			}
			if i+1 == len(runes) || !joins(runes[i-1], runes[i], runes[i+1]) {
				break
			}
		}
		words = append(words, strings.ToLower(string(runes[from:i])))
	}
	return words
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_'
}

// joins says whether a character between two others does not end a word.
func joins(before, r, after rune) bool {
	letters := unicode.IsLetter(before) && unicode.IsLetter(after)
	digits := unicode.IsDigit(before) && unicode.IsDigit(after)
	switch r {
	case '.', '\'', '’':
		return letters || digits
	case ',', ';':
		return digits
	case ':':
		return letters
	}
	return false
}

// textOf returns the text of a value of a text field.
func textOf(v record.Value) (string, bool) {
	var buf [numberText]byte
	text, ok := scalarText(buf[:0], v)
	return string(text), ok
}

// words matches a text that has one of these words, or as a phrase all of them
// one behind the other.
type words struct {
	list   []string
	phrase bool
}

func newWords(text string, quoted bool) words { return words{wordsOf(text), quoted} }

func (m words) match(v record.Value) bool {
	text, ok := textOf(v)
	if !ok || len(m.list) == 0 {
		return false
	}
	all := wordsOf(text)
	if !m.phrase {
		return slices.ContainsFunc(all, func(w string) bool { return slices.Contains(m.list, w) })
	}
	for i := 0; i+len(m.list) <= len(all); i++ {
		if slices.Equal(all[i:i+len(m.list)], m.list) {
			return true
		}
	}
	return false
}

// wordPatterns matches a text that has a word that fits one of these: a query
// with stars is split at its blanks.
type wordPatterns struct {
	patterns []pattern
	words    words
}

// newWordPatterns makes patterns of the runs between stars.
func newWordPatterns(runs []string) wordPatterns {
	var m wordPatterns
	part := []string{""}
	end := func() {
		if len(part) > 1 {
			m.patterns = append(m.patterns, newPattern(part))
		} else if part[0] != "" {
			m.words.list = append(m.words.list, wordsOf(part[0])...)
		}
		part = []string{""}
	}
	for i, run := range runs {
		if i > 0 {
			part = append(part, "")
		}
		for _, r := range run {
			if unicode.IsSpace(r) {
				end()
				continue
			}
			part[len(part)-1] += strings.ToLower(string(r))
		}
	}
	end()
	return m
}

func (m wordPatterns) match(v record.Value) bool {
	text, ok := textOf(v)
	if !ok {
		return false
	}
	if m.words.match(v) {
		return true
	}
	for _, w := range wordsOf(text) {
		for _, p := range m.patterns {
			if p.fits([]byte(w)) {
				return true
			}
		}
	}
	return false
}

// wordOrder matches a text of which some word lies on one side of another.
type wordOrder struct {
	op   kql.RangeOp
	text string
}

func (m wordOrder) match(v record.Value) bool {
	text, ok := textOf(v)
	return ok && slices.ContainsFunc(wordsOf(text), func(w string) bool {
		return in(m.op, strings.Compare(w, m.text))
	})
}
