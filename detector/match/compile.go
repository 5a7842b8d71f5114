package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
)

// Compile parses a query and compiles it against the ECS view of CloudTrail. The
// error is a *kql.Error with the place: text that is no KQL, or a condition that
// Elasticsearch refuses.
func Compile(query string) (*Program, error) { return CompileFor(query, ECS{}) }

// CompileFor is Compile against another mapping, which it does not keep.
func CompileFor(query string, m Mapping) (*Program, error) {
	tree, err := kql.Parse(query)
	if err != nil {
		return nil, err
	}
	c := compiler{query: query, mapping: m, program: &Program{query: tree}}
	if _, err := c.add(tree); err != nil {
		return nil, err
	}
	return c.program, nil
}

type compiler struct {
	query   string
	mapping Mapping
	nested  string // the nested field whose objects the conditions are about
	program *Program
	costs   []int // of the program's nodes
}

// refuse makes the error for something at a place in the query.
func (c *compiler) refuse(at kql.Span, format string, args ...any) error {
	return &kql.Error{Query: c.query, Span: at, Message: fmt.Sprintf(format, args...)}
}

// add compiles n and returns the index of its node.
func (c *compiler) add(n kql.Node) (int32, error) {
	switch n := n.(type) {
	case *kql.MatchAll:
		if n.Bare && c.nested != "" { // there it asks for a field "null"
			return c.node(opFalse, 0), nil
		}
		return c.node(opTrue, 0), nil
	case *kql.And:
		return c.group(opAnd, n.Nodes)
	case *kql.Or:
		if list, ok := listOf(n); ok {
			return c.leaf(n, list[0].Field, func(t target) (matcher, error) { return c.oneOf(t, list) })
		}
		return c.group(opOr, n.Nodes)
	case *kql.Not:
		i, err := c.group(opNot, []kql.Node{n.Node})
		c.costs[i] += 2 // what a query excludes is rare: it hardly ever decides
		return i, err
	case *kql.Exists:
		return c.leaf(n, n.Field, func(t target) (matcher, error) { return exists(t), nil })
	case *kql.Is:
		switch {
		case n.Value.Kind == kql.Null && n.Field.None:
			return 0, c.refuse(n.Value.Span, "null cannot be searched for; as a text it is written \"null\", in quotes")
		case n.Value.Kind == kql.Null:
			return 0, c.refuse(n.Value.Span, "null cannot be searched for; for a field without a value write \"not %s: *\"", n.Field.Name)
		case n.Field.None:
			return c.anywhere(n)
		}
		return c.leaf(n, n.Field, func(t target) (matcher, error) { return c.equals(t, n.Value) })
	case *kql.Range:
		field := n.Field
		if field.None { // a comparison always has a field, here one that is called null
			field = kql.Field{Name: "null", Span: field.Span}
		}
		return c.leaf(n, field, func(t target) (matcher, error) { return c.ordered(t, n.Op, n.Value) })
	case *kql.Nested:
		return c.nest(n)
	}
	return 0, fmt.Errorf("program: a node of type %T", n) // kql has no other
}

func (c *compiler) node(o op, cost int) int32 {
	c.program.nodes = append(c.program.nodes, node{op: o, child: -1, next: -1})
	c.costs = append(c.costs, cost)
	return int32(len(c.program.nodes) - 1)
}

func (c *compiler) condition(cond Condition) int32 {
	i := c.node(opCondition, cond.cost())
	c.program.nodes[i].child = int32(len(c.program.conditions))
	c.program.conditions = append(c.program.conditions, cond)
	return i
}

// group compiles the children. They are evaluated in the order of their costs:
// what decides cheaply spares the rest.
func (c *compiler) group(o op, children []kql.Node) (int32, error) {
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
func listOf(n *kql.Or) (list []*kql.Is, ok bool) {
	for _, child := range n.Nodes {
		is, ok := child.(*kql.Is)
		if !ok || is.Field.None || is.Field.Pattern != nil || is.Value.Kind == kql.Null {
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
func (c *compiler) leaf(n kql.Node, f kql.Field, matcherFor func(target) (matcher, error)) (int32, error) {
	if f.Pattern != nil {
		return c.named(n, f, matcherFor)
	}
	t := c.target(c.whole(f.Name))
	m, err := matcherFor(t)
	if err != nil {
		return 0, err
	}
	cond := Condition{node: n, name: t.field.Name}
	switch {
	case nestedIn(c.mapping, t.field.Name) != c.nested:
		// What is in a nested field can only be reached by braces.
	case t.typ == event.TypeObject:
		if asksForAny(n) {
			c.members(&cond, t)
		}
	default:
		cond.tests = []test{newTest(t, m)}
	}
	return c.condition(cond), nil
}

// asksForAny reports whether any value does: "field: *", and a range without an end.
func asksForAny(n kql.Node) bool {
	switch n := n.(type) {
	case *kql.Exists:
		return true
	case *kql.Range:
		return n.Value.Kind == kql.Null
	}
	return false
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
func (c *compiler) nest(n *kql.Nested) (int32, error) {
	if n.Path.None || n.Path.Pattern != nil {
		return 0, c.refuse(n.Path.Span, "a nested query needs the name of one nested field")
	}
	t := c.target(c.whole(n.Path.Name))
	name := t.field.Name
	switch {
	case t.typ == event.TypeNested:
	case t.typ == event.TypeDynamic && !c.mapping.Closed():
	case t.typ == event.TypeDynamic:
		return 0, c.refuse(n.Path.Span, "%s is not known to be a nested field", name)
	default:
		return 0, c.refuse(n.Path.Span, "%s is of type %s, not nested", name, t.typ)
	}
	inner := compiler{query: c.query, mapping: nestedMapping{c.mapping, name}, nested: name, program: &Program{query: n.Node}}
	if _, err := inner.add(n.Node); err != nil {
		return 0, err
	}
	return c.condition(Condition{node: n, name: name, nested: &nested{t.field, t.path, inner.program}}), nil
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
