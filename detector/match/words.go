package match

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A text is split into words as by Elasticsearch's standard analyzer: in lower case,
// the words of Unicode (UAX #29) that contain a letter or a digit. Unlike there,
// emoji are not words, and a quote ends a Hebrew word.

// maxWord is the length in UTF-16 units at which words are split.
const maxWord = 255

// wordBuffer is the maximum length in bytes of a word in lower case, three for each
// unit.
const wordBuffer = 3 * maxWord

// nextWord appends the next word of text[pos:] to dst, in lower case, and returns
// the offset after it. It returns false if there is none.
func nextWord(dst, text []byte, pos int) (word []byte, end int, ok bool) {
	for pos < len(text) {
		// Only as much of the text as a word can have is read, so that every byte is
		// read a few times at most.
		end, ok := wordEnd(text[:min(len(text), pos+wordBuffer+utf8.UTFMax)], pos)
		if !ok {
			pos = end
			continue
		}
		units := 0
		for i := pos; i < end; {
			r, n := utf8.DecodeRune(text[i:])
			if units++; r > 0xffff {
				units++
			}
			if units > maxWord {
				return dst, i, true // the rest is a word of its own
			}
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
			i += n
		}
		return dst, end, true
	}
	return dst, pos, false
}

// wordEnd returns the end of the segment that begins at text[pos:], and reports
// whether that is a word.
func wordEnd(text []byte, pos int) (end int, isWord bool) {
	class, end := classAt(text, pos)
	isWord = class.isWord()
	switch class {
	case ideograph:
		return end, true
	case letter, digit, katakana, underscore, complexLetter:
	default:
		return end, false
	}
	for end < len(text) {
		next, after := classAt(text, end)
		if class == underscore && next.isWord() && next != complexLetter && next != ideograph {
			isWord = true
		}
		switch {
		case class.joins(next):
			class, end = next, after
		case next == middle || next == middleOfLetters || next == middleOfDigits:
			behind, last := classAt(text, after)
			switch {
			case class == letter && behind == letter && next != middleOfDigits:
			case class == digit && behind == digit && next != middleOfLetters:
			default:
				return end, isWord
			}
			class, end = behind, last
		default:
			return end, isWord
		}
	}
	return end, isWord
}

// wordClass is the class of a character for splitting a text into words.
type wordClass uint8

const (
	noWord wordClass = iota
	letter           // of an alphabet
	digit            // decimal
	katakana
	underscore      // and other connectors, which join words but are none
	complexLetter   // of a script without blanks between words: Thai, Khmer and others
	ideograph       // a word of its own; also Hiragana
	middle          // joins two letters or two digits
	middleOfLetters // joins two letters
	middleOfDigits  // joins two digits
	extend          // belongs to the character before it
)

func (c wordClass) isWord() bool {
	switch c {
	case letter, digit, katakana, complexLetter, ideograph:
		return true
	}
	return false
}

// joins reports whether there is no boundary between a character and the next one.
func (c wordClass) joins(next wordClass) bool {
	switch c {
	case letter, digit:
		return next == letter || next == digit || next == underscore
	case katakana:
		return next == katakana || next == underscore
	case underscore:
		return next == letter || next == digit || next == katakana || next == underscore
	case complexLetter:
		return next == complexLetter
	}
	return false
}

// classAt returns the class of the character at text[pos:], and the offset after it
// and the marks that belong to it.
func classAt(text []byte, pos int) (class wordClass, end int) {
	if pos >= len(text) {
		return noWord, pos
	}
	r, n := utf8.DecodeRune(text[pos:])
	class = classOf(r)
	end = pos + n
	if class == noWord && (r == '\n' || r == '\r') {
		return class, end
	}
	for end < len(text) && text[end] >= utf8.RuneSelf {
		r, n := utf8.DecodeRune(text[end:])
		if classOf(r) != extend {
			break
		}
		end += n
	}
	return class, end
}

var complexScripts = []*unicode.RangeTable{
	unicode.Ahom, unicode.Khmer, unicode.Lao, unicode.Myanmar, unicode.New_Tai_Lue, unicode.Tai_Le, unicode.Tai_Tham, unicode.Tai_Viet, unicode.Thai,
}

func classOf(r rune) wordClass {
	if r < utf8.RuneSelf {
		switch {
		case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
			return letter
		case '0' <= r && r <= '9':
			return digit
		}
	}
	switch r {
	case '_':
		return underscore
	case '.', '\'', '\u2018', '\u2019', '\u2024', '\ufe52', '\uff07', '\uff0e':
		return middle
	case ':', '\u00b7', '\u0387', '\u055f', '\u05f4', '\u2027', '\ufe13', '\ufe55', '\uff1a':
		return middleOfLetters
	case ',', ';', '\u037e', '\u0589', '\u060c', '\u060d', '\u066c', '\u07f8', '\u2044', '\ufe10', '\ufe14', '\ufe50', '\ufe54', '\uff0c', '\uff1b':
		return middleOfDigits
	case '\u066b':
		return digit
	case '\u200b': // zero-width space
		return noWord
	case '\uff9e', '\uff9f': // marks of narrow Katakana
		return extend
	case '\u30fc', '\uff70', '\u3031', '\u3032', '\u3033', '\u3034', '\u3035', '\u309b', '\u309c', '\u30a0': // used with Katakana
		return katakana
	}
	if r < utf8.RuneSelf {
		return noWord
	}
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc, unicode.Cf):
		return extend
	case unicode.Is(unicode.Nd, r):
		return digit
	case unicode.Is(unicode.Pc, r) || r == '\u202f':
		return underscore
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Ideographic):
		return ideograph
	case unicode.Is(unicode.Katakana, r):
		return katakana
	case !unicode.In(r, unicode.L, unicode.Nl, unicode.Other_Alphabetic):
		return noWord
	case unicode.In(r, complexScripts...):
		return complexLetter
	}
	return letter
}

// toLower returns the text in lower case, character by character as words are.
func toLower(text string) string {
	return strings.Map(unicode.ToLower, text)
}
