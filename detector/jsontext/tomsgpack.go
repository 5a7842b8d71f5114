package jsontext

import (
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// MaxDepth is the maximum nesting of arrays and objects. CloudTrail events have
// about ten levels.
const MaxDepth = 128

// AppendMsgpack converts the JSON value at the beginning of text, leading white space
// allowed, to msgpack and appends it to dst. It returns the extended slice and the
// offset in text of the end of the value; it does not check what follows. The
// error is a *SyntaxError; dst is then returned with its original length, and the
// offset is that of the error.
//
// The text must conform to RFC 8259, with these exceptions and choices:
//
//   - Members of an object keep their order, duplicates included.
//   - Control characters in strings need no escape: shippers that build JSON by
//     hand do not escape them, and rules must see such records too.
//   - Bytes that are not UTF-8 are kept. \u0000 becomes a NUL byte, half a
//     surrogate pair U+FFFD.
//   - Integers of up to 64 bits become integers in their shortest form, -0 becomes
//     0. Larger ones become a str of their digits, because rules may compare them
//     as text and a float would lose digits.
//   - Numbers with a fraction or an exponent become float64; those too large for
//     that a str, unchanged; those too small 0.
//   - Nesting deeper than MaxDepth is an error; see [AppendCut].
//
// Objects become map32 and arrays array32, because the number of their members is
// known last; empty ones take a single byte. The msgpack is at most three times as
// long as the text (1e0 takes 9 bytes), and usually about as long.
//
// AppendMsgpack does not allocate, given room in dst, if the text has neither errors, nor
// floats too large for float64, nor floats written in over 32 bytes.
func AppendMsgpack(dst, text []byte) (out []byte, end int, err error) {
	return appendWithin(msgpack.MaxChunk, dst, text, nil, nil)
}

// AppendCut is AppendMsgpack for values that may be nested deeper than MaxDepth: an
// array or object that would be is replaced by nil. cut is the offset of the first of
// them, and -1 if the value was converted as a whole. parts, if not nil, gets the arrays
// and objects in the outermost one.
//
// Of what was replaced only the brackets are counted and the strings skipped: it
// takes no memory however deep it is, and it may be something that is not JSON.
// Without lines it must end on its line, or is an error as in AppendMsgpack: in text
// of unknown form, brackets that are never closed would have to be skipped to the
// end of the text from each line again.
func AppendCut(dst, text []byte, lines bool, parts *Parts) (out []byte, end, cut int, err error) {
	d := deep{lines, -1}
	if parts != nil {
		parts.n = 0
	}
	out, end, err = appendWithin(msgpack.MaxChunk, dst, text, &d, parts)
	return out, end, d.cut, err
}

// deep is what to do with values nested deeper than MaxDepth, and where the first was.
type deep struct {
	lines bool
	cut   int
}

// appendWithin is AppendMsgpack for values of up to limit bytes, and AppendCut if d is
// not nil.
func appendWithin(limit int, dst, text []byte, d *deep, parts *Parts) ([]byte, int, error) {
	start := len(dst)
	dst, end, reason := transcode(dst, text[:min(len(text), limit)], d, parts)
	if end == limit && len(text) > limit { // the value may continue
		reason = TooLong
	}
	if reason != 0 {
		return dst[:start], end, &SyntaxError{Offset: end, Reason: reason}
	}
	return dst, end, nil
}

// transcode appends the value at the beginning of text to dst. If the reason is not
// 0, the offset is that of the error and the appended bytes are invalid.
//
// What appendPairs does not convert is converted here.
func transcode(dst, text []byte, d *deep, parts *Parts) ([]byte, int, Reason) {
	n := nesting{parts: parts}
	var i int
	var reason Reason
	for {
		// The next value, or in a map the next pair.
		i = skipSpace(text, i)
		if i >= len(text) {
			return dst, i, Truncated
		}
		c := text[i]
		at := atValue
		if n.depth > 0 && dst[n.header] == codeMap32 {
			if c != '"' {
				return dst, i, NoKey
			}
			var size int
			size, i, at = appendPairs(&n, dst, text, i)
			dst = dst[:size]
			if at == atKey {
				if dst, i, reason = appendMemberKey(dst, text, i); reason != 0 {
					return dst, i, reason
				}
				at = atValue
			}
			if at == atValue {
				if i = skipSpace(text, i); i >= len(text) {
					return dst, i, Truncated
				}
				c = text[i]
			}
		}

		if at == atValue {
			switch c {
			case '"':
				dst, i, reason = appendStr(dst, text, i+1)
			case '{', '[':
				code, empty := byte(codeMap32), byte(codeMap)
				if c == '[' {
					code, empty = codeArray32, codeArray
				}
				if n.depth == MaxDepth {
					dst, i, reason = d.replace(dst, text, i)
					break
				}
				i = skipSpace(text, i+1)
				if i < len(text) && text[i] == c+2 { // ] and } are their opening brackets + 2
					dst = append(dst, empty)
					i++
					break
				}
				dst = n.push(dst, code)
				continue
			case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
				dst, i, reason = appendNumber(dst, text, i)
			default:
				dst, i, reason = appendLiteral(dst, text, i)
			}
			if reason != 0 {
				return dst, i, reason
			}
		}

		// The value is complete, and perhaps enclosing containers with it.
		for {
			if n.depth == 0 {
				return dst, i, 0
			}
			n.count++
			i = skipSpace(text, i)
			if i >= len(text) {
				return dst, i, Truncated
			}
			if text[i] == ',' {
				i++
				break
			}
			closing := byte('}')
			if dst[n.header] == codeArray32 {
				closing = ']'
			}
			if text[i] != closing {
				return dst, i, NoComma
			}
			i++
			n.pop(dst)
		}
	}
}

// appendMemberKey appends the key of a pair, whose opening quote is at text[i], and returns
// the offset behind the colon.
func appendMemberKey(dst, text []byte, i int) ([]byte, int, Reason) {
	dst, i, reason := appendStr(dst, text, i+1)
	if reason != 0 {
		return dst, i, reason
	}
	if i = skipSpace(text, i); i >= len(text) {
		return dst, i, Truncated
	}
	if text[i] != ':' {
		return dst, i, NoColon
	}
	return dst, i + 1, 0
}

// Skip returns the offset of the end of the array or object at the beginning of text,
// or false if it has none. Only brackets are counted and strings skipped: its contents
// may be something that is not JSON.
func Skip(text []byte) (end int, ok bool) {
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return 0, false
	}
	end, reason := skipBrackets(text, 0, true)
	return end, reason == 0
}

