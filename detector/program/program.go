package program

import (
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
	opFalse
	opAnd
	opOr
	opNot
	opCondition
)

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
		return p.conditions[n.child].Holds(e)
	case opFalse:
		return false
	}
	return true
}

// Conditions returns the conditions in the order in which they are written. The
// slice is the program's.
func (p *Program) Conditions() []Condition { return p.conditions }

// Fields returns the fields that the program reads, each once. A wildcard in a
// name stands for the fields that it means.
func (p *Program) Fields() []*cloudtrail.Field {
	var fields []*cloudtrail.Field
	seen := map[string]bool{}
	for i := range p.conditions {
		for _, f := range p.conditions[i].Fields() {
			if !seen[f.Name] {
				seen[f.Name] = true
				fields = append(fields, f)
			}
		}
	}
	return fields
}

// Underivable returns the names of the fields that the query reads and an event
// in CloudTrail's own form cannot have: such a condition is never true there.
func (p *Program) Underivable() []string {
	var names []string
	for _, f := range p.Fields() {
		if !f.Derivable {
			names = append(names, f.Name)
		}
	}
	return names
}

// String returns the query in KQL, on one line.
func (p *Program) String() string { return oneLine(p.query) }

func oneLine(n kql.Node) string { return strings.Join(strings.Fields(kql.Format(n)), " ") }

// Condition is one test of one field, or of the fields that a wildcard in a name
// means.
type Condition struct {
	node   kql.Node
	field  *cloudtrail.Field
	match  matcher
	tester tester // instead of field and match
	// literal is in every text that the matcher matches; nil when that is not
	// known, or no help.
	literal []byte
}

// matcher decides about one value of a field.
type matcher interface {
	match(v record.Value) bool
}

// tester decides about a whole event.
type tester interface {
	test(e *cloudtrail.Event) bool
	fields() []*cloudtrail.Field
}

// Holds says whether the condition is true for the event.
func (c *Condition) Holds(e *cloudtrail.Event) bool {
	if c.tester != nil {
		return c.tester.test(e)
	}
	if c.literal != nil && !e.MayHave(c.field, c.literal) {
		return false
	}
	for _, v := range e.Values(c.field) {
		if c.match.match(v) {
			return true
		}
	}
	return false
}

// Fields returns the fields that the condition reads.
func (c *Condition) Fields() []*cloudtrail.Field {
	if c.tester != nil {
		return c.tester.fields()
	}
	return []*cloudtrail.Field{c.field}
}

// Span returns where the condition stands in the query; in a list of values, the
// span is the value's.
func (c *Condition) Span() kql.Span { return c.node.Span() }

// String returns the condition in KQL.
func (c *Condition) String() string { return oneLine(c.node) }
