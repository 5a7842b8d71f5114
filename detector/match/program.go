package match

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Program is a compiled query.
type Program struct {
	nodes      []node
	conditions []Condition
	raw        *Raw   // its mapping, if it names the members of records
	scope      *scope // nil: it is not limited
}

// Named is a part of a query that has a name.
type Named struct {
	Name    string
	Program *Program // nil: the part holds wherever the query does
}

// node is an inner node or a condition. Node 0 is the root.
type node struct {
	op    op
	child int32 // the first child; for opCondition, the index of the condition
	next  int32 // the next sibling, or -1
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

// Never returns a program that matches no event, of rules that are about matches of others.
func Never(raw *Raw) *Program {
	return &Program{nodes: []node{{op: opFalse, child: -1, next: -1}}, raw: raw}
}

// Match reports whether the event satisfies the query, and is in the indices that the
// program is limited to.
func (p *Program) Match(e *event.Event) bool {
	return (p.raw == nil || p.raw.isAbout(e)) && p.eval(0, e, msgpack.Value{}) && (p.scope == nil || p.CoversEvent(e))
}

// eval evaluates a node for the event or, if object is valid, for that object of a
// nested field.
func (p *Program) eval(i int32, e *event.Event, object msgpack.Value) bool {
	n := &p.nodes[i]
	switch n.op {
	case opAnd:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if !p.eval(c, e, object) {
				return false
			}
		}
		return true
	case opOr:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if p.eval(c, e, object) {
				return true
			}
		}
		return false
	case opNot:
		return !p.eval(n.child, e, object)
	case opCondition:
		return p.conditions[n.child].holds(e, object)
	case opFalse:
		return false
	}
	return true
}

// Conditions returns the conditions in the order of the query. The slice must not be
// changed.
func (p *Program) Conditions() []Condition { return p.conditions }

// Fields returns the fields of the mapping that the program reads, each once.
func (p *Program) Fields() []*event.Field {
	var fields []*event.Field
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
