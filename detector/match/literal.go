package match

import (
	"slices"
	"strings"
	"unicode"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
)

// minLiteral is the minimum length of a literal that is worth searching for.
const minLiteral = 4

// literalOf returns a literal that occurs in every text that the matcher matches, if
// searching for it is faster than finding the values of the field, else zero.
func literalOf(f *event.Field, m matcher) (none literal.Finder) {
	if !f.Nested() {
		return none
	}
	texts, ok := literalsOf(m)
	if !ok || len(texts) != 1 {
		return none
	}
	return literal.NewFinder(texts[0])
}

// isLiteral reports whether a text is worth searching for.
func isLiteral(text string) bool {
	return len(text) >= minLiteral && strings.ContainsFunc(text, isNotNumeric)
}

// literalsOf returns texts, as JSON writes them, of which at least one occurs in
// every text that the matcher matches. It returns false if there are no such texts
// that are worth searching for. Texts that numbers or booleans may have are not, as
// an event may hold these in binary form.
func literalsOf(m matcher) (texts []literal.Text, ok bool) {
	add := func(text string) bool {
		text = longestPlain(text)
		if !isLiteral(text) {
			return false
		}
		texts = append(texts, literal.Text{Text: text})
		return true
	}
	switch m := m.(type) {
	case exact:
		return texts, add(string(m))
	case textSet:
		for text := range m {
			if !add(text) {
				return nil, false
			}
		}
		return texts, true
	case pattern:
		longest := ""
		for _, part := range append(m.middle[:len(m.middle):len(m.middle)], m.first, m.last) {
			if part := longestPlain(string(part)); len(part) > len(longest) {
				longest = part
			}
		}
		return texts, add(longest)
	case glob:
		return texts, add(caseless(m.Literal()))
	case expression:
		return texts, add(caseless(m.Literal()))
	case *anyText:
		return m.literals()
	case anyLeaf:
		return literalsOf(m.matcher)
	case guarded:
		return literalsOf(m.union)
	case union:
		for _, one := range m {
			more, ok := literalsOf(one)
			if !ok {
				return nil, false
			}
			texts = append(texts, more...)
		}
		return texts, true
	}
	return nil, false
}

// caseless returns the longest part of a text that is the same in every case.
func caseless(text string, fold bool) string {
	longest := ""
	if !fold {
		return text
	}
	for part := range strings.FieldsFuncSeq(text, unicode.IsLetter) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	return longest
}

// longestPlain returns the longest part of a text without characters that JSON
// escapes or may escape: all that are not printable ASCII, and some that are.
func longestPlain(text string) string { return longestBetween(text, `"\/`) }

// longestBetween returns the longest part of a text without characters that are not
// printable ASCII and without some others.
func longestBetween(text, others string) string {
	longest := ""
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(others, r) }) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	return longest
}

// isNotNumeric reports whether a character occurs in no number and no boolean.
func isNotNumeric(r rune) bool { return !strings.ContainsRune("0123456789+-.eEINafnitrulsy", r) }

// Literals returns texts, as JSON writes them, of which at least one occurs in every
// event that one of the programs matches. It returns false if a program has no such
// texts. Of conditions joined by and it takes those that are cheapest to search for.
func (s *Set) Literals() (texts []literal.Text, ok bool) {
	for _, p := range s.programs {
		more, ok := required(p, 0, (*Condition).literals, cheaper, distinctTexts)
		if !ok {
			return nil, false
		}
		texts = append(texts, more...)
	}
	return distinctTexts(texts), true
}

func (c *Condition) literals() (texts []literal.Text, ok bool) {
	if c.keyword != nil {
		return c.keyword.literals()
	}
	if c.nested != nil || c.unmapped != nil || c.computed != nil || c.inverse {
		return nil, false
	}
	for i := range c.tests {
		t := &c.tests[i]
		more, ok := literalsOf(t.match)
		if !ok || !t.field.Verbatim() {
			return nil, false
		}
		texts = append(texts, more...)
	}
	return distinctTexts(texts), true
}

func distinctTexts(texts []literal.Text) []literal.Text {
	slices.SortFunc(texts, func(a, b literal.Text) int {
		if a.Fold != b.Fold && a.Text == b.Text {
			if a.Fold {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Text, b.Text)
	})
	return slices.Compact(texts)
}

// cheaper reports whether it is cheaper to search for the texts a than for b.
func cheaper(a, b []literal.Text) bool { return literal.NewSet(a).Cost() < literal.NewSet(b).Cost() }
