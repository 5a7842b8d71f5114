package program

import (
	"fmt"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/kql"
)

// Compile parses a query and compiles it against the ECS view of CloudTrail. The
// error is a *kql.Error with the place: text that is no KQL, or a condition that
// Elasticsearch refuses.
func Compile(query string) (*Program, error) { return CompileFor(query, ECS{}) }

// CompileFor is Compile against another mapping.
func CompileFor(query string, m Mapping) (*Program, error) {
	tree, err := kql.Parse(query)
	if err != nil {
		return nil, err
	}
	return compileNode(query, tree, m)
}

func compileNode(query string, tree kql.Node, m Mapping) (*Program, error) {
	c := compiler{query: query, mapping: m, program: &Program{query: tree}}
	if _, err := c.add(tree); err != nil {
		return nil, err
	}
	return c.program, nil
}

type compiler struct {
	query   string
	mapping Mapping
	nested  bool // within the braces of a nested query
	program *Program
}

// refuse makes the error for something at a place in the query.
func (c *compiler) refuse(at kql.Span, format string, args ...any) error {
	return &kql.Error{Query: c.query, Span: at, Message: fmt.Sprintf(format, args...)}
}

// add compiles n and returns the index of its node.
func (c *compiler) add(n kql.Node) (int32, error) {
	switch n := n.(type) {
	case *kql.MatchAll:
		if n.Bare && c.nested { // there it asks for a field "null"
			return c.node(opFalse), nil
		}
		return c.node(opTrue), nil
	case *kql.And:
		return c.group(opAnd, n.Nodes)
	case *kql.Or:
		if set, ok := c.oneSet(n); ok {
			return c.condition(set), nil
		}
		return c.group(opOr, n.Nodes)
	case *kql.Not:
		return c.group(opNot, []kql.Node{n.Node})
	case *kql.Exists:
		return c.leaf(n, n.Field, func(f *cloudtrail.Field) (matcher, error) { return exists(f), nil })
	case *kql.Is:
		if n.Value.Kind == kql.Null {
			return 0, c.refuse(n.Value.Span, "null cannot be searched for; for a field without a value write \"not %s: *\"", n.Field.Name)
		}
		if n.Field.None {
			if c.nested {
				return c.node(opFalse), nil
			}
			return c.condition(Condition{node: n, tester: c.anywhere(n.Value)}), nil
		}
		return c.leaf(n, n.Field, func(f *cloudtrail.Field) (matcher, error) { return c.equals(f, n.Value) })
	case *kql.Range:
		if n.Field.None {
			return 0, c.refuse(n.Field.Span, "a range needs a field")
		}
		return c.leaf(n, n.Field, func(f *cloudtrail.Field) (matcher, error) { return c.ordered(f, n.Op, n.Value) })
	case *kql.Nested:
		return c.nest(n)
	}
	return 0, fmt.Errorf("program: a node of type %T", n) // kql has no other
}

func (c *compiler) node(o op) int32 {
	c.program.nodes = append(c.program.nodes, node{op: o, child: -1, next: -1})
	return int32(len(c.program.nodes) - 1)
}

func (c *compiler) condition(cond Condition) int32 {
	i := c.node(opCondition)
	c.program.nodes[i].child = int32(len(c.program.conditions))
	c.program.conditions = append(c.program.conditions, cond)
	return i
}

func (c *compiler) group(o op, children []kql.Node) (int32, error) {
	parent := c.node(o)
	var first, last []int32
	for _, child := range children {
		i, err := c.add(child)
		if err != nil {
			return 0, err
		}
		if c.isConstant(child) {
			last = append(last, i)
		} else {
			first = append(first, i)
		}
	}
	link := &c.program.nodes[parent].child
	for _, i := range append(first, last...) {
		*link = i
		link = &c.program.nodes[i].next
	}
	return parent, nil
}

// isConstant says whether a condition is on what is the same in nearly every
// event. It hardly ever decides, and is evaluated behind the others.
func (c *compiler) isConstant(n kql.Node) bool {
	is, ok := n.(*kql.Is)
	return ok && !is.Field.None && is.Field.Pattern == nil && c.mapping.Field(is.Field.Name).Type == cloudtrail.TypeConstantKeyword
}

