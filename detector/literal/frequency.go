package literal

// frequencies is how often each byte occurs in 10,000 bytes, 0 for the rarest.
type frequencies [256]uint16

// inText are the frequencies in CloudTrail events as JSON text, counted in some
// hundred events of many services.
var inText = frequencies{
	'"': 890, 'e': 768, 'a': 452, 't': 447, 's': 436, 'r': 384, ':': 353, 'n': 346, '-': 265, 'c': 258, 'o': 254,
	'i': 231, 'd': 221, '2': 214, ',': 213, '1': 187, 'u': 185, '0': 175, '4': 170, 'm': 167, '3': 153, '5': 153,
	'l': 152, '9': 147, '8': 136, 'A': 136, 'I': 133, '7': 132, '6': 117, 'p': 111, 'v': 101, 'f': 83, 'b': 81,
	'.': 79, 'w': 79, 'S': 79, 'g': 74, 'h': 74, 'y': 72, 'D': 69, 'C': 65, 'T': 61, 'E': 57, 'P': 52, 'H': 50,
	'M': 47, '{': 45, '}': 45, ' ': 42, 'N': 41, 'R': 40, 'V': 39, 'K': 38, 'z': 36, '_': 36, 'L': 35, 'Z': 35,
	'G': 34, 'U': 33, 'q': 31, 'O': 30, 'F': 30, '/': 29, 'Q': 26, 'J': 25, 'k': 24, 'X': 24, 'W': 24, 'B': 23,
	'Y': 22, 'x': 18, 'j': 14, '[': 8, ']': 8, '\\': 5, '+': 5, '%': 2, '*': 1,
}

// inRecords are the frequencies in CloudTrail events as msgpack: JSON's punctuation
// occurs only within texts, and a header byte precedes each short text.
var inRecords = func() frequencies {
	f := inText
	f['"'], f[','], f['{'], f['}'], f[':'] = 10, 5, 2, 2, 120
	for short := range 32 {
		f[0xa0+short] = 40
	}
	return f
}()

// rarest returns the index of the rarest byte of a text that is not empty.
func (f *frequencies) rarest(text Text) int {
	best := 0
	for i := 1; i < len(text.Text); i++ {
		if f.of(&text, i) < f.of(&text, best) {
			best = i
		}
	}
	return best
}

// of returns the frequency of the byte of a text, in both cases if it may be in either.
func (f *frequencies) of(text *Text, i int) uint32 {
	c, other := text.Text[i], text.otherCase(i)
	if other != c {
		return uint32(f[c]) + uint32(f[other])
	}
	return uint32(f[c])
}
