package pattern

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// LuceneError is why a regular expression in Lucene's syntax is refused.
type LuceneError struct {
	Message string
	// Unsupported means that the expression may be right, but has an operator that is
	// not evaluated here.
	Unsupported bool
}

func (e *LuceneError) Error() string { return "regular expression" + e.Message }

// Lucene returns a regular expression in RE2's syntax for one in Lucene's. It fits
// whole texts. The error is a [*LuceneError].
func Lucene(text string, fold bool) (string, error) {
	l := lucene{text: text, fold: fold}
	l.union()
	if l.pos < len(l.text) && l.wrong == "" {
		l.fail("%q closes nothing", l.text[l.pos:l.pos+1])
	}
	if l.wrong != "" {
		at := 1 + utf8.RuneCountInString(l.text[:l.wrongAt])
		return "", &LuceneError{fmt.Sprintf(", at character %d: %s", at, l.wrong), l.unsupported}
	}
	return checked(`(?s)\A(?:` + l.out.String() + `)\z`)
}

// Java returns a regular expression in RE2's syntax for one in Java's, which is nearly
// the same. It fits whole texts. The error is a [*LuceneError].
func Java(text string, fold bool) (string, error) {
	flags := ""
	if fold {
		flags = "(?i)"
	}
	return checked(`\A(?:` + flags + text + `)\z`)
}

// Search returns a regular expression in RE2's syntax for one in Java's that is searched
// for. The error is a [*LuceneError].
func Search(text string) (string, error) { return checked(text) }

// checked returns a regular expression in RE2's syntax, if it is one.
func checked(text string) (string, error) {
	_, err := NewRegexp(text)
	if err == nil {
		return text, nil
	}
	var e *syntax.Error
	unsupported := errors.As(err, &e) && (e.Code == syntax.ErrInvalidPerlOp || e.Code == syntax.ErrInvalidRepeatOp)
	return "", &LuceneError{": " + strings.TrimPrefix(err.Error(), "error parsing regexp: "), unsupported}
}

// maxNested is how many parentheses of a regular expression may be in each other.
const maxNested = 64

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// lucene translates a regular expression in Lucene's syntax. It anchors both ends,
// knows no lazy repetition, and has operators that are ordinary elsewhere.
type lucene struct {
	text        string
	pos         int
	fold        bool
	depth       int
	out         strings.Builder
	wrong       string // the first mistake
	wrongAt     int
	unsupported bool
}

func (l *lucene) fail(format string, args ...any) {
	if l.wrong == "" {
		l.wrong, l.wrongAt = fmt.Sprintf(format, args...), l.pos
	}
	l.pos = len(l.text)
}

func (l *lucene) peek() byte {
	if l.pos < len(l.text) {
		return l.text[l.pos]
	}
	return 0
}

// next returns the next character, and moves behind it.
func (l *lucene) next() rune {
	r, n := utf8.DecodeRuneInString(l.text[l.pos:])
	if n == 0 {
		l.fail("it ends too early")
	}
	l.pos += n
	return r
}

// union reads alternatives.
func (l *lucene) union() {
	if l.depth++; l.depth > maxNested {
		l.fail("more than %d parentheses are in each other", maxNested)
	}
	defer func() { l.depth-- }()
	if l.text == "" {
		return
	}
	for {
		l.concatenation()
		if l.peek() != '|' {
			return
		}
		l.pos++
		l.out.WriteByte('|')
	}
}

func (l *lucene) concatenation() {
	switch l.peek() {
	case 0, '|', ')':
		l.fail(`an alternative is empty; the empty text is written ()`)
	}
	for l.pos < len(l.text) && strings.IndexByte("|)", l.text[l.pos]) < 0 {
		if l.peek() == '&' {
			l.unsupported = l.wrong == ""
			l.fail(`the intersection & is not supported; write \& for the character`)
			return
		}
		l.repetition()
	}
}

// repetition reads an expression and how often it is repeated. Each further operator
// repeats the whole before it: x+? is (x+)?.
func (l *lucene) repetition() {
	before := l.out.Len()
	l.simple()
	for strings.IndexByte("?*+{", l.peek()) >= 0 && l.pos < len(l.text) {
		start := l.pos
		if l.peek() == '{' {
			l.bounds()
		}
		l.pos++
		repeat := l.text[start:min(l.pos, len(l.text))]
		whole := l.out.String()
		l.out.Reset()
		l.out.WriteString(whole[:before] + "(?:" + whole[before:] + ")" + repeat)
		if l.wrong != "" {
			return
		}
	}
}

// bounds moves to the brace that closes {2}, {2,} or {2,5}.
func (l *lucene) bounds() {
	closing := strings.IndexByte(l.text[l.pos:], '}')
	if closing < 0 {
		l.fail("{ is never closed")
		return
	}
	low, high, ok := strings.Cut(l.text[l.pos+1:l.pos+closing], ",")
	from, err := strconv.ParseUint(low, 10, 16)
	to := from
	if err == nil && ok && high != "" {
		to, err = strconv.ParseUint(high, 10, 16)
	}
	if err != nil || to < from {
		l.fail("braces say how often, as in {2}, {2,} or {2,5}")
		return
	}
	l.pos += closing
}

