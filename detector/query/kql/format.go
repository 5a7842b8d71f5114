package kql

import "strings"

// Format writes a tree as a query. Conditions on one field that stand together
// become a list.
//
// For every tree that [Parse] gave, Parse of the result gives an equal tree,
// unless escapes make it longer than [MaxLength]. A tree built by hand may hold
// what the language cannot say: a chain of one node is written as that node, one
// of none as what it means, an unquoted [String] such as "true" or " x" gets quotes, and of a pattern's ends
// the white space is lost. Format of nil is empty.
func Format(n Node) string {
	f := formatter{}
	if n != nil {
		f.node(n, inQuery)
	}
	return f.b.String()
}

// place is where a node is written, from the place that takes any node without
// parentheses to the place that takes the fewest.
type place uint8

const (
	inQuery place = iota
	inOr          // parentheses for Or
	inAnd         // and for And
	inNot         // and for Not
)

func (at place) needsParens(n Node) bool {
	switch n := n.(type) {
	case *Or:
		return at >= inOr && len(n.Nodes) > 1
	case *And:
		return at >= inAnd && len(n.Nodes) > 1
	case *Not:
		return at >= inNot
	}
	return false
}

type formatter struct {
	b     strings.Builder
	depth int // parentheses and braces that are open
}

func (f *formatter) node(n Node, at place) {
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
	case *MatchAll:
		if n.Bare {
			f.b.WriteString("*")
		} else {
			f.b.WriteString("*:*")
		}
	case *Is:
		if !n.Field.None {
			f.field(n.Field)
			f.b.WriteString(": ")
		}
		f.literal(n.Value)
	case *Exists:
		f.field(n.Field)
		f.b.WriteString(": *")
	case *Range:
		f.field(n.Field)
		f.b.WriteString(" " + n.Op.String() + " ")
		f.literal(n.Value)
	case *Nested:
		f.field(n.Path)
		f.b.WriteString(": ")
		f.enclosed("{ ", n.Node, f.node, " }")
	default:
		f.chain(n, at, f.node)
	}
}

// value writes a node as a member of the list of its field.
func (f *formatter) value(n Node, at place) {
	if at.needsParens(n) {
		f.enclosed("(", n, f.value, ")")
		return
	}
	switch n := n.(type) {
	case *Is:
		f.literal(n.Value)
	case *Exists:
		f.b.WriteByte('*')
	default:
		f.chain(n, at, f.value)
	}
}

// chain writes And, Or and Not, whose members are written by write.
func (f *formatter) chain(n Node, at place, write func(Node, place)) {
	switch n := n.(type) {
	case *Or:
		if len(n.Nodes) == 0 {
			write(&Not{Node: &MatchAll{}}, at)
		}
		f.joined(n.Nodes, " or ", at, inOr, write)
	case *And:
		if len(n.Nodes) == 0 {
			write(&MatchAll{}, at)
		}
		f.joined(n.Nodes, " and ", at, inAnd, write)
	case *Not:
		f.b.WriteString("not ")
		write(n.Node, inNot)
	}
}

func (f *formatter) joined(nodes []Node, by string, at, in place, write func(Node, place)) {
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

func (f *formatter) enclosed(opening string, n Node, write func(Node, place), closing string) {
	f.b.WriteString(opening)
	f.depth++
	write(n, inQuery)
	f.depth--
	f.b.WriteString(closing)
}

// listField gives the field that a list for n would have: n is a chain, and all
// its conditions are on that field.
func listField(n Node) (field Field, ok bool) {
	switch n := n.(type) {
	case *And:
		if len(n.Nodes) > 1 {
			return sharedField(n)
		}
	case *Or:
		if len(n.Nodes) > 1 {
			return sharedField(n)
		}
	}
	return Field{}, false
}

func sharedField(n Node) (field Field, ok bool) {
	switch n := n.(type) {
	case *Is:
		return n.Field, !n.Field.None
	case *Exists:
		return n.Field, !n.Field.None
	case *Not:
		return sharedField(n.Node)
	case *And:
		return sharedFieldOf(n.Nodes)
	case *Or:
		return sharedFieldOf(n.Nodes)
	}
	return Field{}, false
}

func sharedFieldOf(nodes []Node) (field Field, ok bool) {
	for i, n := range nodes {
		next, ok := sharedField(n)
		if !ok || i > 0 && !equalFields(field, next) {
			return Field{}, false
		}
		field = next
	}
	return field, len(nodes) > 0
}

// depth is how many parentheses within parentheses n takes as a list.
func depth(n Node, at place) int {
	deepest := 0
	switch n := n.(type) {
	case *Or:
		for _, member := range n.Nodes {
			deepest = max(deepest, depth(member, inOr))
		}
	case *And:
		for _, member := range n.Nodes {
			deepest = max(deepest, depth(member, inAnd))
		}
	case *Not:
		deepest = depth(n.Node, inNot)
	}
	if at.needsParens(n) {
		deepest++
	}
	return deepest
}
