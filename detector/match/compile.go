package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Compile compiles a query for documents with fields of these types. It does not
// keep the mapping. The error is a [*query.Error] if the type of a field does not
// allow a condition.
func Compile(q query.Query, m Mapping) (*Program, error) {
	c := compiler{query: q, mapping: m, program: &Program{}}
	if _, err := c.add(q.Root); err != nil {
		return nil, err
	}
	return c.program, nil
}

type compiler struct {
	query   query.Query
	mapping Mapping
	nested  string // the nested field whose objects the conditions are about
	program *Program
	costs   []int // of the program's nodes
}

// refuse makes the error for something at a place in the query.
func (c *compiler) refuse(at query.Span, format string, args ...any) error {
	return &query.Error{Query: c.query.Text, Span: at, Message: fmt.Sprintf(format, args...)}
}

// add compiles n and returns the index of its node.
func (c *compiler) add(n query.Node) (int32, error) {
	switch n := n.(type) {
	case *query.MatchAll:
		return c.constant(true), nil
	case *query.And:
		return c.group(opAnd, n.Nodes)
	case *query.Or:
		if list, ok := listOf(n); ok {
			return c.leaf(n, list[0].Field, func(t target) (matcher, error) { return c.oneOf(t, list) })
		}
		return c.group(opOr, n.Nodes)
	case *query.Not:
		i, err := c.group(opNot, []query.Node{n.Node})
		c.costs[i] += 2 // what a query excludes is rare: it hardly ever decides
		return i, err
	case *query.Exists:
		if n.Field.Any {
			return c.constant(c.nested == ""), nil
		}
		return c.leaf(n, n.Field, func(t target) (matcher, error) { return exists(t), nil })
	case *query.Compare:
		if n.Value.Kind == query.Null {
			return 0, c.refuseNull(n)
		}
		matcherFor := func(t target) (matcher, error) { return c.compare(t, n.Op, n.Value) }
		if n.Field.Any {
			return c.anywhere(n, matcherFor)
		}
		return c.leaf(n, n.Field, matcherFor)
	case *query.Nested:
		return c.nest(n)
	}
	return 0, fmt.Errorf("match: unknown node of type %T", n)
}

// refuseNull refuses to search for null, and says how to write what may be meant.
func (c *compiler) refuseNull(n *query.Compare) error {
	if n.Field.Any {
		text := c.query.Language.Format(&query.Compare{Field: n.Field, Value: query.Value{Text: n.Value.Text, Phrase: true}})
		return c.refuse(n.Value.At, "null cannot be searched for; the text is written %s", text)
	}
	missing := c.query.Language.Format(&query.Not{Node: &query.Exists{Field: n.Field}})
	return c.refuse(n.Value.At, "null cannot be searched for; for a field without a value write `%s`", missing)
}

func (c *compiler) node(o op, cost int) int32 {
	c.program.nodes = append(c.program.nodes, node{op: o, child: -1, next: -1})
	c.costs = append(c.costs, cost)
	return int32(len(c.program.nodes) - 1)
}

func (c *compiler) constant(value bool) int32 {
	if value {
		return c.node(opTrue, 0)
	}
	return c.node(opFalse, 0)
}

func (c *compiler) condition(cond Condition) int32 {
	i := c.node(opCondition, cond.cost())
	c.program.nodes[i].child = int32(len(c.program.conditions))
	c.program.conditions = append(c.program.conditions, cond)
	return i
}

// group compiles the children. They are evaluated in the order of their costs:
// what decides cheaply spares the rest.
func (c *compiler) group(o op, children []query.Node) (int32, error) {
	parent := c.node(o, 0)
	order := make([]int32, len(children))
	for i, child := range children {
		var err error
		if order[i], err = c.add(child); err != nil {
			return 0, err
		}
		c.costs[parent] += c.costs[order[i]]
	}
	slices.SortStableFunc(order, func(a, b int32) int { return c.costs[a] - c.costs[b] })
	link := &c.program.nodes[parent].child
	for _, i := range order {
		*link = i
		link = &c.program.nodes[i].next
	}
	return parent, nil
}

// listOf returns the values of a list joined by or, all for the same field.
func listOf(n *query.Or) (list []*query.Compare, ok bool) {
	for _, child := range n.Nodes {
		is, ok := child.(*query.Compare)
		if !ok || is.Op != query.Is || is.Field.Any || is.Field.Pattern != nil || is.Value.Kind == query.Null {
			return nil, false
		}
		if len(list) > 0 && is.Field.Name != list[0].Field.Name {
			return nil, false
		}
		list = append(list, is)
	}
	return list, true
}

// target is a field that a condition is about.
type target struct {
	field *event.Field // with its whole name
	path  string       // in the object, for a condition on a nested field's objects
	typ   event.Type
	// root: a flattened field as a whole, of which every leaf is a value.
	root bool
	// means says which fields the name in the query means, if it is not the
	// field's.
	means string
}

// name returns the field's name for messages.
func (t target) name() string {
	if t.means != "" {
		return fmt.Sprintf("%s (which %s means as well)", t.field.Name, t.means)
	}
	return t.field.Name
}

