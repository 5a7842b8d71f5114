package program

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/kql"
	"github.com/fluent-detect/fluent-detect/detector/record"
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

func (m anyWord) match(v record.Value) bool {
	return eachWord(v, func(word []byte) bool {
		_, found := m[string(word)]
		return found
	})
}

// eachWord calls do with the words of a text field's value until it returns true,
// and says whether it did. A word ends with its call.
func eachWord(v record.Value, do func(word []byte) bool) bool {
	var number [numberText]byte
	text, ok := scalarText(number[:0], v)
	if !ok {
		return false
	}
	var buf [wordBuffer]byte
	for pos := 0; ; {
		word, end, ok := nextWord(buf[:0], text, pos)
		if !ok {
			return false
		}
		if do(word) {
			return true
		}
		pos = end
	}
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

func (m phrase) match(v record.Value) bool {
	found := 0
	return eachWord(v, func(word []byte) bool {
		for found > 0 && m.words[found] != string(word) {
			found = m.back[found]
		}
		if m.words[found] == string(word) {
			found++
		}
		return found == len(m.words)
	})
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

func (m wordPattern) match(v record.Value) bool {
	return eachWord(v, (*pattern)(&m).fits)
}

// wordOrder matches a text of which some word lies on one side of another.
type wordOrder struct {
	op   kql.RangeOp
	text []byte
}

func (m wordOrder) match(v record.Value) bool {
	return eachWord(v, func(word []byte) bool { return in(m.op, bytes.Compare(word, m.text)) })
}
