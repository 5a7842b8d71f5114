package query

import "slices"

// Equal reports whether two trees are the same, wherever they were written.
func Equal(a, b Node) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case *MatchAll:
		_, ok := b.(*MatchAll)
		return ok
	case *And:
		b, ok := b.(*And)
		return ok && slices.EqualFunc(a.Nodes, b.Nodes, Equal)
	case *Or:
		b, ok := b.(*Or)
		return ok && slices.EqualFunc(a.Nodes, b.Nodes, Equal)
	case *Not:
		b, ok := b.(*Not)
		return ok && Equal(a.Node, b.Node)
	case *Compare:
		b, ok := b.(*Compare)
		return ok && a.Op == b.Op && a.Field.Equal(b.Field) && equalValues(a.Value, b.Value)
	case *Exists:
		b, ok := b.(*Exists)
		return ok && a.Field.Equal(b.Field)
	case *Nested:
		b, ok := b.(*Nested)
		return ok && a.Path.Equal(b.Path) && Equal(a.Node, b.Node)
	}
	return false
}

// Equal reports whether both are the same field or pattern.
func (a Field) Equal(b Field) bool {
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

func equalValues(a, b Value) bool {
	if a.Kind != b.Kind || a.Phrase != b.Phrase {
		return false
	}
	if a.Kind == Wildcard {
		return slices.Equal(a.Pattern, b.Pattern)
	}
	return a.Text == b.Text
}
