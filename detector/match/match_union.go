package match

import (
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// union matches a value that at least one of its matchers matches.
type union []matcher

// newUnion returns a matcher for values that one of these matches. Texts are
// merged into one set.
func newUnion(all []matcher) matcher {
	set := textSet{}
	var rest union
	var ignoringCase []string
	for _, m := range all {
		switch m := m.(type) {
		case exact:
			set[string(m)] = struct{}{}
		case foldedSet:
			ignoringCase = append(ignoringCase, m.list()...)
		case guarded:
			rest = append(rest, m.union...)
		case union:
			rest = append(rest, m...)
		default:
			rest = append(rest, m)
		}
	}
	if len(ignoringCase) > 0 {
		rest = append(rest, newFoldedSet(ignoringCase))
	}
	switch len(set) {
	case 0:
	case 1:
		for text := range set {
			rest = append(union{exact(text)}, rest...)
		}
	default:
		rest = append(union{set}, rest...)
	}
	if len(rest) == 1 {
		return rest[0]
	}
	if texts, ok := literalsOf(rest); ok {
		return guarded{literal.NewSet(distinctTexts(texts)), rest}
	}
	return rest
}

// guarded looks at a text only if one of the literals that its matchers need is in it.
type guarded struct {
	literals *literal.Set
	union
}

func (m guarded) match(v msgpack.Value) bool {
	return (!v.IsText() || m.literals.AnyIn(v.Bytes())) && m.union.match(v)
}

func (m union) match(v msgpack.Value) bool {
	for _, one := range m {
		if one.match(v) {
			return true
		}
	}
	return false
}
