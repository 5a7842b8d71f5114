package kql

import "slices"

// Equal reports whether two trees are the same, wherever they were written. Quoted
// and unquoted values differ, quoted and unquoted field names do not.
func Equal(a, b Node) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case *MatchAll:
		b, ok := b.(*MatchAll)
		return ok && a.Bare == b.Bare
	case *And:
		b, ok := b.(*And)
		return ok && slices.EqualFunc(a.Nodes, b.Nodes, Equal)
	case *Or:
		b, ok := b.(*Or)
		return ok && slices.EqualFunc(a.Nodes, b.Nodes, Equal)
	case *Not:
		b, ok := b.(*Not)
		return ok && Equal(a.Node, b.Node)
	case *Is:
		b, ok := b.(*Is)
		return ok && equalFields(a.Field, b.Field) && equalValues(a.Value, b.Value)
	case *Exists:
		b, ok := b.(*Exists)
		return ok && equalFields(a.Field, b.Field)
	case *Range:
		b, ok := b.(*Range)
		return ok && a.Op == b.Op && equalFields(a.Field, b.Field) && equalValues(a.Value, b.Value)
	case *Nested:
		b, ok := b.(*Nested)
		return ok && equalFields(a.Path, b.Path) && Equal(a.Node, b.Node)
	}
	return false
}

func equalFields(a, b Field) bool {
	if a.None || b.None {
		return a.None == b.None
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
	if a.Kind != b.Kind || a.Quoted != b.Quoted {
		return false
	}
	if a.Kind == Wildcard {
		return slices.Equal(a.Pattern, b.Pattern)
	}
	return a.Text == b.Text
}
