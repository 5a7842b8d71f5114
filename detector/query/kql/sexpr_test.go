package kql

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// sexpr writes a tree compactly: (and a:x a:"y" (not b:~[foo|*])).
//
//	a:x      unquoted text      a:"x"     quoted text
//	a:#true  boolean, null      a:~[x|y]  pattern, its literal runs
//	a?       exists             -:x       no field
//	~[a.|]:x field pattern      a{...}    nested
//	-?       any field exists
func sexpr(n query.Node) string {
	switch n := n.(type) {
	case *query.MatchAll:
		return "all"
	case *query.And:
		return "(and" + sexprs(n.Nodes) + ")"
	case *query.Or:
		return "(or" + sexprs(n.Nodes) + ")"
	case *query.Not:
		return "(not " + sexpr(n.Node) + ")"
	case *query.Compare:
		if n.Op != query.Is {
			return sexprField(n.Field) + n.Op.String() + sexprValue(n.Value)
		}
		return sexprField(n.Field) + ":" + sexprValue(n.Value)
	case *query.Exists:
		return sexprField(n.Field) + "?"
	case *query.Nested:
		return sexprField(n.Path) + "{" + sexpr(n.Node) + "}"
	}
	return "unknown node"
}

func sexprs(nodes []query.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		b.WriteString(" " + sexpr(n))
	}
	return b.String()
}

func sexprField(f query.Field) string {
	switch {
	case f.Any:
		return "-"
	case f.Pattern != nil:
		return "~[" + strings.Join(f.Pattern, "|") + "]"
	}
	return f.Name
}

func sexprValue(v query.Value) string {
	switch {
	case v.Phrase:
		return `"` + v.Text + `"`
	case v.Kind == query.Wildcard:
		return "~[" + strings.Join(v.Pattern, "|") + "]"
	case v.Kind == query.Bool, v.Kind == query.Null:
		return "#" + v.Text
	}
	return v.Text
}
