package match

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words are what Elasticsearch's standard analyzer makes of a text: the words by
// the rules of Unicode (UAX #29) that have a letter or a digit in them, in lower
// case. Not as there: emoji are no words, and quotes in Hebrew words end them.

// maxWord is the length in UTF-16 units at which words are cut.
const maxWord = 255

// wordBuffer is enough for any word in lower case: a unit has three bytes at most.
const wordBuffer = 3 * maxWord

// nextWord appends the next word of text[pos:] to dst, in lower case, and returns
// the offset behind it. It returns false when there is none.
func nextWord(dst, text []byte, pos int) (word []byte, end int, ok bool) {
	for pos < len(text) {
		// What is cut is not looked at: every byte is read a few times at most.
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

// wordEnd returns the end of what begins at text[pos:], a word or, with false,
// something that is none.
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

// wordClass is what a character is to the division into words.
type wordClass uint8

const (
	noWord          wordClass = iota
	letter                    // of an alphabet
	digit                     // decimal
	katakana                  //
	underscore                // and other connectors, which join but are no words
	complexLetter             // of a script that writes words without blanks: Thai, Khmer, …
	ideograph                 // a word by itself; Hiragana too
	middle                    // between two letters or two digits
	middleOfLetters           //
	middleOfDigits            //
	extend                    // belongs to the character before
)

func (c wordClass) isWord() bool {
	switch c {
	case letter, digit, katakana, complexLetter, ideograph:
		return true
	}
	return false
}

// joins reports whether there is no boundary between two neighbours.
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

// classAt returns the class of the character at text[pos:] and the offset behind
// it and the marks that belong to it.
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
	case '\u200b': // a blank of no width
		return noWord
	case '\uff9e', '\uff9f': // marks of narrow Katakana
		return extend
	case '\u30fc', '\uff70', '\u3031', '\u3032', '\u3033', '\u3034', '\u3035', '\u309b', '\u309c', '\u30a0': // that Katakana are written with
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
