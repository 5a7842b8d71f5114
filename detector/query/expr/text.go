package expr

import (
	"bytes"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
)

// ofText evaluates the functions of texts, whose arguments are not null.
func (n *node) ofText(args []Value, m *Memory) Value {
	text := m.text(args[0])
	switch n.fn {
	case query.FnLike:
		for _, g := range n.globs {
			if g.Fits(text) {
				return BoolOf(true)
			}
		}
		for _, re := range n.regexps {
			if re.Match(text) {
				return BoolOf(true)
			}
		}
		return BoolOf(false)
	case query.FnCIDRMatch:
		return n.inBlock(text)
	case query.FnLength:
		return IntOf(int64(units(text)))
	case query.FnToNumber:
		base := int64(0)
		if len(args) > 1 {
			base = args[1].number
		}
		return toNumber(text, base)
	case query.FnSubstring:
		return substring(text, args[1:])
	case query.FnBetween:
		return n.between(text, args[1:], m)
	}
	other := m.text(args[1])
	if n.fold != query.NoFold {
		text, other = m.folded(text, n.fold), m.folded(other, n.fold)
	}
	switch n.fn {
	case query.FnStartsWith:
		return BoolOf(bytes.HasPrefix(text, other))
	case query.FnEndsWith:
		return BoolOf(bytes.HasSuffix(text, other))
	case query.FnStringContains:
		return BoolOf(len(other) > 0 && bytes.Contains(text, other))
	}
	return indexOf(text, other, args[2:])
}

// folded returns a text with one case for all letters.
func (m *Memory) folded(text []byte, fold query.Fold) []byte {
	start := len(m.Text)
	m.Text = pattern.AppendFold(m.Text, text, fold)
	return m.Text[start:]
}

// units returns the length of a text in UTF-16 units.
func units(text []byte) int {
	n := 0
	for i := 0; i < len(text); n++ {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if i += size; r > 0xffff {
			n++
		}
	}
	return n
}

// offset returns the offset of the n-th UTF-16 unit of a text, or its length. A
// character of two units is not taken apart: the offset is that behind it.
func offset(text []byte, n int64) int {
	i := 0
	for n > 0 && i < len(text) {
		r, size := utf8.DecodeRune(text[i:])
		if i += size; r > 0xffff {
			n--
		}
		n--
	}
	return i
}

// wholePart returns the whole part of a number.
func (v Value) wholePart() int64 {
	if v.kind == Float {
		return int64(v.float())
	}
	return v.number
}

// substring returns the slice of a text between two positions, which count from the
// end if they are negative.
func substring(text []byte, positions []Value) Value {
	length := int64(units(text))
	bound := func(v Value) int64 {
		n := v.wholePart()
		if n < 0 {
			n += length
		}
		return min(max(n, 0), length)
	}
	from, to := bound(positions[0]), length
	if len(positions) > 1 {
		to = bound(positions[1])
	}
	if from >= to {
		return TextOf(text[:0])
	}
	return TextOf(text[offset(text, from):offset(text, to)])
}

// indexOf returns the position of a text in another one from a start on, or null.
func indexOf(text, other []byte, start []Value) Value {
	from := 0
	if len(start) > 0 {
		from = offset(text, start[0].wholePart())
	}
	i := bytes.Index(text[from:], other)
	if i < 0 {
		return Value{}
	}
	return IntOf(int64(units(text[:from+i])))
}

// between returns what is between the first left text and the next right one, or the
// last if greedy. It is empty if one of them is missing.
func (n *node) between(text []byte, args []Value, m *Memory) Value {
	left, right := m.text(args[0]), m.text(args[1])
	greedy := len(args) > 2 && args[2].isTrue()
	if len(left) == 0 || len(right) == 0 {
		return TextOf(text)
	}
	in := text
	if n.fold != query.NoFold {
		in, left, right = m.folded(text, n.fold), m.folded(left, n.fold), m.folded(right, n.fold)
	}
	from := bytes.Index(in, left)
	if from < 0 {
		return TextOf(text[:0])
	}
	from += len(left)
	length := bytes.Index(in[from:], right)
	if greedy {
		length = bytes.LastIndex(in[from:], right)
	}
	switch {
	case length < 0:
		return TextOf(text[:0])
	case len(in) != len(text): // letters of another length in the other case
		return TextOf(text[sameUnits(text, in[:from]):sameUnits(text, in[:from+length])])
	}
	return TextOf(text[from : from+length])
}

// sameUnits returns the offset in a text behind as many characters as the beginning
// of its folded form has.
func sameUnits(text, beginning []byte) int { return offset(text, int64(units(beginning))) }
