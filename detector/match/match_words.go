package match

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// wordsOf returns the words of a text.
func wordsOf(text string) []string {
	var words []string
	for pos := 0; ; {
		word, end, ok := nextWord(nil, []byte(text), pos)
		if !ok {
			return words
		}
		words = append(words, string(word))
		pos = end
	}
}

// newText returns the matcher of a value of a text field: unquoted one of its
// words, quoted all of them one behind the other.
func newText(text string, quoted bool) matcher {
	words := wordsOf(text)
	if quoted && len(words) > 1 {
		return newPhrase(words)
	}
	any := anyWord{}
	for _, w := range words {
		any[w] = struct{}{}
	}
	return any
}

// anyWord matches a text that has one of these words.
type anyWord map[string]struct{}

func (m anyWord) match(v msgpack.Value) bool {
	var number [numberText]byte
	var buf [wordBuffer]byte
	text, _ := scalarText(number[:0], v)
	for word, pos, ok := nextWord(buf[:0], text, 0); ok; word, pos, ok = nextWord(buf[:0], text, pos) {
		if _, found := m[string(word)]; found {
			return true
		}
	}
	return false
}

// phrase matches a text that has these words one behind the other.
type phrase struct {
	words []string
	// back has for each number of words that were found how many of them could
	// be the first words of another occurrence, as Knuth, Morris and Pratt
	// found out: no word is looked at twice.
	back []int
}

func newPhrase(words []string) phrase {
	back := make([]int, len(words)+1)
	for i := 1; i < len(words); i++ {
		n := back[i]
		for n > 0 && words[n] != words[i] {
			n = back[n]
		}
		if words[n] == words[i] {
			n++
		}
		back[i+1] = n
	}
	return phrase{words, back}
}

func (m phrase) match(v msgpack.Value) bool {
	var number [numberText]byte
	var buf [wordBuffer]byte
	text, _ := scalarText(number[:0], v)
	found := 0
	for word, pos, ok := nextWord(buf[:0], text, 0); ok; word, pos, ok = nextWord(buf[:0], text, pos) {
		for found > 0 && m.words[found] != string(word) {
			found = m.back[found]
		}
		if m.words[found] == string(word) {
			found++
		}
		if found == len(m.words) {
			return true
		}
	}
	return false
}

// wordPattern matches a text that has a word that fits.
type wordPattern pattern

// newWordPattern makes a pattern in lower case, as the words are.
func newWordPattern(parts []string) wordPattern {
	lower := make([]string, len(parts))
	for i, part := range parts {
		lower[i] = toLower(part)
	}
	return wordPattern(newPattern(lower))
}

func (m wordPattern) match(v msgpack.Value) bool {
	var number [numberText]byte
	var buf [wordBuffer]byte
	text, _ := scalarText(number[:0], v)
	for word, pos, ok := nextWord(buf[:0], text, 0); ok; word, pos, ok = nextWord(buf[:0], text, pos) {
		if (*pattern)(&m).fits(word) {
			return true
		}
	}
	return false
}

// wordOrder matches a text of which some word lies on one side of another.
type wordOrder struct {
	op   query.Op
	text []byte
}

func (m wordOrder) match(v msgpack.Value) bool {
	var number [numberText]byte
	var buf [wordBuffer]byte
	text, _ := scalarText(number[:0], v)
	for word, pos, ok := nextWord(buf[:0], text, 0); ok; word, pos, ok = nextWord(buf[:0], text, pos) {
		if in(m.op, bytes.Compare(word, m.text)) {
			return true
		}
	}
	return false
}
