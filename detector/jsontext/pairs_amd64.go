package jsontext

// appendPairs converts pairs of an object as transcode does, of which the first begins
// with the quote at text[i], as long as they are as in nearly all JSON: strings of up to
// 255 bytes without escapes; true, false, null, and objects of such pairs; no white
// space except for a space behind a colon or a comma. It appends them to dst, within
// its capacity, and returns the length of the result, and where it stopped: at is what is
// next at text[end:]. Of objects that it opens or closes it keeps account in n; those
// within dst are maps and arrays of 32 bits. dst must not be empty.
//
// It looks at 64 bytes at a time for quotes and backslashes, so that where a string ends
// is known before the one before it is converted.
//
//go:noescape
func appendPairs(n *nesting, dst, text []byte, i int) (size, end int, at place)
