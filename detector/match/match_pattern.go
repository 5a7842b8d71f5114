package match

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// pattern matches a text in which the parts occur one after the other, the
// first at the beginning and the last at the end: "foo*bar" is foo, bar. A star
// stands for any run of bytes, line ends and nothing included. The work is
// linear in the text for each part: the leftmost place that fits is always
// as good as any.
type pattern struct {
	first, last []byte
	middle      [][]byte
	least       int // bytes that a text must have
}

// newPattern takes the runs between stars, two at least: of one there is the
// text itself only.
func newPattern(parts []string) pattern {
	p := pattern{first: []byte(parts[0]), last: []byte(parts[len(parts)-1])}
	p.least = len(p.first) + len(p.last)
	for _, part := range parts[1 : len(parts)-1] {
		if part != "" { // two stars are one
			p.middle = append(p.middle, []byte(part))
			p.least += len(part)
		}
	}
	return p
}

func (p pattern) match(v msgpack.Value) bool {
	var buf [numberText]byte
	text, ok := scalarText(buf[:0], v)
	return ok && p.fits(text)
}

// fits reports whether the text fits the pattern.
func (p *pattern) fits(text []byte) bool {
	if len(text) < p.least || !bytes.HasPrefix(text, p.first) || !bytes.HasSuffix(text, p.last) {
		return false
	}
	text = text[len(p.first) : len(text)-len(p.last)]
	for _, part := range p.middle {
		i := bytes.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}
