package program

import (
	"fmt"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/kql"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// Program is a compiled query.
type Program struct {
	nodes      []node
	conditions []Condition
	query      kql.Node
}

// node is an inner node with its children, or a leaf with its condition. Node
// 0 is the root; children form a list through next.
type node struct {
	op    op
	child int32 // first child; for opCondition the index of the condition
	next  int32 // sibling, -1 at the end
}

type op uint8

const (
	opTrue op = iota
	opAnd
	opOr
	opNot
	opCondition
)

// Condition is one test of one field.
type Condition struct {
	Field *cloudtrail.Field
	Span  kql.Span // where it stands in the query
	match matcher
}

// matcher decides about one value of a field. A nil matcher asks whether there
// is a value at all.
type matcher interface {
	match(v record.Value) bool
}

// Compile parses a query and compiles it against the fields of the ECS view.
// The error is a *kql.Error: text that is no KQL, or KQL that is not
// supported, with its place.
func Compile(query string) (*Program, error) {
	tree, err := kql.Parse(query)
	if err != nil {
		return nil, err
	}
	c := compiler{query: query, program: &Program{query: tree}}
	if _, err := c.add(tree); err != nil {
		return nil, err
	}
	return c.program, nil
}

// Fields returns the fields that the program reads, each once.
func (p *Program) Fields() []*cloudtrail.Field {
	var fields []*cloudtrail.Field
	seen := map[string]bool{}
	for _, c := range p.conditions {
		if !seen[c.Field.Name] {
			seen[c.Field.Name] = true
			fields = append(fields, c.Field)
		}
	}
	return fields
}

// Match says whether the event satisfies the query.
func (p *Program) Match(e *cloudtrail.Event) bool { return p.eval(0, e) }

func (p *Program) eval(i int32, e *cloudtrail.Event) bool {
	n := &p.nodes[i]
	switch n.op {
	case opAnd:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if !p.eval(c, e) {
				return false
			}
		}
		return true
	case opOr:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if p.eval(c, e) {
				return true
			}
		}
		return false
	case opNot:
		return !p.eval(n.child, e)
	case opCondition:
		return p.conditions[n.child].holds(e)
	}
	return true
}

func (c *Condition) holds(e *cloudtrail.Event) bool {
	for _, v := range e.Values(c.Field) {
		if c.match == nil || c.match.match(v) {
			return true
		}
	}
	return false
}

type compiler struct {
	query   string
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
		field, err := c.field(n.Field)
		if err != nil {
			return 0, err
		}
		return c.condition(Condition{Field: field, Span: n.Span()}), nil
	case *kql.Is:
		field, err := c.field(n.Field)
		if err != nil {
			return 0, err
		}
		m, err := c.matcher(field, n.Value)
		if err != nil {
			return 0, err
		}
		return c.condition(Condition{Field: field, Span: n.Span(), match: m}), nil
	case *kql.Range:
		return 0, c.refuse(n.Span(), "ranges are not supported yet")
	case *kql.Nested:
		return 0, c.refuse(n.Span(), "nested queries are not supported yet")
	}
	return 0, c.refuse(n.Span(), "%T is not supported yet", n)
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
	last := int32(-1)
	for _, child := range children {
		i, err := c.add(child)
		if err != nil {
			return 0, err
		}
		if last < 0 {
			c.program.nodes[parent].child = i
		} else {
			c.program.nodes[last].next = i
		}
		last = i
	}
	return parent, nil
}

// oneSet makes one condition of a list of texts over one field.
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
	field := cloudtrail.FieldNamed(name)
	switch field.Type {
	case cloudtrail.TypeKeyword, cloudtrail.TypeConstantKeyword:
		return Condition{Field: field, Span: n.Span(), match: set}, true
	}
	return Condition{}, false
}

func (c *compiler) field(f kql.Field) (*cloudtrail.Field, error) {
	switch {
	case f.None:
		return nil, c.refuse(f.Span, "values without a field are not supported yet")
	case f.Pattern != nil:
		return nil, c.refuse(f.Span, "wildcards in field names are not supported yet")
	}
	field := cloudtrail.FieldNamed(f.Name)
	switch field.Type {
	case cloudtrail.TypeDate:
		return nil, c.refuse(f.Span, "conditions on dates (%s) are not supported yet", f.Name)
	}
	return field, nil
}

// matcher makes the matcher of a value for the type of its field.
func (c *compiler) matcher(field *cloudtrail.Field, v kql.Value) (matcher, error) {
	switch v.Kind {
	case kql.Null:
		return nil, c.refuse(v.Span, "null cannot be searched for: for a field without a value write \"not %s: *\"", field.Name)
	case kql.Wildcard:
		switch field.Type {
		case cloudtrail.TypeBoolean, cloudtrail.TypeIP, cloudtrail.TypeLong, cloudtrail.TypeDouble:
			return nil, c.refuse(v.Span, "%s is of type %s, which knows no wildcards", field.Name, field.Type)
		}
		return newPattern(v.Pattern), nil
	}
	switch field.Type {
	case cloudtrail.TypeBoolean:
		switch v.Text {
		case "true", "false":
			return truth(v.Text == "true"), nil
		}
		return nil, c.refuse(v.Span, "%s is a boolean: allowed are true and false", field.Name)
	case cloudtrail.TypeIP:
		m, ok := newAddresses(v.Text)
		if !ok {
			return nil, c.refuse(v.Span, "%s is an IP address: allowed are an address such as 10.1.2.3 or ::1 and a block such as 10.0.0.0/8", field.Name)
		}
		return m, nil
	case cloudtrail.TypeDynamic:
		return newAnyValue(v.Text), nil
	}
	return exact(v.Text), nil
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

// String returns the query in KQL, on one line.
func (p *Program) String() string { return strings.Join(strings.Fields(kql.Format(p.query)), " ") }
