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
	c.program.raw, _ = m.(*Raw)
	if _, err := c.compile(q.Root); err != nil {
		return nil, err
	}
	return c.program, nil
}

type compiler struct {
	brief   bool // errors need not say what may have been meant
	query   query.Query
	mapping Mapping
	nested  string // the nested field whose objects the conditions are about, or ""
	program *Program
	costs   []int // of the program's nodes
}

// isRaw reports whether the query names the members of records.
func (c *compiler) isRaw() bool { return c.program.raw != nil }

// newMatcher returns the matcher of a condition for the type of a field.
type newMatcher func(target) (matcher, error)

// refuse returns an error about a place in the query.
func (c *compiler) refuse(at query.Span, format string, args ...any) error {
	return &query.Error{Query: c.query.Text, Span: at, Message: fmt.Sprintf(format, args...)}
}

// compile compiles n and returns the index of its node.
func (c *compiler) compile(n query.Node) (int32, error) {
	switch n := n.(type) {
	case *query.MatchAll:
		return c.constant(true), nil
	case *query.And:
		return c.group(opAnd, n.Nodes)
	case *query.Or:
		if list, ok := keywordList(n); ok && c.isRaw() {
			return c.keywords(n, list)
		}
		if list, ok := valueList(n); ok {
			return c.leaf(n, list[0].Field, func(t target) (matcher, error) { return c.oneOf(t, list) })
		}
		return c.group(opOr, n.Nodes)
	case *query.Not:
		i, err := c.group(opNot, []query.Node{n.Node})
		if err != nil {
			return 0, err
		}
		c.costs[i] += 2 // exclusions rarely apply, so they rarely decide
		if child := c.program.nodes[c.program.nodes[i].child]; child.op == opCondition && n.Node.Span() == n.At && n.At.End > 0 {
			c.program.conditions[child.child].negated = true
			if c.isRaw() {
				c.program.conditions[child.child].node = n
			}
		}
		return i, nil
	case *query.Exists:
		if n.Field.Any {
			return c.constant(c.nested == ""), nil
		}
		return c.leaf(n, n.Field, func(t target) (matcher, error) { return newExists(t), nil })
	case *query.Compare:
		if n.Value.Kind == query.Null {
			return 0, c.refuseNull(n)
		}
		if n.Field.Any {
			if list, ok := keywordList(n); ok && c.isRaw() {
				return c.keywords(n, list)
			}
			return c.anyField(n)
		}
		return c.leaf(n, n.Field, func(t target) (matcher, error) { return c.comparison(t, n.Op, n.Value) })
	case *query.Only:
		return c.one(n)
	case *query.Nested:
		return c.objects(n)
	case *query.Computed:
		if n.Whole {
			return c.whole(n)
		}
		return c.computed(n)
	case *query.Table:
		return c.table(n)
	case *query.Sequence:
		return c.sequence(n)
	}
	return 0, fmt.Errorf("match: unknown node of type %T", n)
}

// refuseNull returns an error that says how to write what was probably meant.
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

func (c *compiler) newCondition(n query.Node, name string) Condition {
	return Condition{query: c.query, node: n, name: name}
}

func (c *compiler) condition(cond Condition) int32 {
	cond.decided = c.decide(&cond)
	i := c.node(opCondition, cond.cost())
	c.program.nodes[i].child = int32(len(c.program.conditions))
	c.program.conditions = append(c.program.conditions, cond)
	return i
}

// group compiles a node with children. They are evaluated in the order of their
// costs, so that a cheap one may decide first.
func (c *compiler) group(o op, children []query.Node) (int32, error) {
	parent := c.node(o, 0)
	order := make([]int32, len(children))
	for i, child := range children {
		var err error
		if order[i], err = c.compile(child); err != nil {
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

// valueList returns the comparisons below n if they are a list of values for one
// field.
func valueList(n *query.Or) (list []*query.Compare, ok bool) {
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
	return list, len(list) > 0
}

// leaf compiles a condition on a field, or on all fields whose names fit a
// pattern.
func (c *compiler) leaf(n query.Node, f query.Field, newMatcher newMatcher) (int32, error) {
	if f.Pattern != nil {
		return c.fieldsLike(n, f, newMatcher)
	}
	t := c.target(c.fullName(f.Name))
	if f.Column {
		var err error
		if t, err = c.columnTarget(f); err != nil {
			return 0, err
		}
	}
	if err := c.checkExact(f, t); err != nil {
		return 0, err
	}
	m, err := newMatcher(t)
	if err != nil {
		return 0, err
	}
	cond := c.newCondition(n, t.field.Name)
	switch {
	case nestedParent(c.mapping, t.field.Name) != c.nested:
		// What is in a nested field is only visible to a query on its objects.
	case t.typ == event.TypeObject:
		if _, ok := n.(*query.Exists); ok {
			c.objectExists(&cond, t)
		}
	default:
		cond.tests = []test{newTest(t, m)}
	}
	return c.condition(cond), nil
}

// checkExact refuses fields that do not keep their values as they are.
func (c *compiler) checkExact(f query.Field, t target) error {
	if !f.Exact {
		return nil
	}
	switch parent := nestedParent(c.mapping, t.field.Name); {
	case t.typ == event.TypeText:
		return c.refuse(f.At, "%s is of type text: only its words are known, and they cannot be compared", t.describe())
	case t.typ == event.TypeObject, t.typ == event.TypeNested:
		return c.refuse(f.At, "%s is of type %s: only the fields in it have values", t.describe(), t.typ)
	case parent != "":
		return c.refuse(f.At, "%s is in %s, which is of type nested: such fields are not supported in EQL", t.describe(), parent)
	}
	return nil
}

// objectExists makes a condition true if any field in the object has a value.
func (c *compiler) objectExists(cond *Condition, object target) {
	for _, name := range c.mapping.Names() {
		if strings.HasPrefix(name, object.field.Name+".") && nestedParent(c.mapping, name) == c.nested {
			t := c.target(name)
			cond.tests = append(cond.tests, newTest(t, newExists(t)))
		}
	}
	if !c.mapping.Closed() {
		cond.tests = append(cond.tests, test{field: event.DocumentField(object.field.Name, event.TypeObject), path: object.path, match: nonEmpty{}})
	}
}

// objects compiles a query on the objects of a nested field.
func (c *compiler) objects(n *query.Nested) (int32, error) {
	if n.Path.Any || n.Path.Pattern != nil {
		return 0, c.refuse(n.Path.At, "a nested query needs the name of one nested field")
	}
	t := c.target(c.fullName(n.Path.Name))
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
	if _, err := inner.compile(n.Node); err != nil {
		return 0, err
	}
	cond := c.newCondition(n, name)
	cond.nested = &nested{t.field, t.path, inner.program}
	return c.condition(cond), nil
}

// nestedMapping is a mapping in which one field is nested, also if the mapping
// does not know it.
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