func (l *lucene) simple() {
	switch c := l.peek(); c {
	case '.':
		l.pos++
		l.out.WriteByte('.')
	case '@':
		l.pos++
		l.out.WriteString(`(?:.*)`)
	case '#':
		l.pos++
		l.out.WriteString(`[^\x00-\x{10FFFF}]`)
	case '"':
		l.pos++
		l.literal()
	case '(':
		l.group()
	case '[':
		l.class()
	case '~', '<':
		l.unsupported = l.wrong == ""
		l.fail(`%s is not supported; write \%c for the character`, map[byte]string{'~': "the complement ~", '<': "the interval <"}[c], c)
	case '\\':
		l.pos++
		if set, ok := classes[l.peek()]; ok {
			l.pos++
			l.out.WriteString("[" + set + "]")
			return
		}
		l.char(l.next())
	default:
		l.char(l.next())
	}
}

// classes are the sets of characters that have names.
var classes = map[byte]string{
	'd': `0-9`, 'D': `^0-9`, 'w': `0-9A-Za-z_`, 'W': `^0-9A-Za-z_`, 's': ` \t\n\r`, 'S': `^ \t\n\r`,
}

// literal reads a text between quotes.
func (l *lucene) literal() {
	n := strings.IndexByte(l.text[l.pos:], '"')
	if n < 0 {
		l.fail(`the quote is never closed; write \" for the character`)
		return
	}
	l.out.WriteString("(?:")
	for _, r := range l.text[l.pos : l.pos+n] {
		l.char(r)
	}
	l.out.WriteByte(')')
	l.pos += n + 1
}

func (l *lucene) group() {
	l.pos++
	l.out.WriteString("(?:")
	if l.peek() != ')' {
		l.union()
	}
	if l.peek() != ')' {
		l.fail("( is never closed")
		return
	}
	l.pos++
	l.out.WriteByte(')')
}

// char writes a character, in all cases if case does not count.
func (l *lucene) char(r rune) {
	if cases := Cases(r); l.fold && len(cases) > 1 {
		l.out.WriteByte('[')
		for _, r := range cases {
			writeRune(&l.out, r)
		}
		l.out.WriteByte(']')
		return
	}
	writeRune(&l.out, r)
}

// writeRune writes a character that stands for itself, in a class too.
func writeRune(b *strings.Builder, r rune) {
	if r < utf8.RuneSelf && !IsLetter(byte(r)) && !isDigit(byte(r)) {
		fmt.Fprintf(b, `\x%02x`, r)
		return
	}
	b.WriteRune(r)
}

// class reads a set of characters in brackets.
func (l *lucene) class() {
	l.pos++
	l.out.WriteByte('[')
	if l.peek() == '^' {
		l.pos++
		l.out.WriteByte('^')
	}
	for first := true; first || l.peek() != ']'; first = false {
		if l.pos >= len(l.text) {
			l.fail("[ is never closed")
			return
		}
		l.classRange()
		if l.wrong != "" {
			return
		}
	}
	l.pos++
	l.out.WriteByte(']')
}

// classRange reads a character of a class, or a range of them.
func (l *lucene) classRange() {
	if l.peek() == '\\' {
		l.pos++
		if set, ok := classes[l.peek()]; ok {
			if set[0] == '^' {
				l.fail(`\%c in brackets is not supported`, l.peek())
				return
			}
			l.pos++
			l.out.WriteString(set)
			return
		}
	}
	from := l.next()
	to := from
	if l.peek() == '-' && !strings.HasPrefix(l.text[l.pos:], "-]") {
		l.pos++
		if l.peek() == '\\' {
			l.pos++
		}
		to = l.next()
	}
	if to < from {
		l.fail("the range %c-%c is empty", from, to)
		return
	}
	writeRange(&l.out, from, to)
	if l.fold {
		l.otherCases(from, to)
	}
}

func writeRange(b *strings.Builder, from, to rune) {
	writeRune(b, from)
	if to > from {
		b.WriteByte('-')
		writeRune(b, to)
	}
}

// maxFolded is how many characters a range may have for the other cases of letters
// beyond ASCII in it to count.
const maxFolded = 1024

// otherCases writes the other cases of the letters in a range.
func (l *lucene) otherCases(from, to rune) {
	for _, letters := range [][2]rune{{'a', 'z'}, {'A', 'Z'}} {
		if low, high := max(from, letters[0]), min(to, letters[1]); low <= high {
			writeRange(&l.out, low^0x20, high^0x20)
		}
	}
	if to-from > maxFolded {
		return
	}
	for r := max(from, utf8.RuneSelf); r <= to; r++ {
		for _, other := range Cases(r) {
			writeRune(&l.out, other)
		}
	}
}