// replace appends nil in the place of the array or object at text[i], and returns the
// offset of its end.
func (d *deep) replace(dst, text []byte, i int) ([]byte, int, Reason) {
	if d == nil {
		return dst, i, TooDeep
	}
	if d.cut < 0 {
		d.cut = i
	}
	end, reason := skipBrackets(text, i, d.lines)
	return append(dst, codeNil), end, reason
}

// skipBrackets returns the offset of the end of the array or object at text[i], which
// without lines must end on its line.
func skipBrackets(text []byte, i int, lines bool) (int, Reason) {
	begin := i
	for depth := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, 0
			}
		case '"':
			for i = nextSpecial(text, i+1); i < len(text) && text[i] == '\\'; {
				i = nextSpecial(text, min(i+2, len(text)))
			}
		case '\n':
			if !lines {
				return begin, TooDeep
			}
		}
	}
	return len(text), Truncated
}

// skipSpace returns the offset of the first byte from i on that is not white
// space, or len(text).
func skipSpace(text []byte, i int) int {
	for i < len(text) && text[i] <= ' ' && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}

// appendLiteral appends true, false or null.
func appendLiteral(dst, text []byte, i int) ([]byte, int, Reason) {
	word, code := "null", byte(codeNil)
	switch text[i] {
	case 't':
		word, code = "true", codeTrue
	case 'f':
		word, code = "false", codeFalse
	}
	have := text[i:min(len(text), i+len(word))]
	if string(have) == word {
		return append(dst, code), i + len(word), 0
	}
	if i+len(have) == len(text) && string(have) == word[:len(have)] {
		return dst, len(text), Truncated
	}
	return dst, i, NoValue
}
