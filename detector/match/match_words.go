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

// newWordMatcher returns the matcher of an analyzed text: of all the words in their
// order if they are a phrase, else of any of them.
func newWordMatcher(text string, isPhrase bool) matcher {
	words := wordsOf(text)
	if isPhrase && len(words) > 1 {
		return newPhrase(words)
	}
	m := anyWord{}
	for _, w := range words {
		m[w] = struct{}{}
	}
	return m
}

// anyWord matches a text that contains one of the words.
type anyWord map[string]struct{}

func (m anyWord) match(v msgpack.Value) bool {
	var number [maxNumberText]byte
	var buf [wordBuffer]byte
	text, _ := scalarText(number[:0], v)
	for word, pos, ok := nextWord(buf[:0], text, 0); ok; word, pos, ok = nextWord(buf[:0], text, pos) {
		if _, found := m[string(word)]; found {
			return true
		}
	}
	return false
}

// phrase matches a text that contains the words one after the other. It searches
// with the algorithm of Knuth, Morris and Pratt, so no word is read twice.
type phrase struct {
	words []string
	// prefix[n] is the length of the longest proper prefix of words[:n] that is
	// also a suffix of it.
	prefix []int
}

func newPhrase(words []string) phrase {
	prefix := make([]int, len(words)+1)
	for i := 1; i < len(words); i++ {
		n := prefix[i]
		for n > 0 && words[n] != words[i] {
			n = prefix[n]
		}
		if words[n] == words[i] {
			n++
		}
		prefix[i+1] = n
	}
	return phrase{words, prefix}
}

func (m phrase) match(v msgpack.Value) bool {
	var number [maxNumberText]byte
	var buf [wordBuffer]byte
	text, _ := scalarText(number[:0], v)
	found := 0
	for word, pos, ok := nextWord(buf[:0], text, 0); ok; word, pos, ok = nextWord(buf[:0], text, pos) {
		for found > 0 && m.words[found] != string(word) {
			found = m.prefix[found]
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

// wordPattern matches a text that contains a word that fits the pattern.
type wordPattern pattern

// newWordPattern returns a matcher of the pattern in lower case, as words are.
func newWordPattern(p query.Pattern) wordPattern {
	lower := make(query.Pattern, len(p))
	for i, run := range p {
		lower[i] = toLower(run)
	}
	return wordPattern(newPattern(lower))
}

func (m wordPattern) match(v msgpack.Value) bool {
	var number [maxNumberText]byte
	var buf [wordBuffer]byte
	text, _ := scalarText(number[:0], v)
	for word, pos, ok := nextWord(buf[:0], text, 0); ok; word, pos, ok = nextWord(buf[:0], text, pos) {
		if (*pattern)(&m).fits(word) {
			return true
		}
	}
	return false
}

// wordOrder matches a text that contains a word that satisfies the comparison.
type wordOrder struct {
	op   query.Op
	text []byte
}

func (m wordOrder) match(v msgpack.Value) bool {
	var number [maxNumberText]byte
	var buf [wordBuffer]byte
	text, _ := scalarText(number[:0], v)
	for word, pos, ok := nextWord(buf[:0], text, 0); ok; word, pos, ok = nextWord(buf[:0], text, pos) {
		if satisfies(m.op, bytes.Compare(word, m.text)) {
			return true
		}
	}
	return false
}
