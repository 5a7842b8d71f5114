package ingest

import (
	"encoding/binary"
	"math/bits"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
)

// stop is why a scanner stops.
type stop uint8

const (
	needsMore  stop = iota // at the end of the bytes, inside the value
	listStart              // after the opening bracket of a list that may be split
	elementEnd             // after an element of that list
	listEnd                // after its closing bracket
	valueEnd               // after the value
	invalid                // at a byte that is not allowed there
)

// listNames are the members that have the events of an envelope.
var listNames = []string{"Records", "records", "logEvents", "Events"}

// maxKey is the maximum length of a member's name that is kept.
const maxKey = 64

// scanner finds the end of a JSON array or object that comes in pieces, and the
// ends of the elements of the list that it is or has. It checks brackets, commas and
// quotes, and leaves the contents of strings and numbers to jsontext. Below MaxDepth
// it only counts brackets. A line end in a string is an error: printers of JSON do not
// break lines there.
//
// It also notes which parts of the value begin a line: if the value is broken, or is
// not what it seems to be, they are read by themselves.
type scanner struct {
	state   state
	depth   int
	deep    int                         // how many more levels there are
	maps    [jsontext.MaxDepth + 1]bool // for each depth, whether it is an object
	list    int                         // depth of the current list, 0 for none
	named   bool                        // it has the events of an envelope, for all we know
	inKey   bool
	key     []byte // the beginning of the current key of the outermost object
	literal string // the rest of true, false or null
	lines   int    // number of line ends

	base    int64 // offset in the input of the text that is scanned
	lineAt  int64 // offset in the input of the current line
	newLine bool  // only white space of it was read
	textAt  int64 // offset in the input of the contents of the last string
	parts   parts
}

type state uint8

const (
	expectValue   state = iota
	expectElement       // or the end of an empty array
	expectKey           // or the end of an empty object
	expectNextKey
	expectColon
	expectComma // or a closing bracket
	inString
	inEscape
	inNumber
	inLiteral
	inDeep // below MaxDepth
	inDeepString
	inDeepEscape
)

// reset prepares for a value at that offset in the input.
func (s *scanner) reset(offset int64) {
	s.parts.reset()
	*s = scanner{key: s.key[:0], parts: s.parts, lineAt: offset}
}

// isSpace is JSON's white space.
var isSpace = [256]bool{' ': true, '\t': true, '\n': true, '\r': true}

// stopsString are the bytes that end the plain part of a string.
var stopsString = [256]bool{'"': true, '\\': true, '\n': true}

// skipPlain returns the offset of the first of them from i on, or len(text). It
// checks eight bytes at a time, as one little-endian word: the lowest high bit that
// is set in mark is in the first matching byte.
func skipPlain(text []byte, i int) int {
	const lows, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		word := binary.LittleEndian.Uint64(text[i:])
		quote, backslash, lineEnd := word^'"'*lows, word^'\\'*lows, word^'\n'*lows
		mark := ((quote-lows)&^quote | (backslash-lows)&^backslash | (lineEnd-lows)&^lineEnd) & highs
		if mark != 0 {
			return i + bits.TrailingZeros64(mark)/8
		}
	}
	for i < len(text) && !stopsString[text[i]] {
		i++
	}
	return i
}

var inNumbers = func() (t [256]bool) {
	for _, c := range []byte("0123456789+-.eE") {
		t[c] = true
	}
	return t
}()

// next continues at text[i] and returns why and at which offset it stops.
func (s *scanner) next(text []byte, i int) (stop, int) {
	if s.newLine {
		i = s.beginLine(text, i)
	}
	for i < len(text) {
		c := text[i]
		switch s.state {
		case inString:
			begin := i
			i = skipPlain(text, i)
			if s.inKey && s.depth == 1 && len(s.key) <= maxKey {
				s.key = append(s.key, text[begin:min(i, begin+maxKey+1)]...)
			}
			if i == len(text) {
				return needsMore, i
			}
			switch text[i] {
			case '\n':
				return invalid, i
			case '\\':
				if s.inKey && s.depth == 1 {
					s.key = append(s.key, '\\') // a name with escapes is not in listNames
				}
				s.state = inEscape
				i++
				continue
			}
			i++
			if s.inKey {
				s.inKey = false
				s.state = expectColon
				continue
			}
			if m := s.ended(); m != needsMore {
				return m, i
			}
			continue
		case inEscape:
			if c == '\n' {
				return invalid, i
			}
			s.state = inString
			i++
			continue
		case inNumber:
			for i < len(text) && inNumbers[text[i]] {
				i++
			}
			if i == len(text) {
				return needsMore, i
			}
			if m := s.ended(); m != needsMore {
				return m, i
			}
			continue
		case inDeep, inDeepString, inDeepEscape:
			if i = s.nextDeep(text, i); s.state == inDeepString && i < len(text) {
				return invalid, i
			}
			continue
		case inLiteral:
			if c != s.literal[0] {
				return invalid, i
			}
			i++
			if s.literal = s.literal[1:]; s.literal == "" {
				if m := s.ended(); m != needsMore {
					return m, i
				}
			}
			continue
		}
		if isSpace[c] {
			i++
			if c == '\n' {
				i = s.endLine(text, i)
			}
			continue
		}
		m, ok := s.token(c)
		if !ok {
			return invalid, i
		}
		i++
		if c == '"' {
			s.textAt = s.base + int64(i)
		}
		if len(s.parts.opened) > 0 && c|0x20 == '}' { // or ]
			s.parts.close(s.depth, s.readList(), s.base+int64(i), s.lineAt)
		}
		if m != needsMore {
			return m, i
		}
	}
	return needsMore, i
}

