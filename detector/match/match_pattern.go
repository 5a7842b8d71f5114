package match

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// pattern matches a text in which the runs between the stars follow one another,
// the first at the start and the last at the end. A star stands for any bytes,
// line ends included. For each run the time is linear in the text, as the leftmost
// occurrence is always as good as a later one.
type pattern struct {
	first, last []byte
	middle      [][]byte
	minLength   int // of a text that fits
}

// newPattern returns the matcher of a pattern with at least one star.
func newPattern(p query.Pattern) pattern {
	m := pattern{first: []byte(p[0]), last: []byte(p[len(p)-1])}
	m.minLength = len(m.first) + len(m.last)
	for _, run := range p[1 : len(p)-1] {
		if run != "" { // two adjacent stars are one
			m.middle = append(m.middle, []byte(run))
			m.minLength += len(run)
		}
	}
	return m
}

func (p pattern) match(v msgpack.Value) bool {
	var buf [maxNumberText]byte
	text, ok := scalarText(buf[:0], v)
	return ok && p.fits(text)
}

// fits reports whether the text fits the pattern.
func (p *pattern) fits(text []byte) bool {
	if len(text) < p.minLength || !bytes.HasPrefix(text, p.first) || !bytes.HasSuffix(text, p.last) {
		return false
	}
	text = text[len(p.first) : len(text)-len(p.last)]
	for _, run := range p.middle {
		i := bytes.Index(text, run)
		if i < 0 {
			return false
		}
		text = text[i+len(run):]
	}
	return true
}
