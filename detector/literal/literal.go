package literal

import "bytes"

// Literal is a text to look for. The zero Literal is none. It may be used by
// several goroutines.
type Literal struct {
	text  string
	rare  int // the place of its rarest byte
	check int // the place of another byte, which is compared before the whole
}

// NewLiteral makes a Literal of a text that is not empty.
func NewLiteral(text string) Literal { return inText.literal(text) }

func (f *frequencies) literal(text string) Literal {
	l := Literal{text: text, rare: f.rarest(text)}
	if l.rare == 0 {
		l.check = min(1, len(text)-1)
	}
	return l
}

// IsZero says that there is no text to look for.
func (l *Literal) IsZero() bool { return l.text == "" }

// String returns the text.
func (l *Literal) String() string { return l.text }

// In reports whether the text is somewhere in b.
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

// at reports whether the text is at b[begin:]. A begin below 0 is no place.
func (l *Literal) at(b []byte, begin int) bool {
	return begin >= 0 && begin+len(l.text) <= len(b) && b[begin+l.check] == l.text[l.check] &&
		string(b[begin:begin+len(l.text)]) == l.text
}
