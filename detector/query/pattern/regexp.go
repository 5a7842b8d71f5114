package pattern

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Regexp is a regular expression. It looks at a text only if a literal that it needs
// is in it, or one of several.
type Regexp struct {
	re      *regexp.Regexp
	literal []byte // in lower case if fold
	fold    bool
	// oneOf are literals of which it needs one, if it needs no certain one.
	oneOf []literal
}

// literal is a text, in lower case if fold is true: its letters are then there in any
// case.
type literal struct {
	text []byte
	fold bool
}

func (l *literal) in(text []byte) bool {
	if l.fold {
		return ContainsFold(text, l.text)
	}
	return bytes.Contains(text, l.text)
}

// NewRegexp compiles a regular expression in RE2's syntax.
func NewRegexp(text string) (*Regexp, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	var s literalSearch
	s.visit(parsed)
	s.flush()
	r := &Regexp{re: re, literal: []byte(s.best), fold: s.bestFold}
	if s.best == "" {
		r.oneOf, _ = oneOf(parsed)
	}
	return r, nil
}

// maxOneOf is how many literals are searched for before a regular expression is tried.
const maxOneOf = 64

// oneOf returns literals of which an expression needs one, of its first alternation
// that has them.
func oneOf(re *syntax.Regexp) (literals []literal, ok bool) {
	switch re.Op {
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if literals, ok = oneOf(sub); ok {
				return literals, true
			}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return oneOf(re.Sub[0])
	case syntax.OpCharClass: // alternatives of one character each become one
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if literals = append(literals, literal{text: utf8.AppendRune(nil, r)}); len(literals) > maxOneOf {
					return nil, false
				}
			}
		}
		return literals, true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			var s literalSearch
			s.visit(sub)
			s.flush()
			more := []literal{{[]byte(s.best), s.bestFold}}
			if s.best == "" {
				if more, ok = oneOf(sub); !ok {
					return nil, false
				}
			}
			literals = append(literals, more...)
		}
		return literals, len(literals) <= maxOneOf
	}
	return nil, false
}

// Literal returns a text that is in every text that matches, "" if there is none that
// is known. If fold is true, its letters are in lower case, and are there in any
// case.
func (r *Regexp) Literal() (text string, fold bool) { return string(r.literal), r.fold }

// Match reports whether a text matches.
func (r *Regexp) Match(text []byte) bool { return r.MayMatch(text) && r.re.Match(text) }

// MayMatch reports whether the literals are in a text without which it does not match.
func (r *Regexp) MayMatch(text []byte) bool {
	if len(r.literal) > 0 {
		return (&literal{r.literal, r.fold}).in(text)
	}
	for i := range r.oneOf {
		if r.oneOf[i].in(text) {
			return true
		}
	}
	return len(r.oneOf) == 0
}

// AppendReplaced appends a text in which a template of Java replaces what matches: in it
// $1 is the first group, and a backslash takes the next character literally.
func (r *Regexp) AppendReplaced(dst, text, template []byte) []byte {
	if !r.MayMatch(text) {
		return append(dst, text...)
	}
	end := 0
	for _, at := range r.re.FindAllSubmatchIndex(text, -1) {
		dst = append(dst, text[end:at[0]]...)
		dst = appendTemplate(dst, text, template, at)
		end = at[1]
	}
	return append(dst, text[end:]...)
}

func appendTemplate(dst, text, template []byte, at []int) []byte {
	for i := 0; i < len(template); i++ {
		switch c := template[i]; {
		case c == '\\' && i+1 < len(template):
			i++
			dst = append(dst, template[i])
		case c == '$' && i+1 < len(template) && isDigit(template[i+1]):
			i++
			if group := int(template[i] - '0'); 2*group < len(at) && at[2*group] >= 0 {
				dst = append(dst, text[at[2*group]:at[2*group+1]]...)
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// literalSearch finds the longest literal that an expression needs.
type literalSearch struct {
	run      []byte
	fold     bool // a letter in run may be in either case
	best     string
	bestFold bool
}

// flush ends the run.
func (s *literalSearch) flush() {
	if len(s.run) > len(s.best) {
		s.best, s.bestFold = string(s.run), s.fold
		if s.fold {
			s.best = Fold(s.best, query.LowerFold)
		}
	}
	s.run, s.fold = s.run[:0], false
}

func (s *literalSearch) visit(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			s.add(r, re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		if upper, ok := bothCases(re.Rune); ok {
			s.addFolded(upper)
		} else {
			s.flush()
		}
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			s.visit(sub)
		}
	case syntax.OpPlus:
		s.alone(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			s.alone(re.Sub[0])
		} else {
			s.flush()
		}
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
	default:
		s.flush()
	}
}

// alone visits what may be repeated.
func (s *literalSearch) alone(re *syntax.Regexp) {
	s.flush()
	s.visit(re)
	s.flush()
}

// add adds a character to the run. One that letters beyond ASCII stand for, too, ends
// it.
func (s *literalSearch) add(r rune, fold bool) {
	switch {
	case fold && r < utf8.RuneSelf && IsLetter(byte(r)) && isOnlyASCII(r):
		s.addFolded(r)
		return
	case fold && (r >= utf8.RuneSelf || IsLetter(byte(r))):
		s.flush()
		return
	case s.fold && r >= utf8.RuneSelf:
		s.flush()
	}
	s.run = utf8.AppendRune(s.run, r)
}

// addFolded adds an ASCII letter whose case does not count. The run then has nothing
// beyond ASCII.
func (s *literalSearch) addFolded(r rune) {
	if !isASCII(s.run) {
		s.flush()
	}
	s.fold = true
	s.run = append(s.run, byte(r))
}

func isASCII(text []byte) bool {
	return bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// isOnlyASCII reports whether Go's regular expressions let no letter beyond ASCII
// stand for an ASCII letter when they ignore case.
func isOnlyASCII(r rune) bool {
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		if other >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// bothCases returns the letter of a class that consists of an ASCII letter in both
// cases.
func bothCases(class []rune) (upper rune, ok bool) {
	if len(class) != 4 || class[0] != class[1] || class[2] != class[3] || class[0]+('a'-'A') != class[2] {
		return 0, false
	}
	return class[0], 'A' <= class[0] && class[0] <= 'Z'
}
