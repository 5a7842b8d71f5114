package ingest

import (
	"encoding/binary"
	"math/bits"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
)

// mark is where a scanner stops.
type mark uint8

const (
	atEnd     mark = iota // of the bytes there are; the value goes on
	listBegin             // behind the bracket of a list that may be taken apart
	elementEnd
	listEnd // behind the closing bracket
	valueEnd
	broken // at a byte that cannot stand there
)

// listNames are the members that hold the events of an envelope.
var listNames = []string{"Records", "records", "logEvents", "Events"}

// longestListName is the length of the longest of them.
const longestListName = 9

// scanner finds the end of one JSON array or object that comes piece by piece,
// and the elements of the list that it is or has. It looks at brackets, commas
// and quotes; what is inside strings and numbers is for jsontext to judge. A
// line end inside a string is refused: the value is none that was broken into
// lines by a printer.
type scanner struct {
	state   state
	depth   int
	maps    [jsontext.MaxDepth + 1]bool // for each depth, whether it is an object
	list    int                         // depth of the list in hand, 0 = none
	inKey   bool
	key     []byte // of the object's own member, its beginning
	literal string // what is left of true, false or null
	lines   int    // line ends passed
}

type state uint8

const (
	wantValue state = iota
	wantElement
	wantKey
	wantNextKey
	wantColon
	wantComma
	inString
	inEscape
	inNumber
	inLiteral
)

func (s *scanner) reset() { *s = scanner{key: s.key[:0]} }

// isSpace has JSON's white space.
var isSpace = [256]bool{' ': true, '\t': true, '\n': true, '\r': true}

// stopsString has the bytes that end the plain part of a string.
var stopsString = [256]bool{'"': true, '\\': true, '\n': true}

// skipPlain returns the offset of the first of them from i on, or len(text).
// It looks at eight bytes at a time: in a word, the lowest high bit that is set
// marks the first byte that was looked for.
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

// next goes on at text[i] and returns what it came to and the offset there.
func (s *scanner) next(text []byte, i int) (mark, int) {
	for i < len(text) {
		c := text[i]
		switch s.state {
		case inString:
			begin := i
			i = skipPlain(text, i)
			if s.inKey && s.depth == 1 && len(s.key) <= longestListName {
				s.key = append(s.key, text[begin:min(i, begin+longestListName+1)]...)
			}
			if i == len(text) {
				return atEnd, i
			}
			switch text[i] {
			case '\n':
				return broken, i
			case '\\':
				if s.inKey && s.depth == 1 {
					s.key = append(s.key, '\\') // a name with escapes is none of ours
				}
				s.state = inEscape
				i++
				continue
			}
			i++
			if s.inKey {
				s.inKey = false
				s.state = wantColon
				continue
			}
			if m := s.ended(); m != atEnd {
				return m, i
			}
			continue
		case inEscape:
			if c == '\n' {
				return broken, i
			}
			s.state = inString
			i++
			continue
		case inNumber:
			for i < len(text) && inNumbers[text[i]] {
				i++
			}
			if i == len(text) {
				return atEnd, i
			}
			if m := s.ended(); m != atEnd {
				return m, i
			}
			continue
		case inLiteral:
			if c != s.literal[0] {
				return broken, i
			}
			i++
			if s.literal = s.literal[1:]; s.literal == "" {
				if m := s.ended(); m != atEnd {
					return m, i
				}
			}
			continue
		}
		if isSpace[c] {
			if c == '\n' {
				s.lines++
			}
			i++
			continue
		}
		m, ok := s.token(c)
		if !ok {
			return broken, i
		}
		i++
		if m != atEnd {
			return m, i
		}
	}
	return atEnd, i
}

// token takes a byte outside of strings, numbers and literals.
func (s *scanner) token(c byte) (mark, bool) {
	switch s.state {
	case wantColon:
		s.state = wantValue
		return atEnd, c == ':'
	case wantComma:
		switch {
		case c == ',' && s.maps[s.depth]:
			s.state = wantNextKey
		case c == ',':
			s.state = wantValue
		default:
			return s.close(c)
		}
		return atEnd, true
	case wantKey, wantNextKey:
		if c == '}' && s.state == wantKey {
			return s.close(c)
		}
		s.state, s.inKey, s.key = inString, true, s.key[:0]
		return atEnd, c == '"'
	case wantElement:
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
		return atEnd, c == '-' || '0' <= c && c <= '9'
	}
	return atEnd, true
}

func (s *scanner) open(c byte) (mark, bool) {
	if s.depth == jsontext.MaxDepth {
		return broken, false
	}
	isList := c == '[' && (s.depth == 0 || s.depth == 1 && s.maps[1] && s.isListName())
	s.depth++
	s.maps[s.depth] = c == '{'
	s.state = wantElement
	if c == '{' {
		s.state = wantKey
	}
	if isList {
		s.list = s.depth
		return listBegin, true
	}
	return atEnd, true
}

func (s *scanner) isListName() bool {
	for _, name := range listNames {
		if string(s.key) == name {
			return true
		}
	}
	return false
}

func (s *scanner) close(c byte) (mark, bool) {
	want := byte(']')
	if s.maps[s.depth] {
		want = '}'
	}
	if c != want {
		return broken, false
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

// ended says what the end of a value means where it stands.
func (s *scanner) ended() mark {
	s.state = wantComma
	switch {
	case s.depth == 0:
		return valueEnd
	case s.depth == s.list:
		return elementEnd
	}
	return atEnd
}
