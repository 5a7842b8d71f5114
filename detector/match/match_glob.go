package match

import (
	"bytes"
	"maps"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	textpattern "github.com/fluent-detect/fluent-detect/detector/query/pattern"
)

// holdsText reports whether the values of a field are texts, or may be.
func (t target) holdsText() bool {
	switch t.typ {
	case event.TypeKeyword, event.TypeConstantKeyword, event.TypeWildcard, event.TypeFlattened, event.TypeDynamic:
		return true
	}
	return false
}

// pattern returns the matcher of a glob or of a regular expression.
func (c *compiler) pattern(t target, v query.Value) (matcher, error) {
	if !t.holdsText() {
		return nil, c.refuse(v.At, "%s is of type %s, and only texts can be compared with a pattern", t.describe(), t.typ)
	}
	if v.Kind == query.Regexp {
		re, err := textpattern.NewRegexp(v.Text)
		if err != nil {
			return nil, c.refuse(v.At, "%v", err)
		}
		return t.overLeaves(expression{re}), nil
	}
	return t.overLeaves(newGlob(v.Pattern, v.Fold)), nil
}

// newGlob returns the matcher of a pattern that fits the whole text, a simpler one if
// there is one.
func newGlob(p query.Pattern, fold query.Fold) matcher {
	anyChar := slices.ContainsFunc(p, func(run string) bool { return slices.Contains([]byte(run), query.AnyChar) })
	switch {
	case anyChar:
	case len(p) == 1 && fold != query.NoFold:
		return newFoldedSet([]string{p[0]})
	case len(p) == 1:
		return exact(p[0])
	case p.IsStar():
		return scalar{}
	case fold == query.NoFold:
		return newPattern(p)
	}
	return glob{textpattern.NewGlob(p, fold)}
}

// glob matches a text that a glob fits.
type glob struct{ *textpattern.Glob }

func (m glob) match(v msgpack.Value) bool {
	var buf [maxNumberText]byte
	text, ok := scalarText(buf[:0], v)
	return ok && m.Fits(text)
}

// expression matches a text that a regular expression matches.
type expression struct{ *textpattern.Regexp }

func (m expression) match(v msgpack.Value) bool {
	if v.IsText() {
		return m.Match(v.Bytes())
	}
	var buf [maxNumberText]byte
	text, ok := scalarText(buf[:0], v)
	return ok && m.MayMatch(text) && m.Match(bytes.Clone(text)) // which escapes
}

// folded returns the matcher of a text whose case does not count.
func (c *compiler) folded(t target, v query.Value) (matcher, error) {
	if !t.holdsText() {
		return nil, c.refuse(v.At, "%s is of type %s, and only the case of texts can be ignored", t.describe(), t.typ)
	}
	return t.overLeaves(newFoldedSet([]string{v.Text})), nil
}

// foldedSet matches a text that is in the set if case does not count.
type foldedSet struct {
	fold  query.Fold
	texts map[string]struct{} // folded
	max   int                 // length of a text that may be in the set
}

// maxFolded is the length of the longest text that is looked up.
const maxFolded = 256

func newFoldedSet(texts []string) matcher {
	set := foldedSet{fold: query.LowerFold, texts: map[string]struct{}{}}
	var long union
	for _, text := range texts {
		if !set.add(text) {
			long = append(long, glob{textpattern.NewGlob(query.Pattern{text}, query.LowerFold)})
		}
	}
	switch {
	case len(long) == 0:
		return set
	case len(set.texts) > 0:
		long = append(long, set)
	}
	return long
}

// add adds a text, and returns false if it is too long.
func (m *foldedSet) add(text string) bool {
	text = textpattern.Fold(text, m.fold)
	n := 3 * len(text) // a letter has three bytes in one case and two in the other at most, or one
	if n > maxFolded {
		return false
	}
	m.texts[text] = struct{}{}
	m.max = max(m.max, n)
	return true
}

func (m foldedSet) list() []string { return slices.Sorted(maps.Keys(m.texts)) }

func (m foldedSet) match(v msgpack.Value) bool {
	var number [maxNumberText]byte
	text, ok := scalarText(number[:0], v)
	return ok && m.has(text)
}

// has reports whether a text is in the set.
func (m *foldedSet) has(text []byte) bool {
	if len(text) > m.max {
		return false
	}
	var buf [2 * maxFolded]byte
	_, found := m.texts[string(textpattern.AppendFold(buf[:0], text, m.fold))]
	return found
}

// block returns the matcher of addresses in a block.
func (c *compiler) block(t target, v query.Value) (matcher, error) {
	block, ok := event.ParseBlock(v.Text)
	switch {
	case t.typ != event.TypeIP && t.typ != event.TypeDynamic:
		return nil, c.refuse(v.At, "%s is of type %s, and only IP addresses are in a block", t.describe(), t.typ)
	case !ok:
		return nil, c.refuse(v.At, "%q is not a block of IP addresses", v.Text)
	}
	return ipBlock(block), nil
}

// truth returns the matcher of true, for a field that is a condition by itself.
func (c *compiler) truth(t target, v query.Value) (matcher, error) {
	if t.typ != event.TypeBoolean && t.typ != event.TypeDynamic {
		return nil, c.refuse(v.At, "%s is of type %s, and only a boolean is a condition by itself", t.describe(), t.typ)
	}
	return boolean(true), nil
}

// checkStrict refuses a value whose type is not that of the field.
func (c *compiler) checkStrict(t target, v query.Value) error {
	if !v.Strict {
		return nil
	}
	number := t.typ == event.TypeLong || t.typ == event.TypeDouble
	wrong := false
	switch v.Kind {
	case query.Number:
		wrong = t.holdsText() && t.typ != event.TypeDynamic || t.typ == event.TypeBoolean || t.typ == event.TypeIP
	case query.Bool:
		wrong = t.typ != event.TypeBoolean && t.typ != event.TypeDynamic
	case query.String:
		wrong = number || t.typ == event.TypeBoolean
	}
	if wrong {
		return c.refuse(v.At, "%s is of type %s, and the list has values of another type", t.describe(), t.typ)
	}
	return nil
}
