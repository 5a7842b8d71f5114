package command

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
)

// settled reports whether the types of all fields that a query reads are known, so
// that no further document can change what it means.
func settled(query string, m match.Mapping) bool {
	tree, err := kql.Parse(query)
	return err == nil && settledNode(tree, m)
}

func settledNode(n kql.Node, m match.Mapping) bool {
	switch n := n.(type) {
	case *kql.MatchAll:
		return true
	case *kql.And:
		return allSettled(n.Nodes, m)
	case *kql.Or:
		return allSettled(n.Nodes, m)
	case *kql.Not:
		return settledNode(n.Node, m)
	case *kql.Is:
		return settledField(n.Field, m)
	case *kql.Exists:
		return settledField(n.Field, m)
	case *kql.Range:
		return settledField(n.Field, m)
	}
	return false // the names inside of a nested query are not the whole names
}

func allSettled(nodes []kql.Node, m match.Mapping) bool {
	for _, n := range nodes {
		if !settledNode(n, m) {
			return false
		}
	}
	return true
}

// settledField: a name with wildcards, or no name, stands for fields that are
// still to come.
func settledField(f kql.Field, m match.Mapping) bool {
	return !f.None && f.Pattern == nil && m.Field(f.Name).Type != event.TypeDynamic
}
