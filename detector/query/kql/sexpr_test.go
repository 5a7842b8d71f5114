package kql

import "strings"

// sexpr writes a tree compactly: (and a:x a:"y" (not b:~[foo|*])).
//
//	a:x      unquoted text      a:"x"     quoted text
//	a:#true  boolean, null      a:~[x|y]  pattern, its literal runs
//	a?       exists             -:x       no field
//	~[a.|]:x field pattern      a{...}    nested
func sexpr(n Node) string {
	switch n := n.(type) {
	case *MatchAll:
		if n.Bare {
			return "all*"
		}
		return "all"
	case *And:
		return "(and" + sexprs(n.Nodes) + ")"
	case *Or:
		return "(or" + sexprs(n.Nodes) + ")"
	case *Not:
		return "(not " + sexpr(n.Node) + ")"
	case *Is:
		return sexprField(n.Field) + ":" + sexprValue(n.Value)
	case *Exists:
		return sexprField(n.Field) + "?"
	case *Range:
		return sexprField(n.Field) + n.Op.String() + sexprValue(n.Value)
	case *Nested:
		return sexprField(n.Path) + "{" + sexpr(n.Node) + "}"
	}
	return "unknown node"
}

func sexprs(nodes []Node) string {
	var b strings.Builder
	for _, n := range nodes {
		b.WriteString(" " + sexpr(n))
	}
	return b.String()
}

func sexprField(f Field) string {
	switch {
	case f.None:
		return "-"
	case f.Pattern != nil:
		return "~[" + strings.Join(f.Pattern, "|") + "]"
	}
	return f.Name
}

func sexprValue(v Value) string {
	switch {
	case v.Quoted:
		return `"` + v.Text + `"`
	case v.Kind == Wildcard:
		return "~[" + strings.Join(v.Pattern, "|") + "]"
	case v.Kind == Bool, v.Kind == Null:
		return "#" + v.Text
	}
	return v.Text
}
