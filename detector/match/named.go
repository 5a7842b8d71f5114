package match

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// named compiles a condition on a name with wildcards, which stands for all
// fields of the mapping that fit: one of them has to satisfy it, and if the type
// of one refuses it the query is refused. Documents may have further fields that
// fit.
//
// A name that fits what is in nested fields reaches into their objects, without
// braces.
func (c *compiler) named(n query.Node, f query.Field, matcherFor func(target) (matcher, error)) (int32, error) {
	parts := append([]string(nil), f.Pattern...)
	parts[0] = c.whole(parts[0])
	name := newPattern(parts)
	cond := Condition{node: n, format: c.query.Language.Format, name: strings.Join(parts, "*")}
	known := map[string]bool{}
	for _, field := range c.mapping.Names() {
		if !name.fits([]byte(field)) || c.nested != "" && nestedIn(c.mapping, field) != c.nested {
			continue
		}
		t := c.target(field)
		t.means = f.Name
		m, err := matcherFor(t)
		if err != nil {
			return 0, err
		}
		known[t.path] = true
		cond.tests = append(cond.tests, newTest(t, m))
	}
	c.rest(&cond, f.Pattern, known, matcherFor)
	return c.condition(cond), nil
}

// anywhere compiles a value without a field: whether any field has it.
// Elasticsearch is asked leniently: a field whose type refuses the value does
// not have it.
func (c *compiler) anywhere(n *query.Compare, matcherFor func(target) (matcher, error)) (int32, error) {
	if c.nested != "" {
		return c.constant(false), nil
	}
	if n.Op == query.Is && n.Value.Kind == query.Wildcard {
		for _, part := range splitAtBlanks(n.Value.Pattern) {
			if part.IsStar() {
				return c.constant(true), nil
			}
		}
		matcherFor = func(t target) (matcher, error) { return c.likeParts(t, n.Value) }
	}
	cond := Condition{node: n, format: c.query.Language.Format}
	known := map[string]bool{}
	for _, field := range c.mapping.Names() {
		if nestedIn(c.mapping, field) != "" {
			continue
		}
		known[field] = true
		t := c.target(field)
		if m, err := matcherFor(t); err == nil {
			cond.tests = append(cond.tests, newTest(t, m))
		}
	}
	c.rest(&cond, []string{"", ""}, known, matcherFor)
	return c.condition(cond), nil
}

// rest lets a condition look into the fields that only documents have. Whether
// one of them is there is not known, so that none can refuse the query.
func (c *compiler) rest(cond *Condition, pattern []string, known map[string]bool, matcherFor func(target) (matcher, error)) {
	if c.mapping.Closed() {
		return
	}
	name := newPattern(pattern)
	if c.nested == "" {
		for _, field := range schemaNames {
			if known[field] || !name.fits([]byte(field)) || nestedIn(c.mapping, field) != "" {
				continue
			}
			known[field] = true
			t := c.target(field)
			if m, err := matcherFor(t); err == nil {
				cond.tests = append(cond.tests, newTest(t, m))
			}
		}
	}
	dynamic := target{field: event.DocumentField("", event.TypeDynamic)}
	if m, err := matcherFor(dynamic); err == nil {
		cond.others = &others{name, known, m}
	}
}
