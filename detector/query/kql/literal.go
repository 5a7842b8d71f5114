package kql

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// unquotedSpecials are the characters that need a backslash outside quotes.
const unquotedSpecials = `\():<>"*{}`

// literal is quoted or unquoted text, the name of a field or a value.
type literal struct {
	text   string        // escapes resolved
	runs   query.Pattern // not nil if there are stars
	quoted bool
	span   query.Span // without the white space around it
}

// literal reads quoted or unquoted text. It returns nil if there is neither.
func (p *parser) literal() (*literal, *query.Error) {
	if p.peek() == '"' {
		return p.quoted()
	}
	return p.unquoted()
}

// quoted reads text in quotes. A backslash that starts no escape stays.
func (p *parser) quoted() (*literal, *query.Error) {
	var t text
	raw := p.pos + 1 // start of what was not added to t yet
	for i := raw; i < len(p.query); {
		switch p.query[i] {
		case '"':
			t.addRaw(p.query[raw:i])
			p.accept(tokenQuoted, p.pos, i+1)
			return &literal{text: t.String(), quoted: true, span: p.prev.span}, nil
		case '\\':
			if char, n := escapedChar(p.query[i+1:], `\"`); n > 0 {
				t.addRaw(p.query[raw:i])
				t.addEscaped(char)
				i += 1 + n
				raw = i
				continue
			}
		}
		i++
	}
	return nil, p.unclosedQuote()
}

// unquoted reads up to a special character, a keyword or the end.
func (p *parser) unquoted() (*literal, *query.Error) {
	start := p.pos
	var (
		t    text
		runs query.Pattern
		raw  = start // start of what was not added to t yet
		i    = start
	)
scan:
	for i < len(p.query) {
		switch c := p.query[i]; c {
		case '(', ')', ':', '<', '>', '"', '{', '}':
			break scan
		case '*':
			t.addRaw(p.query[raw:i])
			runs = append(runs, t.String())
			t = text{}
			i++
			raw = i
		case '\\':
			t.addRaw(p.query[raw:i])
			char, n := escapedChar(p.query[i+1:], unquotedSpecials)
			keyword := escapedKeyword(p.query[i+1:])
			switch {
			case n > 0:
				t.addEscaped(char)
			case keyword != "":
				t.addRaw(keyword)
				n = len(keyword)
			default:
				return nil, p.badEscape(i)
			}
			i += 1 + n
			raw = i
		case 'n', 'N':
			if _, ok := notAt(p.query, i); ok {
				break scan
			}
			i++
		default:
			end := skipSpace(p.query, i)
			if end == i {
				i++
				continue
			}
			// The answer is the same for every character of the white space, so it is
			// checked once, and the white space skipped.
			if _, _, ok := joinAt(p.query, i, "and"); ok {
				break scan
			}
			if _, _, ok := joinAt(p.query, i, "or"); ok {
				break scan
			}
			i = end
		}
	}
	if i == start {
		return nil, nil
	}
	t.addRaw(p.query[raw:i])
	end := start + len(strings.TrimRightFunc(p.query[start:i], trimmed))
	begin := i - len(strings.TrimLeftFunc(p.query[start:i], trimmed))
	if end <= begin { // all of it is trimmed: the empty text
		begin, end = start, i
	}
	p.accept(tokenUnquoted, begin, end)
	p.pos = i
	lit := &literal{span: p.prev.span}
	if runs == nil {
		lit.text = trim(t.String())
		return lit, nil
	}
	runs = append(runs, t.String())
	runs[0] = strings.TrimLeftFunc(runs[0], trimmed)
	runs[len(runs)-1] = strings.TrimRightFunc(runs[len(runs)-1], trimmed)
	lit.runs = runs
	lit.text = strings.Join(runs, "*")
	return lit, nil
}

// text collects a text with its escapes resolved.
type text struct {
	builder strings.Builder
	high    rune // the first half of a surrogate pair, which was an escape
}

func (t *text) addRaw(raw string) {
	if raw != "" {
		t.addLoneHigh()
		t.builder.WriteString(raw)
	}
}

// addEscaped adds the character of an escape. Two escapes may make one
// character, a surrogate pair; a half without the other becomes U+FFFD.
func (t *text) addEscaped(char rune) {
	if pair := utf16.DecodeRune(t.high, char); pair != utf8.RuneError {
		t.high = 0
		t.builder.WriteRune(pair)
		return
	}
	t.addLoneHigh()
	if 0xD800 <= char && char < 0xDC00 {
		t.high = char
		return
	}
	t.builder.WriteRune(char)
}

func (t *text) addLoneHigh() {
	if t.high != 0 {
		t.high = 0
		t.builder.WriteRune(utf8.RuneError)
	}
}

func (t *text) String() string {
	t.addLoneHigh()
	return t.builder.String()
}

// escapedChar reads what follows a backslash, \t \r \n \uXXXX or one of the
// plain characters, and returns its length, 0 if it is none of these.
func escapedChar(s, plain string) (char rune, n int) {
	if s == "" {
		return 0, 0
	}
	switch s[0] {
	case 't':
		return '\t', 1
	case 'r':
		return '\r', 1
	case 'n':
		return '\n', 1
	case 'u':
		return escapedUnit(s)
	}
	if strings.IndexByte(plain, s[0]) >= 0 {
		return rune(s[0]), 1
	}
	return 0, 0
}

// escapedUnit reads the u and the four hexadecimal digits of a UTF-16 unit.
func escapedUnit(s string) (unit rune, n int) {
	if len(s) < 5 {
		return 0, 0
	}
	for i := 1; i < 5; i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, 0
		}
		unit = unit<<4 | rune(c)
	}
	return unit, 5
}

// escapedKeyword reads the keyword that follows a backslash, "" if there is
// none. Escapes come first, so `\not` is a line feed and "ot"; `\Not` is "Not".
func escapedKeyword(s string) string {
	for _, word := range [...]string{"or", "and", "not"} {
		if wordAt(s, 0, word) {
			return s[:len(word)]
		}
	}
	return ""
}
