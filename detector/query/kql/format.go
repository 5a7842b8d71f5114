package kql

import (
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Format writes a tree as a query. Conditions on one field that stand together
// become a list.
//
// For every tree that [Parse] returns, Parse of the result returns an equal tree,
// unless escapes make it longer than [MaxLength]. Other trees may hold what the
// language cannot say: a chain of one node is written as that node, one of none as
// what it means, a text such as "true" or " x" gets quotes even if it is not a phrase,
// and white space at the ends of a pattern is lost. Format of nil is empty.
func Format(n query.Node) string {
	f := formatter{}
	if n != nil {
		f.node(n, inQuery)
	}
	return f.b.String()
}

// place is where a node is written, from where no node needs parentheses to where
// most do.
type place uint8

const (
	inQuery place = iota
	inOr          // Or needs parentheses
	inAnd         // And too
	inNot         // Not too
)

func (at place) needsParens(n query.Node) bool {
	switch n := n.(type) {
	case *query.Or:
		return at >= inOr && len(n.Nodes) > 1
	case *query.And:
		return at >= inAnd && len(n.Nodes) > 1
	case *query.Not:
		return at >= inNot
	}
	return false
}

type formatter struct {
	b     strings.Builder
	depth int // parentheses and braces that are open
}

func (f *formatter) node(n query.Node, at place) {
	parens := at.needsParens(n)
	if field, ok := listField(n); ok && (parens || f.depth+1+depth(n, inQuery) <= MaxDepth) {
		f.field(field)
		f.b.WriteString(": ")
		f.enclosed("(", n, f.value, ")")
		return
	}
	if parens {
		f.enclosed("(", n, f.node, ")")
		return
	}
	switch n := n.(type) {
	case *query.MatchAll:
		f.b.WriteString("*:*")
	case *query.Compare:
		if n.Op != query.Is {
			f.field(n.Field)
			f.b.WriteString(" " + n.Op.String() + " ")
		} else if !n.Field.Any {
			f.field(n.Field)
			f.b.WriteString(": ")
		}
		f.literal(n.Value)
	case *query.Exists:
		if !n.Field.Any {
			f.field(n.Field)
			f.b.WriteString(": ")
		}
		f.b.WriteByte('*')
	case *query.Nested:
		f.field(n.Path)
		f.b.WriteString(": ")
		f.enclosed("{ ", n.Node, f.node, " }")
	default:
		f.chain(n, at, f.node)
	}
}

// value writes a node as an element of the list of its field.
func (f *formatter) value(n query.Node, at place) {
	if at.needsParens(n) {
		f.enclosed("(", n, f.value, ")")
		return
	}
	switch n := n.(type) {
	case *query.Compare:
		f.literal(n.Value)
	case *query.Exists:
		f.b.WriteByte('*')
	default:
		f.chain(n, at, f.value)
	}
}

// chain writes And, Or and Not, and their nodes by write.
func (f *formatter) chain(n query.Node, at place, write func(query.Node, place)) {
	switch n := n.(type) {
	case *query.Or:
		if len(n.Nodes) == 0 {
			write(&query.Not{Node: &query.MatchAll{}}, at)
		}
		f.joined(n.Nodes, " or ", at, inOr, write)
	case *query.And:
		if len(n.Nodes) == 0 {
			write(&query.MatchAll{}, at)
		}
		f.joined(n.Nodes, " and ", at, inAnd, write)
	case *query.Not:
		f.b.WriteString("not ")
		write(n.Node, inNot)
	}
}

func (f *formatter) joined(nodes []query.Node, by string, at, in place, write func(query.Node, place)) {
	if len(nodes) == 1 {
		write(nodes[0], at)
		return
	}
	for i, n := range nodes {
		if i > 0 {
			f.b.WriteString(by)
		}
		write(n, in)
	}
}

func (f *formatter) enclosed(opening string, n query.Node, write func(query.Node, place), closing string) {
	f.b.WriteString(opening)
	f.depth++
	write(n, inQuery)
	f.depth--
	f.b.WriteString(closing)
}

// listField returns the field of n if n can be written as a list of values: it is a
// chain, and all its conditions are on that field.
func listField(n query.Node) (field query.Field, ok bool) {
	switch n := n.(type) {
	case *query.And:
		if len(n.Nodes) > 1 {
			return sharedField(n)
		}
	case *query.Or:
		if len(n.Nodes) > 1 {
			return sharedField(n)
		}
	}
	return query.Field{}, false
}

func sharedField(n query.Node) (field query.Field, ok bool) {
	switch n := n.(type) {
	case *query.Compare:
		return n.Field, n.Op == query.Is && !n.Field.Any
	case *query.Exists:
		return n.Field, !n.Field.Any
	case *query.Not:
		return sharedField(n.Node)
	case *query.And:
		return sharedFieldOf(n.Nodes)
	case *query.Or:
		return sharedFieldOf(n.Nodes)
	}
	return query.Field{}, false
}

func sharedFieldOf(nodes []query.Node) (field query.Field, ok bool) {
	for i, n := range nodes {
		next, ok := sharedField(n)
		if !ok || i > 0 && !sameField(field, next) {
			return query.Field{}, false
		}
		field = next
	}
	return field, len(nodes) > 0
}

// sameField reports whether both are the same field or pattern.
func sameField(a, b query.Field) bool {
	if a.Any || b.Any {
		return a.Any == b.Any
	}
	if a.Pattern != nil || b.Pattern != nil {
		if len(a.Pattern) == 0 || len(a.Pattern) != len(b.Pattern) {
			return false
		}
		// The nodes made from one list share the pattern of their field.
		return &a.Pattern[0] == &b.Pattern[0] || slices.Equal(a.Pattern, b.Pattern)
	}
	return a.Name == b.Name
}

// depth returns how deep the parentheses of n are nested if it is written as a list.
func depth(n query.Node, at place) int {
	deepest := 0
	switch n := n.(type) {
	case *query.Or:
		for _, member := range n.Nodes {
			deepest = max(deepest, depth(member, inOr))
		}
	case *query.And:
		for _, member := range n.Nodes {
			deepest = max(deepest, depth(member, inAnd))
		}
	case *query.Not:
		deepest = depth(n.Node, inNot)
	}
	if at.needsParens(n) {
		deepest++
	}
	return deepest
}
