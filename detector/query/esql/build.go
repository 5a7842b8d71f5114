package esql

import (
	"slices"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

// builder makes a tree of conditions.
type builder struct{ query string }

func (b *builder) refuse(at query.Span, format string, args ...any) *query.Error {
	return syntax.Refuse(b.query, at, format, args...)
}

// untyped is the type of columns as long as it is not known.
func untyped(query.Field) (expr.Type, *expr.Problem) { return expr.TypeAny, nil }

// root returns the node that is true if a condition is.
func (b *builder) root(e query.Expr) (query.Node, *query.Error) {
	e, _, p := expr.CheckTable(e, untyped)
	if p != nil {
		return nil, b.refuse(p.At, "%s", p.Message)
	}
	e, err := expr.Fold(e)
	if err != nil {
		return nil, b.refuse(e.Span(), "%v", err) // cannot happen: patterns were compiled before
	}
	return b.node(e, true)
}

// truth returns a node that is always that.
func truth(value bool, at query.Span) query.Node {
	if value {
		return &query.MatchAll{At: at}
	}
	return &query.Or{At: at}
}

// not returns the negation of a node, which is not written together with it.
func not(n query.Node) query.Node {
	return &query.Not{Node: n, At: syntax.Span(n.Span().Start, n.Span().Start)}
}

// node returns the node that is true if a condition is that: true or false. It is false
// if the condition is null.
func (b *builder) node(e query.Expr, is bool) (query.Node, *query.Error) {
	switch e := e.(type) {
	case *query.Constant:
		value, ok := e.Value.(bool)
		if e.Value != nil && !ok {
			return nil, b.refuse(e.At, "a condition is true or false, and this is %s", typeOf(e))
		}
		return truth(ok && value == is, e.At), nil
	case *query.Column:
		v := query.Value{Kind: query.Bool, Text: strconv.FormatBool(is), Literal: true, At: e.Field.At}
		o := only(true, e.Field.At, compare(e.Field, query.Is, v, e.Field.At))
		o.Negated = !is
		return o, nil
	}
	c := e.(*query.Call)
	switch c.Func {
	case query.FnAnd, query.FnOr:
		return b.group(c, is)
	case query.FnNot:
		return b.node(c.Args[0], !is)
	case query.FnKQL:
		n, err := b.kql(c)
		if err == nil && !is {
			n = not(n)
		}
		return n, err
	}
	if n := b.leaf(c, is); n != nil {
		if o, ok := n.(*query.Only); ok {
			o.Negated = !is
		}
		return n, nil
	}
	return b.computed(c, is)
}

func typeOf(e query.Expr) expr.Type {
	_, t, _ := expr.CheckTable(e, untyped)
	return t
}

// computed returns the node of a condition that no other node says.
func (b *builder) computed(c *query.Call, is bool) (query.Node, *query.Error) {
	if t := typeOf(c); t != expr.TypeBool && t != expr.TypeAny && t != expr.TypeNull {
		return nil, b.refuse(c.At, "a condition is true or false, and this is %s", t)
	}
	if at, ok := hasKQL(c); ok {
		return nil, b.refuse(at, "KQL is a condition by itself, and cannot be part of a value")
	}
	if !is {
		c = &query.Call{Func: query.FnNot, Args: []query.Expr{c}, At: c.At}
	}
	return &query.Computed{Expr: c, Whole: true, Negated: !is, At: c.At}, nil
}

func hasKQL(e query.Expr) (at query.Span, ok bool) {
	c, isCall := e.(*query.Call)
	switch {
	case !isCall:
		return at, false
	case c.Func == query.FnKQL:
		return c.At, true
	}
	for _, arg := range c.Args {
		if at, ok := hasKQL(arg); ok {
			return at, true
		}
	}
	return at, false
}

// group returns the node of conditions that are joined by and, or by or.
func (b *builder) group(c *query.Call, is bool) (query.Node, *query.Error) {
	var nodes []query.Node
	and := (c.Func == query.FnAnd) == is
	for _, arg := range c.Args {
		n, err := b.node(arg, is)
		if err != nil {
			return nil, err
		}
		if and {
			nodes = flattened(nodes, n)
		} else if or, ok := n.(*query.Or); ok && len(or.Nodes) > 0 {
			nodes = append(nodes, or.Nodes...)
		} else {
			nodes = append(nodes, n)
		}
	}
	switch list, ok := ofOneField(nodes); {
	case and:
		return &query.And{Nodes: nodes, At: c.At}, nil
	case ok:
		return only(true, c.At, list...), nil
	}
	return &query.Or{Nodes: nodes, At: c.At}, nil
}

// ofOneField returns the comparisons by [query.Is] of one field that nodes consist of:
// a field is compared with all of its values at once.
func ofOneField(nodes []query.Node) (list []query.Node, ok bool) {
	for _, n := range nodes {
		o, ok := n.(*query.Only)
		if !ok || o.Not {
			return nil, false
		}
		inner := []query.Node{o.Node}
		if or, ok := o.Node.(*query.Or); ok {
			inner = or.Nodes
		}
		for _, one := range inner {
			is := one.(*query.Compare)
			if is.Op != query.Is || len(list) > 0 && list[0].(*query.Compare).Field.Name != is.Field.Name {
				return nil, false
			}
			list = append(list, one)
		}
	}
	return list, len(list) > 0
}

func compare(f query.Field, op query.Op, v query.Value, at query.Span) query.Node {
	return &query.Compare{Field: f, Op: op, Value: v, At: at}
}

// only returns the node that is true if a field has one value, and one of the nodes is
// true of it or, if is is false, none.
func only(is bool, at query.Span, nodes ...query.Node) *query.Only {
	if len(nodes) == 1 {
		return &query.Only{Node: nodes[0], Not: !is, At: at}
	}
	return &query.Only{Node: &query.Or{Nodes: nodes, At: at}, Not: !is, At: at}
}

// leaf returns the node of a condition on one column that is a field, or nil if it is
// something else.
func (b *builder) leaf(c *query.Call, is bool) query.Node {
	if c.Func == query.FnIsNull || c.Func == query.FnNotNull {
		return b.exists(c, is)
	}
	if op, ok := comparisonsOf[c.Func]; ok {
		return b.comparison(c, op, is)
	}
	if len(c.Args) == 0 {
		return nil
	}
	column, ok := c.Args[0].(*query.Column)
	if !ok || slices.ContainsFunc(c.Args[1:], isNoConstant) {
		return nil
	}
	f := column.Field
	switch c.Func {
	case query.FnOneOf:
		return b.list(c, f, is)
	case query.FnHas:
		n := compare(f, query.Is, b.value(c.Args[1].(*query.Constant)), c.At)
		if !is {
			return not(n)
		}
		return n
	case query.FnLike:
		return b.patterns(c, f, is)
	case query.FnStartsWith, query.FnEndsWith, query.FnContains:
		return b.part(c, f, is)
	case query.FnCIDRMatch:
		var blocks []query.Node
		for _, arg := range c.Args[1:] {
			text, ok := arg.(*query.Constant).Value.(string)
			if !ok {
				return nil
			}
			blocks = append(blocks, compare(f, query.Is, query.Value{Kind: query.Block, Text: text, At: arg.Span()}, c.At))
		}
		return only(is, c.At, blocks...)
	}
	return nil
}

func isNoConstant(e query.Expr) bool { _, ok := e.(*query.Constant); return !ok }

// exists returns the node that asks whether there is a value, or not.
func (b *builder) exists(c *query.Call, is bool) query.Node {
	column, ok := c.Args[0].(*query.Column)
	if !ok {
		return nil
	}
	n := query.Node(&query.Exists{Field: column.Field, Negated: !is, At: c.At})
	if (c.Func == query.FnNotNull) != is {
		return &query.Not{Node: n, At: c.At}
	}
	return n
}

// comparisonOf is an operator as the tree has it, and with its sides the other way
// round.
type comparisonOf struct {
	op, reversed query.Op
	not          bool
}

var comparisonsOf = map[query.Func]comparisonOf{
	query.FnEqual: {}, query.FnNotEqual: {not: true},
	query.FnLess: {op: query.Lt, reversed: query.Gt}, query.FnLessOrEqual: {op: query.Lte, reversed: query.Gte},
	query.FnGreater: {op: query.Gt, reversed: query.Lt}, query.FnGreaterOrEqual: {op: query.Gte, reversed: query.Lte},
}

func (b *builder) comparison(c *query.Call, by comparisonOf, is bool) query.Node {
	what, op := c.Args[0], by.op
	constant, ok := c.Args[1].(*query.Constant)
	if !ok {
		if constant, ok = c.Args[0].(*query.Constant); !ok {
			return nil
		}
		what, op = c.Args[1], by.reversed
	}
	column, ok := what.(*query.Column)
	switch {
	case constant.Value == nil:
		return truth(false, c.At)
	case !ok || !isLiteral(constant):
		return nil
	}
	return only(is != by.not, c.At, compare(column.Field, op, b.value(constant), c.At))
}

// isLiteral reports whether a constant is one that a field can be compared with.
func isLiteral(c *query.Constant) bool {
	switch c.Value.(type) {
	case bool, int64, float64, string:
		return true
	}
	return false
}

// value returns a constant as the value of a comparison.
func (b *builder) value(c *query.Constant) query.Value {
	v := query.Value{Literal: true, At: c.At}
	switch value := c.Value.(type) {
	case bool:
		v.Kind, v.Text = query.Bool, strconv.FormatBool(value)
	case int64:
		v.Kind, v.Text = query.Number, strconv.FormatInt(value, 10)
	case float64:
		v.Kind, v.Text = query.Number, strconv.FormatFloat(value, 'g', -1, 64)
	case string:
		v.Text, v.Phrase = value, true
	}
	return v
}

// list returns the node of "in". A null in the list makes null of what would be false.
func (b *builder) list(c *query.Call, f query.Field, is bool) query.Node {
	var nodes []query.Node
	for _, arg := range c.Args[1:] {
		constant := arg.(*query.Constant)
		switch {
		case constant.Value == nil && !is:
			return truth(false, c.At)
		case constant.Value == nil:
		case !isLiteral(constant):
			return nil
		default:
			nodes = append(nodes, compare(f, query.Is, b.value(constant), c.At))
		}
	}
	if len(nodes) == 0 {
		return truth(false, c.At)
	}
	return only(is, c.At, nodes...)
}

// patterns returns the node of "like" and "rlike".
func (b *builder) patterns(c *query.Call, f query.Field, is bool) query.Node {
	var nodes []query.Node
	for _, v := range c.Patterns {
		nodes = append(nodes, compare(f, query.Is, v, c.At))
	}
	return only(is, c.At, nodes...)
}

// part returns the node of a search for a text that is written down.
func (b *builder) part(c *query.Call, f query.Field, is bool) query.Node {
	constant := c.Args[1].(*query.Constant)
	text, ok := constant.Value.(string)
	if !ok {
		return truth(false, c.At)
	}
	v := query.Value{Kind: query.Glob, Text: text, At: constant.At}
	switch c.Func {
	case query.FnStartsWith:
		v.Pattern = query.Pattern{text, ""}
	case query.FnEndsWith:
		v.Pattern = query.Pattern{"", text}
	default:
		v.Pattern = query.Pattern{"", text, ""}
	}
	return only(is, c.At, compare(f, query.Is, v, c.At))
}

// moved returns a tree whose nodes are all written at one place.
func moved(n query.Node, to query.Span) query.Node {
	switch n := n.(type) {
	case *query.MatchAll:
		return &query.MatchAll{At: to}
	case *query.And:
		return &query.And{Nodes: movedAll(n.Nodes, to), At: to}
	case *query.Or:
		return &query.Or{Nodes: movedAll(n.Nodes, to), At: to}
	case *query.Not:
		return &query.Not{Node: moved(n.Node, to), At: to}
	case *query.Compare:
		c := *n
		c.At, c.Field.At, c.Value.At = to, to, to
		return &c
	case *query.Exists:
		c := *n
		c.At, c.Field.At = to, to
		return &c
	case *query.Nested:
		c := *n
		c.At, c.Path.At, c.Node = to, to, moved(n.Node, to)
		return &c
	}
	return n
}

func movedAll(nodes []query.Node, to query.Span) []query.Node {
	all := make([]query.Node, len(nodes))
	for i, n := range nodes {
		all[i] = moved(n, to)
	}
	return all
}
