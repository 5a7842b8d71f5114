package match

import (
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// fieldsLike compiles a condition on a pattern of names: true if it is for one of
// the fields of the mapping that fit, refused if the type of one of them does not
// allow it. Documents may have further fields that fit.
//
// A pattern also fits fields in nested fields and tests the values of all objects
// there.
func (c *compiler) fieldsLike(n query.Node, f query.Field, newMatcher newMatcher) (int32, error) {
	full := slices.Clone(f.Pattern)
	full[0] = c.fullName(full[0])
	fitting := newPattern(full)
	cond := c.newCondition(n, strings.Join(full, "*"))
	tested := map[string]bool{}
	for _, name := range c.mapping.Names() {
		if !fitting.fits([]byte(name)) || c.nested != "" && nestedParent(c.mapping, name) != c.nested {
			continue
		}
		t := c.target(name)
		t.pattern = f.Name
		m, err := newMatcher(t)
		if err != nil {
			return 0, err
		}
		tested[t.path] = true
		cond.tests = append(cond.tests, newTest(t, m))
	}
	c.addUnmapped(&cond, f.Pattern, tested, newMatcher)
	return c.condition(cond), nil
}

// anyField compiles a comparison without a field. As in Elasticsearch's lenient
// searches, fields whose type does not allow it are left out.
func (c *compiler) anyField(n *query.Compare) (int32, error) {
	if c.nested != "" {
		return c.constant(false), nil
	}
	newMatcher := func(t target) (matcher, error) { return c.comparison(t, n.Op, n.Value) }
	if n.Op == query.Is && n.Value.Kind == query.Wildcard {
		if slices.ContainsFunc(splitAtBlanks(n.Value.Pattern), query.Pattern.IsStar) {
			return c.constant(true), nil
		}
		newMatcher = func(t target) (matcher, error) { return c.anyPart(t, n.Value) }
	}
	cond := c.newCondition(n, "")
	tested := map[string]bool{}
	for _, name := range c.mapping.Names() {
		if nestedParent(c.mapping, name) != "" {
			continue
		}
		tested[name] = true
		t := c.target(name)
		if m, err := newMatcher(t); err == nil {
			cond.tests = append(cond.tests, newTest(t, m))
		}
	}
	c.addUnmapped(&cond, query.Pattern{"", ""}, tested, newMatcher)
	return c.condition(cond), nil
}

// addUnmapped extends a condition to fields that are not in the mapping but that
// documents may have. As it is unknown whether they do, none of them refuses the
// query.
func (c *compiler) addUnmapped(cond *Condition, names query.Pattern, tested map[string]bool, newMatcher newMatcher) {
	if c.mapping.Closed() {
		return
	}
	fitting := newPattern(names)
	if c.nested == "" {
		for _, name := range ecsNames {
			if tested[name] || !fitting.fits([]byte(name)) || nestedParent(c.mapping, name) != "" {
				continue
			}
			tested[name] = true
			t := c.target(name)
			if m, err := newMatcher(t); err == nil {
				cond.tests = append(cond.tests, newTest(t, m))
			}
		}
	}
	dynamic := target{field: event.DocumentField("", event.TypeDynamic)}
	if m, err := newMatcher(dynamic); err == nil {
		cond.unmapped = &unmapped{fitting, tested, m}
	}
}
