package esql

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Query is a parsed query.
type Query struct {
	Text string
	// Indices are the names behind FROM, without their quotes.
	Indices []Name
	// Metadata are the columns that FROM adds, such as _id.
	Metadata []Name
	Commands []Command
}

// Command is a command of a query: one of [*Where], [*Eval], [*Keep], [*Drop],
// [*Rename], [*Extract], [*Stats], [*Sort] and [*Limit].
type Command interface {
	// Span returns where the command was written.
	Span() query.Span
}

// Where keeps the rows for which the condition is true.
type Where struct {
	Condition query.Expr
	at
}

// Eval adds columns, from left to right. A column of the same name is replaced.
type Eval struct {
	Columns []Assignment
	at
}

// Assignment is a column with what it is computed of.
type Assignment struct {
	Name Name
	Expr query.Expr
	// Where is the condition for the rows that an aggregate is about, or nil.
	Where query.Expr
}

// Keep keeps the columns that its names fit, in their order.
type Keep struct {
	Names []Name
	at
}

// Drop removes columns.
type Drop struct {
	Names []Name
	at
}

// Name is the name of a column, or a pattern of names.
type Name struct {
	Text    string
	Pattern query.Pattern // nil for a name
	At      query.Span
}

// Rename gives other names to columns.
type Rename struct {
	Old, New []Name
	at
}

// Extract adds columns with parts of the texts of another one: DISSECT and GROK.
type Extract struct {
	Func      query.Func
	Input     query.Expr
	Pattern   query.Value
	Separator string   // between parts that DISSECT appends to each other
	Parts     []string // the columns
	at
}

// Part returns the expression of a column, of the text.
func (x *Extract) Part(name string, input query.Expr) *query.Call {
	args := []query.Expr{input}
	if x.Func == query.FnDissect {
		args = append(args, &query.Constant{Value: x.Separator, At: x.Pattern.At})
	}
	return &query.Call{Func: x.Func, Args: args, Patterns: []query.Value{x.Pattern}, Part: name, At: x.Span()}
}

// Stats makes a row of each group of rows.
type Stats struct {
	Aggregates []Assignment
	By         []Assignment
	at
}

// Sort sorts rows.
type Sort struct {
	Keys []Key
	at
}

// Key is what rows are sorted by.
type Key struct {
	Expr       query.Expr
	Descending bool
	NullsFirst bool
}

// Limit keeps the first rows.
type Limit struct {
	Rows int
	at
}

// at is where a command was written.
type at struct{ span query.Span }

func (a at) Span() query.Span { return a.span }

// Named returns the names of columns that the query has before its first STATS, also
// those that it makes.
func (q *Query) Named() (names []string) {
	add := func(e query.Expr) { names = appendColumns(names, e) }
	addAll := func(list []Assignment) {
		for _, a := range list {
			add(a.Expr)
			add(a.Where)
		}
	}
	for _, c := range q.Commands {
		switch c := c.(type) {
		case *Where:
			add(c.Condition)
		case *Eval:
			addAll(c.Columns)
		case *Keep:
			names = appendNames(names, c.Names)
		case *Drop:
			names = appendNames(names, c.Names)
		case *Rename:
			names = appendNames(names, c.Old)
		case *Extract:
			add(c.Input)
		case *Sort:
			for _, k := range c.Keys {
				add(k.Expr)
			}
		case *Stats:
			addAll(c.Aggregates)
			addAll(c.By)
			return names
		}
	}
	return names
}

// Patterns reports whether a pattern of KEEP stands for a column among others.
func (q *Query) Patterns(column string) bool {
	for _, c := range q.Commands {
		if keep, ok := c.(*Keep); ok {
			for i := range keep.Names {
				if n := &keep.Names[i]; n.Pattern != nil && !n.Pattern.IsStar() && n.Fits(column) {
					return true
				}
			}
		}
	}
	return false
}

// HasPatterns reports whether a pattern stands for fields of documents.
func (q *Query) HasPatterns() bool {
	isPattern := func(n Name) bool { return n.Pattern != nil }
	for _, c := range q.Commands {
		switch c := c.(type) {
		case *Keep:
			if slices.ContainsFunc(c.Names, isPattern) {
				return true
			}
		case *Drop:
			if slices.ContainsFunc(c.Names, isPattern) {
				return true
			}
		case *Stats:
			return false
		}
	}
	return false
}

func appendNames(dst []string, names []Name) []string {
	for _, n := range names {
		if n.Pattern == nil {
			dst = append(dst, n.Text)
		}
	}
	return dst
}

func appendColumns(names []string, e query.Expr) []string {
	switch e := e.(type) {
	case *query.Column:
		return append(names, e.Field.Name)
	case *query.Call:
		for _, arg := range e.Args {
			names = appendColumns(names, arg)
		}
	}
	return names
}

// IsMetadata reports whether FROM adds the column if METADATA asks for it.
func IsMetadata(name string) bool { return slices.Contains(metadata, name) }
