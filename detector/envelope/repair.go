package envelope

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// maxRescued is the size in bytes up to which a text is read as what is nearly JSON:
// several times that of the largest event.
const maxRescued = 1 << 20

// rescue looks for events in a text in which none was found although it has their
// names: in JSON whose quotation marks are doubled, as in a field of CSV, or escaped
// without a string around it, and in what is nearly JSON. It returns how many bytes it
// has read, 0 if there is nothing of this.
func (r *Reader) rescue(depth int, text []byte, o origin) (end int) {
	l := r.level(depth + 1)
	if l == nil || r.budget.effort < 0 || len(text) > maxRescued {
		return 0
	}
	var ok bool
	l.repaired = r.grow(l.repaired[:0], len(text)+len(text)/8)
	switch {
	case isDoubled(text, 0):
		l.repaired, end, ok = appendUndoubled(l.repaired[:0], text)
	case len(text) > 2 && text[1] == '\\':
		l.repaired, end, ok = appendQuoted(l.repaired[:0], text)
	default:
		l.repaired, end, ok = appendRepaired(l.repaired[:0], text)
	}
	r.budget.effort -= end
	if !ok {
		return 0
	}
	n, ok := r.decode(l, l.repaired)
	if !ok {
		return 0
	}
	events := r.seen.Events
	r.decoded(depth, l, n, n, o)
	if r.seen.Events == events {
		return 0
	}
	return end
}

// isDoubled reports whether the object that begins at text[i] has doubled quotation
// marks around its first name.
func isDoubled(text []byte, i int) bool {
	return i+3 < len(text) && text[i+1] == '"' && text[i+2] == '"' && (text[i+3]|0x20 >= 'a' && text[i+3]|0x20 <= 'z' || text[i+3] == '\\')
}

// appendUndoubled appends a text up to its first single quotation mark, with one in the
// place of two. It returns the offset of its end.
func appendUndoubled(dst, text []byte) (out []byte, end int, ok bool) {
	for end < len(text) {
		i := bytes.IndexByte(text[end:], '"')
		if i < 0 {
			return append(dst, text[end:]...), len(text), true
		}
		dst = append(dst, text[end:end+i]...)
		if end += i; end+1 == len(text) || text[end+1] != '"' {
			break
		}
		dst = append(dst, '"')
		end += 2
	}
	return dst, end, true
}

// appendQuoted appends a text up to its first quotation mark that is not escaped, as a
// JSON string.
func appendQuoted(dst, text []byte) (out []byte, end int, ok bool) {
	for end < len(text) && text[end] != '"' && text[end] >= ' ' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(text))
	return append(append(append(dst, '"'), text[:end]...), '"'), end, true
}

// appendRepaired appends the object or list that a text begins with as JSON, if it is
// nearly that: as JavaScript, Python or JSON5 write it, with numbers that JSON does not
// have, a comma too many, comments, other quotation marks, names without any, or with
// control characters and unknown escapes in strings. It returns the offset of its end,
// and false if it has none.
func appendRepaired(dst, text []byte) (out []byte, end int, ok bool) {
	var open []byte // the brackets that are open
	last := -1      // where the last character that is not white space is in dst
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			dst = append(dst, c)
			i++
			continue
		case c == '/' && i+1 < len(text) && (text[i+1] == '/' || text[i+1] == '*'):
			if i = endOfComment(text, i); i < 0 {
				return dst, len(text), false
			}
			continue
		case c == '{' || c == '[':
			if len(open) == event.MaxDepth {
				return dst, i, false
			}
			open = append(open, c+2)
			dst = append(dst, c)
			i++
		case c == '}' || c == ']':
			if len(open) == 0 || open[len(open)-1] != c {
				return dst, i, false
			}
			if dst[last] == ',' {
				dst[last] = ' '
			}
			open = open[:len(open)-1]
			dst = append(dst, c)
			if i++; len(open) == 0 {
				return dst, i, true
			}
		case c == ',' || c == ':':
			dst = append(dst, c)
			i++
		case c == '"' || c == '\'':
			if dst, i = appendString(dst, text, i); i > len(text) {
				return dst, len(text), false
			}
		case isWord(c):
			begin := i
			for i < len(text) && isWord(text[i]) {
				i++
			}
			next := skipSpace(text, i)
			dst = appendWord(dst, text[begin:i], next < len(text) && text[next] == ':')
		default:
			return dst, i, false
		}
		last = len(dst) - 1
	}
	return dst, len(text), false
}

// endOfComment returns the offset behind the comment at text[i:], or -1.
func endOfComment(text []byte, i int) int {
	mark, size := "\n", 1
	if text[i+1] == '*' {
		mark, size = "*/", 2
	}
	n := bytes.Index(text[i+2:], []byte(mark))
	if n < 0 {
		return -1
	}
	return i + 2 + n + size
}

// appendString appends the string at text[i:], in either kind of quotation marks, as
// JSON and returns the offset behind it; more than the length of the text if it has no
// end.
func appendString(dst, text []byte, i int) (out []byte, end int) {
	const hex = "0123456789abcdef"
	quote := text[i]
	dst = append(dst, '"')
	for i++; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			return append(dst, '"'), i + 1
		case c == '"':
			dst = append(dst, '\\', '"')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c == '\\' && i+1 < len(text):
			i++
			switch c := text[i]; {
			case c == 'u' && i+4 < len(text) && areHex(text[i+1:i+5]), bytes.IndexByte([]byte(`"\/bfnrt`), c) >= 0:
				dst = append(dst, '\\', c)
			case c == 'x' && i+2 < len(text) && areHex(text[i+1:i+3]):
				dst = append(dst, '\\', 'u', '0', '0')
			case c == '\'':
				dst = append(dst, c)
			case c == '\n': // the string goes on in the next line
			default:
				dst = append(dst, '\\', '\\', c)
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst, len(text) + 1
}

func areHex(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// isWord reports whether a name or a number can have c.
func isWord(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '$' || c == '.' || c == '+' || c == '-' || c >= 0x80
}

// appendWord appends what stands without quotation marks as JSON.
func appendWord(dst, word []byte, isName bool) []byte {
	if !isName {
		switch string(word) {
		case "true", "false", "null":
			return append(dst, word...)
		case "True":
			return append(dst, "true"...)
		case "False":
			return append(dst, "false"...)
		case "None", "undefined", "NaN", "Infinity", "-Infinity", "+Infinity", "-NaN", "nan", "inf", "-inf":
			return append(dst, "null"...)
		}
		if isNumber(word) {
			return append(dst, word...)
		}
	}
	return append(append(append(dst, '"'), word...), '"')
}

// isNumber reports whether a word is a number in JSON.
func isNumber(word []byte) bool {
	digits := func() (n int) {
		for n < len(word) && '0' <= word[n] && word[n] <= '9' {
			n++
		}
		word = word[n:]
		return n
	}
	word = bytes.TrimPrefix(word, []byte("-"))
	zero := bytes.HasPrefix(word, []byte("0"))
	if n := digits(); n == 0 || zero && n > 1 {
		return false
	}
	if bytes.HasPrefix(word, []byte(".")) {
		if word = word[1:]; digits() == 0 {
			return false
		}
	}
	if len(word) > 0 && word[0]|0x20 == 'e' {
		if word = word[1:]; len(word) > 0 && (word[0] == '+' || word[0] == '-') {
			word = word[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return len(word) == 0
}
