package literal

import "bytes"

// Finder searches for one text. The zero Finder has no text. A Finder may be used
// by several goroutines.
type Finder struct {
	text  string
	rare  int // index of the rarest byte of the text
	check int // index of another byte, which is compared before the whole text
}

// NewFinder returns a Finder of a text that is not empty.
func NewFinder(text string) Finder { return inText.finder(text) }

func (f *frequencies) finder(text string) Finder {
	l := Finder{text: text, rare: f.rarest(text)}
	if l.rare == 0 {
		l.check = min(1, len(text)-1)
	}
	return l
}

// IsZero reports whether the Finder has no text.
func (f *Finder) IsZero() bool { return f.text == "" }

// String returns the text.
func (f *Finder) String() string { return f.text }

// In reports whether the text is in b.
func (f *Finder) In(b []byte) bool {
	for i := f.rare; i < len(b); i++ {
		next := bytes.IndexByte(b[i:], f.text[f.rare])
		if next < 0 {
			return false
		}
		i += next
		if f.at(b, i-f.rare) {
			return true
		}
	}
	return false
}

// at reports whether the text is at b[begin:]; begin may be negative.
func (f *Finder) at(b []byte, begin int) bool {
	return begin >= 0 && begin+len(f.text) <= len(b) && b[begin+f.check] == f.text[f.check] &&
		string(b[begin:begin+len(f.text)]) == f.text
}
