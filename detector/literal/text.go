package literal

// Text is a text to search for.
type Text struct {
	Text string // not empty
	// Fold means that ASCII letters may be in either case. The text has them in lower
	// case.
	Fold bool
}

// String returns the text.
func (t Text) String() string { return t.Text }

// Exact returns texts whose case counts.
func Exact(texts ...string) []Text {
	all := make([]Text, len(texts))
	for i, text := range texts {
		all[i] = Text{Text: text}
	}
	return all
}

// otherCase returns the other case of the byte of a text, or the byte itself if there is
// none or it counts.
func (t *Text) otherCase(i int) byte {
	c := t.Text[i]
	if t.Fold && 'a' <= c && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}

// equalFold reports whether bytes are equal to a text in lower case, as long as they
// are, if the case of ASCII letters does not count.
func equalFold(b []byte, lower string) bool {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