// leaf compiles a condition on a field, or on the fields that a name with
// wildcards means.
func (c *compiler) leaf(n kql.Node, f kql.Field, matcherFor func(*cloudtrail.Field) (matcher, error)) (int32, error) {
	if f.None { // the word null in the field's place
		return c.node(opFalse), nil
	}
	if f.Pattern != nil {
		return c.condition(Condition{node: n, tester: c.named(f.Pattern, matcherFor)}), nil
	}
	field := c.mapping.Field(f.Name)
	m, err := matcherFor(field)
	if err != nil {
		return 0, err
	}
	return c.condition(Condition{node: n, field: field, match: m, literal: literalOf(field, m)}), nil
}

// literalOf returns what is in every text that the matcher matches, if the field
// is one where that is quicker to look for. Texts that a number or a truth may
// have are none: these are not written as text in an event.
func literalOf(f *cloudtrail.Field, m matcher) []byte {
	if !f.Nested() {
		return nil
	}
	var literal string
	switch m := m.(type) {
	case exact:
		literal = string(m)
	case pattern:
		for _, part := range append(m.middle[:len(m.middle):len(m.middle)], m.first, m.last) {
			if len(part) > len(literal) {
				literal = string(part)
			}
		}
	}
	if len(literal) < 4 || !strings.ContainsFunc(literal, notOfNumbers) {
		return nil
	}
	return []byte(literal)
}

// notOfNumbers says whether a character stands in no number and in no truth.
func notOfNumbers(r rune) bool { return !strings.ContainsRune("0123456789+-.eEINafnitrulsy", r) }

// oneSet makes one condition of a list of texts over one keyword field.
func (c *compiler) oneSet(n *kql.Or) (Condition, bool) {
	set := textSet{}
	var name string
	for _, child := range n.Nodes {
		is, ok := child.(*kql.Is)
		if !ok || is.Value.Kind != kql.String || is.Field.None || is.Field.Pattern != nil || name != "" && is.Field.Name != name {
			return Condition{}, false
		}
		name = is.Field.Name
		set[is.Value.Text] = struct{}{}
	}
	field := c.mapping.Field(name)
	switch field.Type {
	case cloudtrail.TypeKeyword, cloudtrail.TypeConstantKeyword, cloudtrail.TypeFlattened:
		return Condition{node: n, field: field, match: set}, true
	}
	return Condition{}, false
}

// equals makes the matcher of "field: value" for the type of the field.
func (c *compiler) equals(f *cloudtrail.Field, v kql.Value) (matcher, error) {
	if v.Kind == kql.Wildcard {
		return c.like(f, v)
	}
	switch f.Type {
	case cloudtrail.TypeBoolean:
		b, ok := truthOf(v.Text)
		if !ok {
			return nil, c.refuse(v.Span, "%s is a boolean: allowed are true and false", f.Name)
		}
		return truth(b), nil
	case cloudtrail.TypeIP:
		m, ok := newAddresses(v.Text)
		if !ok {
			return nil, c.refuse(v.Span, "%s is an IP address: allowed are an address such as 10.1.2.3 or ::1 and a block such as 10.0.0.0/8", f.Name)
		}
		return m, nil
	case cloudtrail.TypeLong, cloudtrail.TypeDouble:
		n, ok := parseNumber(v.Text)
		if !ok {
			return nil, c.refuse(v.Span, "%s is a number, and %q is none", f.Name, v.Text)
		}
		return number(n), nil
	case cloudtrail.TypeDate:
		span, ok := parseDate(v.Text)
		if !ok {
			return nil, c.refuse(v.Span, "%s is a date: %s", f.Name, dateForms)
		}
		return dateSpan(span), nil
	case cloudtrail.TypeText:
		return newWords(v.Text, v.Quoted), nil
	case cloudtrail.TypeObject, cloudtrail.TypeNested:
		return never{}, nil
	case cloudtrail.TypeDynamic:
		return newAnyValue(v.Text), nil
	}
	return exact(v.Text), nil
}