// nextDeep continues below MaxDepth and returns the offset at which that ends, or at
// which a line ends in a string.
func (s *scanner) nextDeep(text []byte, i int) int {
	for i < len(text) {
		c := text[i]
		if s.state == inDeepString {
			if i = skipPlain(text, i); i == len(text) || text[i] == '\n' {
				return i
			}
			s.state = inDeep
			if text[i] == '\\' {
				s.state = inDeepEscape
			}
			i++
			continue
		}
		if s.state == inDeepEscape {
			s.state = inDeepString
			if c == '\n' {
				return i
			}
			i++
			continue
		}
		i++
		switch c {
		case '\n':
			i = s.endLine(text, i)
		case '"':
			s.state = inDeepString
		case '{', '[':
			s.deep++
		case '}', ']':
			s.deep--
			if len(s.parts.opened) > 0 {
				s.parts.close(s.depth+s.deep, s.readList(), s.base+int64(i), s.lineAt)
			}
			if s.deep == 0 {
				s.ended()
				return i
			}
		}
	}
	return i
}

// endLine notes that a line ends before text[i], and what the next one begins with. It
// returns the offset of that.
func (s *scanner) endLine(text []byte, i int) int {
	s.lines++
	if p := &s.parts; p.last.end > s.lineAt {
		end := i - 1
		for end > 0 && isSpace[text[end-1]] {
			end--
		}
		if s.base+int64(end) == p.last.end {
			p.lines = append(p.lines, p.last)
		}
	}
	if i+8 <= len(text) && isBlankWord(binary.LittleEndian.Uint64(text[i:])) {
		size, lines := blankLines(text[i:])
		i += size
		s.lines += lines
	}
	s.lineAt = s.base + int64(i)
	s.newLine = true
	return s.beginLine(text, i)
}

// beginLine skips the white space that a line begins with, up to its end, and notes
// an array or object behind it.
func (s *scanner) beginLine(text []byte, i int) int {
	for i < len(text) && isSpace[text[i]] && text[i] != '\n' {
		i++
	}
	if i < len(text) {
		s.newLine = false
		if text[i]|0x20 == '{' { // or [
			s.parts.open(s.depth+s.deep, s.base+int64(i))
		}
	}
	return i
}

// token handles a byte outside of strings, numbers and literals, and reports whether
// it is allowed.
func (s *scanner) token(c byte) (stop, bool) {
	switch s.state {
	case expectColon:
		s.state = expectValue
		return needsMore, c == ':'
	case expectComma:
		switch {
		case c == ',' && s.maps[s.depth]:
			s.state = expectNextKey
		case c == ',':
			s.state = expectValue
		default:
			return s.close(c)
		}
		return needsMore, true
	case expectKey, expectNextKey:
		if c == '}' && s.state == expectKey {
			return s.close(c)
		}
		s.state, s.inKey, s.key = inString, true, s.key[:0]
		return needsMore, c == '"'
	case expectElement:
		if c == ']' {
			return s.close(c)
		}
	}
	switch c {
	case '"':
		s.state = inString
	case '{', '[':
		return s.open(c)
	case 't':
		s.state, s.literal = inLiteral, "rue"
	case 'f':
		s.state, s.literal = inLiteral, "alse"
	case 'n':
		s.state, s.literal = inLiteral, "ull"
	default:
		s.state = inNumber
		return needsMore, c == '-' || '0' <= c && c <= '9'
	}
	return needsMore, true
}

func (s *scanner) open(c byte) (stop, bool) {
	if s.depth == jsontext.MaxDepth {
		s.deep, s.state = 1, inDeep
		return needsMore, true
	}
	isList := c == '[' && (s.depth == 0 || s.depth == 1 && s.maps[1])
	s.depth++
	s.maps[s.depth] = c == '{'
	s.state = expectElement
	if c == '{' {
		s.state = expectKey
	}
	if isList {
		s.list = s.depth
		s.named = s.depth == 1 || s.isListName()
		return listStart, true
	}
	return needsMore, true
}

// readList returns the depth of the current list if its elements are read as such.
func (s *scanner) readList() int {
	if s.named {
		return s.list
	}
	return 0
}

func (s *scanner) isListName() bool {
	for _, name := range listNames {
		if string(s.key) == name {
			return true
		}
	}
	return false
}

func (s *scanner) close(c byte) (stop, bool) {
	closing := byte(']')
	if s.maps[s.depth] {
		closing = '}'
	}
	if c != closing {
		return invalid, false
	}
	wasList := s.depth == s.list
	s.depth--
	m := s.ended()
	if wasList {
		s.list = 0
		if m != valueEnd {
			m = listEnd
		}
	}
	return m, true
}

// ended handles the end of a value.
func (s *scanner) ended() stop {
	s.state = expectComma
	switch {
	case s.depth == 0:
		return valueEnd
	case s.depth == s.list:
		return elementEnd
	}
	return needsMore
}
