package match

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Condition is one condition of a query, a leaf of its tree. A list of values for
// one field is one condition, and so are a query on the objects of a nested field and
// what is computed of several fields.
type Condition struct {
	query query.Query
	node  query.Node
	name  string // of the field, or the pattern; "" without a field
	// negated means that the query shows the condition and the not around it as one,
	// as in user.name != "root".
	negated bool
	// only means that the condition is true only of a field with one value, for which
	// the tests are true or, if inverse is set, false.
	only, inverse bool
	// The condition is true if any of these is.
	tests    []test
	unmapped *unmapped
	nested   *nested
	computed *computed
	keyword  *keyword
	decided  decided
}

// test is the test of the values of one field.
type test struct {
	field *event.Field // by its full name
	path  string       // relative to the object of a nested field
	match matcher
	// literal occurs in every text that the matcher matches. It is zero if there
	// is none, or if searching for it would not be faster.
	literal literal.Finder
	// presence means that the member is looked for, be it null, and not its values.
	presence bool
}

func newTest(t target, m matcher) test {
	_, presence := m.(present)
	return test{t.field, t.path, m, literalOf(t.field, m), presence}
}

// matcher decides about one value.
type matcher interface {
	match(v msgpack.Value) bool
}

// Holds reports whether the condition, as String has it, is true for the event.
func (c *Condition) Holds(e *event.Event) bool { return c.holds(e, msgpack.Value{}) != c.negated }

// holds evaluates the condition for the event or, if object is valid, for that
// object of a nested field.
func (c *Condition) holds(e *event.Event, object msgpack.Value) bool {
	if c.decided.sources != 0 {
		if source, ok := e.Origin(); ok && c.decided.sources>>source&1 != 0 {
			return c.decided.result>>source&1 != 0
		}
	}
	if c.only {
		return c.holdsForOne(e)
	}
	for i := range c.tests {
		if c.tests[i].holds(e, object) {
			return true
		}
	}
	return c.unmapped != nil && c.unmapped.holds(e, object) ||
		c.nested != nil && c.nested.holds(e, object) ||
		c.computed != nil && c.computed.holds(e) ||
		c.keyword != nil && c.keyword.holds(e)
}

func (t *test) holds(e *event.Event, object msgpack.Value) bool {
	if object.Kind() != msgpack.Invalid {
		return e.AnyIn(object, t.path, t.match.match)
	}
	if !t.literal.IsZero() && !e.MayHave(t.field, &t.literal) {
		return false
	}
	if t.presence {
		return e.HasRaw(t.field)
	}
	if text, ok := e.Text(t.field); ok {
		if t.match.match(msgpack.TextOf(text)) {
			return true
		}
		if !e.HasOther(t.field) {
			return false
		}
	}
	return e.Any(t.field, t.match.match)
}

// Fields returns the fields of the mapping that the condition reads: several for a
// pattern of names, all for a comparison without a field.
func (c *Condition) Fields() []*event.Field {
	if c.nested != nil {
		return []*event.Field{c.nested.field}
	}
	if c.computed != nil {
		return c.computed.fields()
	}
	fields := make([]*event.Field, 0, len(c.tests))
	for _, t := range c.tests {
		fields = append(fields, t.field)
	}
	return fields
}

// Span returns where the condition is written in the query.
func (c *Condition) Span() query.Span { return c.node.Span() }

// String returns the condition in the language of the query, on one line.
func (c *Condition) String() string {
	text := c.query.Show(c.node)
	if opposite(c.node) {
		return "not " + text
	}
	return text
}

// opposite reports whether what is written where a node was is its opposite.
func opposite(n query.Node) bool {
	switch n := n.(type) {
	case *query.Exists:
		return n.Negated
	case *query.Only:
		return n.Negated
	case *query.Computed:
		return n.Negated
	}
	return false
}
