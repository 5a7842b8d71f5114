package match

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Condition is one condition of a query: a field and what it must be. A list of
// values joined by "or" is one condition, and so is a nested query.
type Condition struct {
	node   query.Node
	format func(query.Node) string
	name   string // of the field, "" for a value without one
	// It holds if one of the tests does, or others, or the nested query.
	tests  []test
	others *others
	nested *nested
}

// test is the test of the values of one field.
type test struct {
	field *event.Field // with its whole name
	path  string       // in an object of a nested field
	match matcher
	// literal is in every text that the matcher matches; zero when that is not
	// known, or no help.
	literal literal.Finder
}

func newTest(t target, m matcher) test { return test{t.field, t.path, m, literalOf(t.field, m)} }

// matcher decides about one value.
type matcher interface {
	match(v msgpack.Value) bool
}

// Holds reports whether the condition by itself is true for the event, whatever the
// query makes of that.
func (c *Condition) Holds(e *event.Event) bool { return c.holds(e, msgpack.Value{}) }

// holds looks at the event, or at an object of a nested field in it.
func (c *Condition) holds(e *event.Event, object msgpack.Value) bool {
	for i := range c.tests {
		if c.tests[i].holds(e, object) {
			return true
		}
	}
	return c.others != nil && c.others.holds(e, object) ||
		c.nested != nil && c.nested.holds(e, object)
}

func (t *test) holds(e *event.Event, object msgpack.Value) bool {
	if object.Kind() != msgpack.Invalid {
		return e.AnyIn(object, t.path, t.match.match)
	}
	if !t.literal.IsZero() && !e.MayHave(t.field, &t.literal) {
		return false
	}
	if text, ok := e.Text(t.field); ok {
		return t.match.match(msgpack.Text(text))
	}
	for _, v := range e.Values(t.field) {
		if t.match.match(v) {
			return true
		}
	}
	return false
}

// Fields returns the fields that the condition reads, those of the mapping that
// it names: several for a name with wildcards and for a value without a field.
func (c *Condition) Fields() []*event.Field {
	if c.nested != nil {
		return []*event.Field{c.nested.field}
	}
	fields := make([]*event.Field, 0, len(c.tests))
	for _, t := range c.tests {
		fields = append(fields, t.field)
	}
	return fields
}

// underivable returns the name of the field if no event in CloudTrail's own form
// can have it.
func (c *Condition) underivable() string {
	for _, f := range c.Fields() {
		if f.Derivable {
			return ""
		}
	}
	return c.name
}

// Span returns where the condition stands in the query. What comes from one
// value of a list has the span of the value.
func (c *Condition) Span() query.Span { return c.node.Span() }

// String returns the condition in the language of the query, on one line.
func (c *Condition) String() string { return strings.Join(strings.Fields(c.format(c.node)), " ") }
