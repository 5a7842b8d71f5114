package query

import "iter"

// Implied returns the parts of a condition whose results follow from its own: n itself with
// holds, and every node below it that must hold, or must not, in each event for which n holds
// or, if holds is false, does not hold.
func Implied(n Node, holds bool) iter.Seq2[Node, bool] {
	return func(yield func(Node, bool) bool) { implied(n, holds, yield) }
}

// implied reports whether yield wants more.
func implied(n Node, holds bool, yield func(Node, bool) bool) bool {
	if !yield(n, holds) {
		return false
	}
	var nodes []Node
	switch n := n.(type) {
	case *Not:
		return implied(n.Node, !holds, yield)
	case *And:
		if holds {
			nodes = n.Nodes
		}
	case *Or:
		if !holds {
			nodes = n.Nodes
		}
	}
	for _, child := range nodes {
		if !implied(child, holds, yield) {
			return false
		}
	}
	return true
}