// like makes the matcher of "field: value with stars".
func (c *compiler) like(f *cloudtrail.Field, v kql.Value) (matcher, error) {
	switch f.Type {
	case cloudtrail.TypeBoolean, cloudtrail.TypeIP, cloudtrail.TypeLong, cloudtrail.TypeDouble, cloudtrail.TypeDate:
		return nil, c.refuse(v.Span, "%s is of type %s, which knows no wildcards", f.Name, f.Type)
	case cloudtrail.TypeText:
		return newWordPatterns(v.Pattern), nil
	case cloudtrail.TypeObject, cloudtrail.TypeNested:
		return never{}, nil
	}
	return newPattern(v.Pattern), nil
}

// ordered makes the matcher of "field > value" for the type of the field.
func (c *compiler) ordered(f *cloudtrail.Field, o kql.RangeOp, v kql.Value) (matcher, error) {
	if v.Kind == kql.Null {
		return nil, c.refuse(v.Span, "null has no order")
	}
	switch f.Type {
	case cloudtrail.TypeBoolean:
		b, ok := truthOf(v.Text)
		if !ok {
			return nil, c.refuse(v.Span, "%s is a boolean: allowed are true and false", f.Name)
		}
		return truthOrder{o, b}, nil
	case cloudtrail.TypeIP:
		a, ok := cloudtrail.ParseIP([]byte(v.Text))
		if !ok {
			return nil, c.refuse(v.Span, "%s is an IP address: a range needs one such as 10.1.2.3 or ::1", f.Name)
		}
		return addressOrder{o, a.Unmap()}, nil
	case cloudtrail.TypeLong, cloudtrail.TypeDouble:
		n, ok := parseNumber(v.Text)
		if !ok {
			return nil, c.refuse(v.Span, "%s is a number, and %q is none", f.Name, v.Text)
		}
		return numberOrder{o, n}, nil
	case cloudtrail.TypeDate:
		span, ok := parseDate(v.Text)
		if !ok {
			return nil, c.refuse(v.Span, "%s is a date: %s", f.Name, dateForms)
		}
		return newDateOrder(o, span), nil
	case cloudtrail.TypeFlattened:
		return nil, c.refuse(v.Span, "%s is flattened: Elasticsearch knows no ranges with one end there", f.Name)
	case cloudtrail.TypeText:
		return wordOrder{o, v.Text}, nil
	case cloudtrail.TypeObject, cloudtrail.TypeNested:
		return never{}, nil
	case cloudtrail.TypeDynamic:
		n, ok := parseNumber(v.Text)
		return anyOrder{textOrder{o, v.Text}, numberOrder{o, n}, ok}, nil
	}
	return textOrder{o, v.Text}, nil
}

// nest compiles a nested query.
func (c *compiler) nest(n *kql.Nested) (int32, error) {
	if n.Path.None || n.Path.Pattern != nil {
		return 0, c.refuse(n.Path.Span, "a nested query needs the name of one nested field")
	}
	if c.nested {
		return 0, c.refuse(n.Path.Span, "a nested query within another is not supported")
	}
	field := c.mapping.Field(n.Path.Name)
	inner := compiler{query: c.query, mapping: below{c.mapping, n.Path.Name}, nested: true, program: &Program{query: n.Node}}
	if _, err := inner.add(n.Node); err != nil {
		return 0, err
	}
	switch field.Type {
	case cloudtrail.TypeNested, cloudtrail.TypeDynamic: // or not there, so that nothing matches
		return c.condition(Condition{node: n, tester: &nested{field: field, program: inner.program}}), nil
	}
	return 0, c.refuse(n.Path.Span, "%s is of type %s, not nested", n.Path.Name, field.Type)
}

// required returns the values of which a field must have one for the query to
// be true, and false when the query can be true without any.
func required(n kql.Node, field string) (values []string, ok bool) {
	switch n := n.(type) {
	case *kql.Is:
		if n.Value.Kind == kql.String && !n.Field.None && n.Field.Pattern == nil && n.Field.Name == field {
			return []string{n.Value.Text}, true
		}
	case *kql.And:
		for _, child := range n.Nodes {
			if v, has := required(child, field); has && (!ok || len(v) < len(values)) {
				values, ok = v, true
			}
		}
		return values, ok
	case *kql.Or:
		for _, child := range n.Nodes {
			v, has := required(child, field)
			if !has {
				return nil, false
			}
			values = append(values, v...)
		}
		return values, len(n.Nodes) > 0
	}
	return nil, false
}
