package sieve

import "bytes"

// Literal is a text to look for. The zero Literal is none. It may be used by
// several goroutines.
type Literal struct {
	text string
	rare int // the place of its rarest byte
}

// NewLiteral makes a Literal of a text that is not empty.
func NewLiteral(text string) Literal { return Literal{text, rarest(text)} }

// IsZero says that there is no text to look for.
func (l *Literal) IsZero() bool { return l.text == "" }

// String returns the text.
func (l *Literal) String() string { return l.text }

// In says whether the text is somewhere in b.
func (l *Literal) In(b []byte) bool {
	for i := l.rare; i < len(b); i++ {
		next := bytes.IndexByte(b[i:], l.text[l.rare])
		if next < 0 {
			return false
		}
		i += next
		if l.at(b, i-l.rare) {
			return true
		}
	}
	return false
}

// at says whether the text is at b[begin:]. A begin below 0 is no place.
func (l *Literal) at(b []byte, begin int) bool {
	if begin < 0 || begin+len(l.text) > len(b) {
		return false
	}
	return string(b[begin:begin+len(l.text)]) == l.text
}
