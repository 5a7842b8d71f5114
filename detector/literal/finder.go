package literal

import "bytes"

// Finder searches for one text. The zero Finder has no text. A Finder may be used
// by several goroutines.
type Finder struct {
	Text
	rare  int // index of the rarest byte of the text
	check int // index of another byte, which is compared before the whole text
	// That byte, in lower case, and the bit that makes it so if its case does not count.
	checked, bit byte
}

// NewFinder returns a Finder of a text.
func NewFinder(text Text) Finder { return inText.finder(text) }

func (f *frequencies) finder(text Text) Finder {
	l := Finder{Text: text, rare: f.rarest(text)}
	if l.rare == 0 {
		l.check = min(1, len(text.Text)-1)
	}
	l.checked = text.Text[l.check]
	l.bit = l.checked ^ text.otherCase(l.check)
	return l
}

// IsZero reports whether the Finder has no text.
func (f *Finder) IsZero() bool { return f.Text.Text == "" }

// In reports whether the text is in b.
func (f *Finder) In(b []byte) bool {
	c, other := f.Text.Text[f.rare], f.otherCase(f.rare)
	return f.inBy(b, c) || other != c && f.inBy(b, other)
}

// inBy is In with the rarest byte in the case of c.
func (f *Finder) inBy(b []byte, c byte) bool {
	for i := f.rare; i < len(b); i++ {
		next := bytes.IndexByte(b[i:], c)
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

// at reports whether the text is at b[begin:]; begin may be negative. One byte rules out
// most false candidates.
func (f *Finder) at(b []byte, begin int) bool {
	return begin >= 0 && begin+len(f.Text.Text) <= len(b) && b[begin+f.check]|f.bit == f.checked && f.isPrefix(b[begin:])
}

// isPrefix reports whether the text is at the start of b, which is as long at least.
func (f *Finder) isPrefix(b []byte) bool {
	b = b[:len(f.Text.Text)]
	return string(b) == f.Text.Text || f.Fold && equalFold(b, f.Text.Text)
}
