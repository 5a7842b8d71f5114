package event

import (
	"bytes"
	"slices"
)

// maxReordered is the size in bytes up to which the order of members does not matter for
// an identity. CloudTrail's events have at most 256 KiB.
const maxReordered = 512 << 10

// appendUnordered appends the text of an object, {a=1, b=[2, {c=3}]}, with the members
// of each object in it sorted, and valueSeparator between them and between the elements
// of lists. Shippers may sort the members of an object, and the order of its text
// follows from theirs.
//
// A value in such a text may hold braces and commas of its own, so that what it means
// cannot always be told. But different texts that do not have the same members stay
// different, and nothing in a value counts as a member beside it.
func appendUnordered(dst, text []byte) []byte {
	if len(text) > maxReordered {
		return append(dst, text...)
	}
	t := objectText{text: text}
	for len(t.text) > 0 {
		dst = t.append(dst, 0, MaxDepth)
		if len(t.text) > 0 { // a comma or a brace that is in no object
			dst, t.text = append(dst, t.text[0]), t.text[1:]
		}
	}
	return dst
}

// objectText is the rest of the text of an object.
type objectText struct{ text []byte }

// append appends what comes before the end of an item, which is a comma with a blank
// behind it or the brace that closes the object or list that the item is in.
func (t *objectText) append(dst []byte, closing byte, depth int) []byte {
	for len(t.text) > 0 {
		c := t.text[0]
		switch {
		case c == closing || closing != 0 && t.atComma():
			return dst
		case c == '{' && depth > 0:
			dst = t.appendGroup(dst, '}', depth-1)
			continue
		case c == '[' && depth > 0:
			dst = t.appendGroup(dst, ']', depth-1)
			continue
		}
		n := 1
		for n < len(t.text) && !isMark(t.text[n]) {
			n++
		}
		dst, t.text = append(dst, t.text[:n]...), t.text[n:]
	}
	return dst
}

func isMark(c byte) bool { return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' }

func (t *objectText) atComma() bool { return len(t.text) > 1 && t.text[0] == ',' && t.text[1] == ' ' }

// appendGroup appends an object or a list.
func (t *objectText) appendGroup(dst []byte, closing byte, depth int) []byte {
	dst, t.text = append(dst, t.text[0]), t.text[1:]
	begin := len(dst)
	var room [32]int
	ends := room[:0] // of the items
	for {
		dst = t.append(dst, closing, depth)
		ends = append(ends, len(dst)-begin)
		if !t.atComma() {
			break
		}
		t.text = t.text[2:]
	}
	if len(ends) > 1 {
		dst = appendItems(dst[:begin], dst[begin:], ends, closing == '}')
	}
	if len(t.text) > 0 {
		dst, t.text = append(dst, closing), t.text[1:]
	}
	return dst
}

// appendItems appends the items, which end there in packed, one after the other.
func appendItems(dst, packed []byte, ends []int, sorted bool) []byte {
	var bytesRoom [512]byte
	var itemsRoom [32]span
	packed = append(bytesRoom[:0], packed...) // dst has the same memory
	items := itemsRoom[:0]
	begin := 0
	for _, end := range ends {
		items = append(items, span{begin, end})
		begin = end
	}
	if sorted {
		slices.SortFunc(items, func(a, b span) int {
			return bytes.Compare(packed[a.begin:a.end], packed[b.begin:b.end])
		})
	}
	for i, item := range items {
		if i > 0 {
			dst = append(dst, valueSeparator)
		}
		dst = append(dst, packed[item.begin:item.end]...)
	}
	return dst
}

// span is a part of a text.
type span struct{ begin, end int }
