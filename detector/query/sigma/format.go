package sigma

import (
	"fmt"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Format writes a tree for people to read: each comparison as an item of a search
// identifier, joined by and, or and not.
func Format(n query.Node) string {
	switch n := n.(type) {
	case *query.And:
		return join(n.Nodes, " and ")
	case *query.Or:
		if list, ok := valuesOf(n); ok {
			return list
		}
		return join(n.Nodes, " or ")
	case *query.Not:
		switch inner := n.Node.(type) {
		case *query.Compare:
			if inner.Value.Kind == query.AnyValue {
				return name(inner.Field) + ": null"
			}
		case *query.Exists:
			return inner.Field.Name + "|exists: false"
		}
		return "not " + wrapped(n.Node)
	case *query.Exists:
		return n.Field.Name + "|exists: true"
	case *query.Compare:
		return name(n.Field) + modifiers(n) + value(&n.Value)
	case *query.Computed:
		if call, ok := n.Expr.(*query.Call); ok && len(call.Args) == 2 {
			a, _ := call.Args[0].(*query.Column)
			b, _ := call.Args[1].(*query.Column)
			if a != nil && b != nil {
				return fmt.Sprintf("%s|fieldref%s: %s", a.Field.Name, referencePlace(call.Func), b.Field.Name)
			}
		}
	}
	return ""
}

func referencePlace(f query.Func) string {
	switch f {
	case query.FnStringContains:
		return "|contains"
	case query.FnStartsWith:
		return "|startswith"
	case query.FnEndsWith:
		return "|endswith"
	}
	return ""
}

func wrapped(n query.Node) string {
	switch n := n.(type) {
	case *query.And:
		if len(n.Nodes) > 1 {
			return "(" + Format(n) + ")"
		}
	case *query.Or:
		if _, ok := valuesOf(n); !ok && len(n.Nodes) > 1 {
			return "(" + Format(n) + ")"
		}
	}
	return Format(n)
}

func join(nodes []query.Node, by string) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = wrapped(n)
	}
	return strings.Join(parts, by)
}

// valuesOf returns a list of values for one field.
func valuesOf(n *query.Or) (string, bool) {
	var first *query.Compare
	var values []string
	for _, child := range n.Nodes {
		is, ok := child.(*query.Compare)
		if !ok || first != nil && (is.Field.Name != first.Field.Name || modifiers(is) != modifiers(first)) {
			return "", false
		}
		if first == nil {
			first = is
		}
		values = append(values, value(&is.Value))
	}
	if first == nil {
		return "", false
	}
	return name(first.Field) + modifiers(first) + "[" + strings.Join(values, ", ") + "]", true
}

// name returns the name of a field, or what stands for keywords.
func name(f query.Field) string {
	if f.Any {
		return "keyword"
	}
	return f.Name
}

// modifiers returns the modifiers of a comparison, and a colon.
func modifiers(n *query.Compare) string {
	m := ""
	v := &n.Value
	switch v.Kind {
	case query.Regexp:
		m = "|re"
	case query.Block:
		m = "|cidr"
	case query.Glob:
		if v.Fold == query.NoFold {
			m = "|cased"
		}
	case query.TimePart:
		m = "|" + [...]string{"minute", "hour", "day", "week", "month", "year"}[v.Part]
	}
	if n.Op != query.Is {
		m += "|" + map[query.Op]string{query.Gt: "gt", query.Gte: "gte", query.Lt: "lt", query.Lte: "lte"}[n.Op]
	}
	return m + ": "
}

// value returns a value with its wildcards.
func value(v *query.Value) string {
	switch v.Kind {
	case query.AnyValue:
		return "*"
	case query.Glob:
	default:
		return v.Text
	}
	runs := make([]string, len(v.Pattern))
	for i, run := range v.Pattern {
		run = strings.NewReplacer("*", `\*`, "?", `\?`).Replace(run)
		runs[i] = strings.ReplaceAll(run, string([]byte{query.AnyChar}), "?")
	}
	text := strings.Join(runs, "*")
	if text == "" {
		return "''"
	}
	return text
}