// target returns the field with that whole name.
func (c *compiler) target(name string) target {
	f := c.mapping.Field(name)
	t := target{field: f, typ: f.Type, path: name}
	if c.nested != "" {
		t.path = strings.TrimPrefix(name, c.nested+".")
	}
	below := prefixes(name, func(prefix string) bool { return c.mapping.Field(prefix).Type == event.TypeFlattened })
	if below && f.Type == event.TypeDynamic {
		t.typ = event.TypeFlattened
	}
	t.root = t.typ == event.TypeFlattened && !below
	return t
}

// whole returns the whole name of a field that is named within the braces.
func (c *compiler) whole(name string) string {
	if c.nested == "" {
		return name
	}
	return c.nested + "." + name
}

// leaf compiles a condition on a field, or on the fields that a name with
// wildcards means.
func (c *compiler) leaf(n query.Node, f query.Field, matcherFor func(target) (matcher, error)) (int32, error) {
	if f.Pattern != nil {
		return c.named(n, f, matcherFor)
	}
	t := c.target(c.whole(f.Name))
	m, err := matcherFor(t)
	if err != nil {
		return 0, err
	}
	cond := Condition{node: n, format: c.query.Language.Format, name: t.field.Name}
	switch {
	case nestedIn(c.mapping, t.field.Name) != c.nested:
		// What is in a nested field can only be reached by braces.
	case t.typ == event.TypeObject:
		if _, ok := n.(*query.Exists); ok {
			c.members(&cond, t)
		}
	default:
		cond.tests = []test{newTest(t, m)}
	}
	return c.condition(cond), nil
}

// members makes a condition that any field in the object has a value.
func (c *compiler) members(cond *Condition, object target) {
	for _, name := range c.mapping.Names() {
		if strings.HasPrefix(name, object.field.Name+".") && nestedIn(c.mapping, name) == c.nested {
			t := c.target(name)
			cond.tests = append(cond.tests, newTest(t, exists(t)))
		}
	}
	if !c.mapping.Closed() {
		cond.tests = append(cond.tests, test{field: event.DocumentField(object.field.Name, event.TypeObject), path: object.path, match: anything{}})
	}
}

// nest compiles a nested query.
func (c *compiler) nest(n *query.Nested) (int32, error) {
	if n.Path.Any || n.Path.Pattern != nil {
		return 0, c.refuse(n.Path.At, "a nested query needs the name of one nested field")
	}
	t := c.target(c.whole(n.Path.Name))
	name := t.field.Name
	switch {
	case t.typ == event.TypeNested:
	case t.typ == event.TypeDynamic && !c.mapping.Closed():
	case t.typ == event.TypeDynamic:
		return 0, c.refuse(n.Path.At, "%s is not known to be a nested field", name)
	default:
		return 0, c.refuse(n.Path.At, "%s is of type %s, not nested", name, t.typ)
	}
	inner := compiler{query: c.query, mapping: nestedMapping{c.mapping, name}, nested: name, program: &Program{}}
	if _, err := inner.add(n.Node); err != nil {
		return 0, err
	}
	return c.condition(Condition{node: n, format: c.query.Language.Format, name: name, nested: &nested{t.field, t.path, inner.program}}), nil
}

// nestedMapping is a mapping of which one field is nested, also if the mapping
// itself does not know it.
type nestedMapping struct {
	Mapping
	path string
}

func (m nestedMapping) Field(name string) *event.Field {
	f := m.Mapping.Field(name)
	if name != m.path || f.Type == event.TypeNested {
		return f
	}
	nested := *f
	nested.Type = event.TypeNested
	return &nested
}

// hardlyDecide are fields of few values, of which one is in a large part of all
// events. So have constant keywords, in nearly all of them.
var hardlyDecide = []string{"event.outcome", "aws.cloudtrail.event_type", "aws.cloudtrail.event_category", "aws.cloudtrail.user_identity.type",
	"aws.cloudtrail.read_only", "aws.cloudtrail.management_event", "cloud.region", "cloud.account.id"}

// cost is a guess at what it costs to evaluate the condition, and at how seldom it
// decides.
func (c *Condition) cost() int {
	cost := 0
	for i := range c.tests {
		t := &c.tests[i]
		if t.literal.IsZero() {
			cost += costOf(t.match)
		} else {
			cost++ // to look for it is quick, however the value is compared
		}
		if t.field.Type == event.TypeConstantKeyword || slices.Contains(hardlyDecide, t.field.Name) {
			cost += 2
		}
	}
	if c.others != nil {
		cost += 100
	}
	if c.nested != nil {
		cost += 50
	}
	return cost
}

func costOf(m matcher) int {
	switch m := m.(type) {
	case exact, textSet, scalar, truth:
		return 1
	case pattern:
		return 4
	case either:
		cost := 0
		for _, one := range m {
			cost += costOf(one)
		}
		return cost
	case leaves:
		return 4 + costOf(m.matcher)
	case anyWord, phrase, wordPattern, wordOrder:
		return 8
	}
	return 2
}
