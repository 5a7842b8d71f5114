package command

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// typesKnown reports whether the types of all fields that a query reads are known,
// so that no further document can change what the query means.
func typesKnown(n query.Node, m match.Mapping) bool {
	switch n := n.(type) {
	case *query.MatchAll:
		return true
	case *query.And:
		return allTypesKnown(n.Nodes, m)
	case *query.Or:
		return allTypesKnown(n.Nodes, m)
	case *query.Not:
		return typesKnown(n.Node, m)
	case *query.Compare:
		return typeKnown(n.Field, m)
	case *query.Exists:
		return n.Field.Any || typeKnown(n.Field, m)
	case *query.Computed:
		return columnsKnown(n.Expr, m)
	}
	return false // the names inside of a nested query are relative
}

func allTypesKnown(nodes []query.Node, m match.Mapping) bool {
	for _, n := range nodes {
		if !typesKnown(n, m) {
			return false
		}
	}
	return true
}

// columnsKnown is typesKnown for an expression.
func columnsKnown(e query.Expr, m match.Mapping) bool {
	switch e := e.(type) {
	case *query.Column:
		return typeKnown(e.Field, m)
	case *query.Call:
		for _, arg := range e.Args {
			if !columnsKnown(arg, m) {
				return false
			}
		}
	}
	return true
}

// typeKnown reports whether the type of a field is known. A pattern, or no name,
// stands for fields that later documents may have.
func typeKnown(f query.Field, m match.Mapping) bool {
	return !f.Any && f.Pattern == nil && m.Field(f.Name).Type != event.TypeDynamic
}
