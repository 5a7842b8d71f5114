package eql

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

// builder makes the tree of a query.
type builder struct {
	query    string
	category string // the field that has the category of an event
}

func (b *builder) refuse(at query.Span, format string, args ...any) *query.Error {
	return syntax.Refuse(b.query, at, format, args...)
}

// event returns the tree of a condition on an event.
func (b *builder) event(q *event) (query.Node, *query.Error) {
	if _, p := expr.Check(q.where, untyped); p != nil {
		return nil, b.refuse(p.At, "%s", p.Message)
	}
	if err := b.checkConstants(q.where); err != nil {
		return nil, err
	}
	where, err := expr.Fold(nullChecks(q.where))
	if err != nil {
		return nil, b.refuse(q.where.Span(), "%v", err) // cannot happen: patterns were compiled before
	}
	condition, refused := b.condition(where)
	if refused != nil || q.category == nil {
		return condition, refused
	}
	category := &query.Compare{
		Field: query.Field{Name: b.category, Exact: true, At: q.category.Span},
		Value: query.Value{Text: q.category.Text, Phrase: true, At: q.category.Span},
		At:    q.head,
	}
	at := syntax.Span(q.head.Start, condition.Span().End)
	if and, ok := condition.(*query.And); ok {
		return &query.And{Nodes: append([]query.Node{category}, and.Nodes...), At: at}, nil
	}
	return &query.And{Nodes: []query.Node{category, condition}, At: at}, nil
}

// untyped is the type of fields as long as it is not known.
func untyped(query.Field) (expr.Type, *expr.Problem) { return expr.TypeAny, nil }

// nullChecks returns an expression in which comparisons with null, which ask whether
// there is a value, do so.
func nullChecks(e query.Expr) query.Expr {
	c, ok := e.(*query.Call)
	if !ok {
		return e
	}
	checked := *c
	checked.Args = make([]query.Expr, len(c.Args))
	for i, arg := range c.Args {
		checked.Args[i] = nullChecks(arg)
	}
	if c.Func != query.FnEqual && c.Func != query.FnNotEqual {
		return &checked
	}
	for i, arg := range checked.Args {
		if isNull(arg) {
			checked.Func, checked.Args = query.FnIsNull, checked.Args[1-i:2-i]
			if c.Func == query.FnNotEqual {
				checked.Func = query.FnNotNull
			}
			break
		}
	}
	return &checked
}

// checkConstants refuses comparisons and lists without a constant, wherever they are.
func (b *builder) checkConstants(e query.Expr) *query.Error {
	c, ok := e.(*query.Call)
	if !ok {
		return nil
	}
	for _, arg := range c.Args {
		if err := b.checkConstants(arg); err != nil {
			return err
		}
	}
	switch c.Func {
	case query.FnEqual, query.FnNotEqual, query.FnLess, query.FnLessOrEqual, query.FnGreater, query.FnGreaterOrEqual:
		if hasField(c.Args[0]) && hasField(c.Args[1]) {
			return b.refuse(c.Args[1].Span(), "two fields cannot be compared: one side of a comparison must be a constant")
		}
	case query.FnIn:
		for _, member := range c.Args[1:] {
			if hasField(member) {
				return b.refuse(member.Span(), "a list has constants, no fields")
			}
		}
		return b.checkList(c.Args[1:])
	case query.FnToNumber:
		return b.checkNumber(c)
	}
	return nil
}

// checkNumber refuses a text that is written down and is not a number.
func (b *builder) checkNumber(c *query.Call) *query.Error {
	if hasField(c) {
		return nil
	}
	text, err := expr.Fold(c.Args[0])
	if err != nil {
		return b.refuse(c.At, "%v", err) // cannot happen: patterns were compiled before
	}
	number, err := expr.Fold(c)
	if err != nil {
		return b.refuse(c.At, "%v", err) // cannot happen either
	}
	if isNull(number) && !isNull(text) {
		return b.refuse(c.Args[0].Span(), "%q is not a number", text.(*query.Constant).Value)
	}
	return nil
}

func isNull(e query.Expr) bool {
	c, ok := e.(*query.Constant)
	return ok && c.Value == nil
}

// hasField reports whether the value of an expression depends on a field.
func hasField(e query.Expr) bool {
	switch e := e.(type) {
	case *query.Column:
		return true
	case *query.Call:
		return slices.ContainsFunc(e.Args, hasField)
	}
	return false
}

// checkList refuses a list of constants of several types.
func (b *builder) checkList(members []query.Expr) *query.Error {
	first := expr.TypeNull
	for _, m := range members {
		t, _ := expr.Check(m, untyped)
		if first == expr.TypeNull {
			first = t
		} else if t != first && t != expr.TypeNull {
			return b.refuse(m.Span(), "the members of a list are of one type: this is %s, and the first is %s", t, first)
		}
	}
	return nil
}

// never is a node that is false.
func never(at query.Span) query.Node { return &query.Or{At: at} }

// truth returns a node that is always that.
func truth(value bool, at query.Span) query.Node {
	if value {
		return &query.MatchAll{At: at}
	}
	return never(at)
}

// condition returns the node of an expression without constant parts.
func (b *builder) condition(e query.Expr) (query.Node, *query.Error) {
	switch e := e.(type) {
	case *query.Constant:
		switch value := e.Value.(type) {
		case bool:
			return truth(value, e.At), nil
		case nil:
			return never(e.At), nil
		}
		t, _ := expr.Check(e, untyped)
		return nil, b.refuse(e.At, "a condition is true or false, and this is %s", t)
	case *query.Column:
		return &query.Compare{Field: e.Field, Value: query.Value{Kind: query.Truth, Text: "true", At: e.Field.At}, At: e.Field.At}, nil
	}
	c := e.(*query.Call)
	switch c.Func {
	case query.FnAnd:
		nodes, err := b.conditions(c.Args)
		return &query.And{Nodes: nodes, At: c.At}, err
	case query.FnOr:
		nodes, err := b.conditions(c.Args)
		if list, ok := ofOneField(nodes, nil); ok {
			nodes = list
		}
		return &query.Or{Nodes: nodes, At: c.At}, err
	case query.FnNot:
		inner, err := b.condition(c.Args[0])
		return &query.Not{Node: inner, At: c.At}, err
	case query.FnIsNull, query.FnNotNull:
		return b.nullCheck(c), nil
	case query.FnEqual, query.FnNotEqual:
		return b.equality(c)
	case query.FnLess, query.FnLessOrEqual, query.FnGreater, query.FnGreaterOrEqual:
		return b.order(c), nil
	case query.FnIn:
		return b.list(c), nil
	case query.FnLike:
		return b.patterns(c), nil
	case query.FnStringContains, query.FnStartsWith, query.FnEndsWith:
		return b.search(c), nil
	case query.FnCIDRMatch:
		return b.blocks(c), nil
	}
	if t, _ := expr.Check(c, untyped); t != expr.TypeBool {
		return nil, b.refuse(c.At, "a condition is true or false, and this is %s", t)
	}
	return computed(c), nil
}

func (b *builder) conditions(all []query.Expr) (nodes []query.Node, err *query.Error) {
	for _, e := range all {
		n, err := b.condition(e)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// ofOneField appends the comparisons of one field that nodes consist of, however they
// are nested in or, and returns false if there is anything else in them: a field is
// compared with all of its values at once.
func ofOneField(nodes, list []query.Node) (all []query.Node, ok bool) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *query.Or:
			if list, ok = ofOneField(n.Nodes, list); !ok {
				return nil, false
			}
		case *query.Compare:
			if n.Op != query.Is || len(list) > 0 && list[0].(*query.Compare).Field.Name != n.Field.Name {
				return nil, false
			}
			list = append(list, n)
		default:
			return nil, false
		}
	}
	return list, len(nodes) > 0
}

func computed(c *query.Call) query.Node { return &query.Computed{Expr: c, At: c.At} }

// nullCheck returns the node that asks whether there is a value, or not.
func (b *builder) nullCheck(c *query.Call) query.Node {
	if field, ok := c.Args[0].(*query.Column); ok {
		return negated(c.Func == query.FnIsNull, &query.Exists{Field: field.Field, At: c.At}, c.At)
	}
	return computed(c)
}

// equality returns the node of a comparison by == or !=. With a boolean it is the
// condition itself, or not. A field without a value equals nothing, so that != is true
// of it; a computed value that is null neither equals anything nor differs from it.
func (b *builder) equality(c *query.Call) (query.Node, *query.Error) {
	what, constant := sides(c)
	field, isField := what.(*query.Column)
	equal := c.Func == query.FnEqual
	switch value := constant.Value.(type) {
	case nil:
		return never(c.At), nil
	case bool:
		if t, _ := expr.Check(what, untyped); isField || t != expr.TypeBool {
			break
		}
		n, err := b.condition(what)
		if err != nil {
			return nil, err
		}
		return negated(value != equal, n, c.At), nil
	}
	if !isField {
		return computed(c), nil
	}
	return negated(!equal, &query.Compare{Field: field.Field, Value: b.value(constant), At: c.At}, c.At), nil
}

// negated returns a node, or its negation if not is true.
func negated(not bool, n query.Node, at query.Span) query.Node {
	if not {
		return &query.Not{Node: n, At: at}
	}
	return n
}

// sides returns what is compared, and the constant that it is compared with.
func sides(c *query.Call) (what query.Expr, constant *query.Constant) {
	if constant, ok := c.Args[1].(*query.Constant); ok {
		return c.Args[0], constant
	}
	return c.Args[1], c.Args[0].(*query.Constant)
}

// orders are the operators of the tree, and those with the sides the other way round.
var orders = map[query.Func][2]query.Op{
	query.FnLess:           {query.Lt, query.Gt},
	query.FnLessOrEqual:    {query.Lte, query.Gte},
	query.FnGreater:        {query.Gt, query.Lt},
	query.FnGreaterOrEqual: {query.Gte, query.Lte},
}

func (b *builder) order(c *query.Call) query.Node {
	what, constant := sides(c)
	field, ok := what.(*query.Column)
	switch {
	case constant.Value == nil:
		return never(c.At)
	case !ok:
		return computed(c)
	}
	op := orders[c.Func][0]
	if c.Args[0] == query.Expr(constant) {
		op = orders[c.Func][1]
	}
	return &query.Compare{Field: field.Field, Op: op, Value: b.value(constant), At: c.At}
}

// value returns a constant as the value of a comparison.
func (b *builder) value(c *query.Constant) query.Value {
	v := query.Value{At: c.At}
	switch value := c.Value.(type) {
	case bool:
		v.Kind, v.Text = query.Bool, strconv.FormatBool(value)
	case int64:
		v.Kind, v.Text = query.Number, strconv.FormatInt(value, 10)
	case float64:
		v.Kind, v.Text = query.Number, strconv.FormatFloat(value, 'g', -1, 64)
		// As it is written it may have more digits.
		if text := b.query[c.At.Start:c.At.End]; math.Trunc(value) == value && strings.Trim(text, "0123456789") == "" {
			v.Text = text
		}
	case string:
		v.Text, v.Phrase = value, true
	}
	return v
}

// list returns the node of "in" and "in~". A null in the list is nothing.
func (b *builder) list(c *query.Call) query.Node {
	field, ok := c.Args[0].(*query.Column)
	if !ok {
		return computed(c)
	}
	or := &query.Or{At: c.At}
	for _, arg := range c.Args[1:] {
		if constant := arg.(*query.Constant); constant.Value != nil {
			v := b.value(constant)
			v.Strict = true
			if v.Kind == query.String {
				v.Fold = c.Fold
			}
			or.Nodes = append(or.Nodes, &query.Compare{Field: field.Field, Value: v, At: c.At})
		}
	}
	return or
}

func (b *builder) patterns(c *query.Call) query.Node {
	field, ok := c.Args[0].(*query.Column)
	if !ok {
		return computed(c)
	}
	return anyOf(field.Field, c.Patterns, c.At)
}

// anyOf returns a node that is true if the field has one of the values.
func anyOf(f query.Field, values []query.Value, at query.Span) query.Node {
	or := &query.Or{At: at}
	for _, v := range values {
		or.Nodes = append(or.Nodes, &query.Compare{Field: f, Value: v, At: at})
	}
	return or
}

// search returns the node of a search for a text in another one. For a constant text
// in a field it is a pattern.
func (b *builder) search(c *query.Call) query.Node {
	field, isField := c.Args[0].(*query.Column)
	text, isConstant := c.Args[1].(*query.Constant)
	if !isField || !isConstant {
		return computed(c)
	}
	what, ok := text.Value.(string)
	if !ok {
		return never(c.At)
	}
	v := query.Value{Kind: query.Glob, Text: what, Fold: c.Fold, At: text.At}
	switch c.Func {
	case query.FnStringContains:
		v.Pattern = pattern.Escaped("*" + what + "*")
	case query.FnEndsWith:
		v.Pattern = pattern.Escaped("*" + what)
	default:
		v.Pattern = query.Pattern{what, ""}
	}
	return anyOf(field.Field, []query.Value{v}, c.At)
}

// blocks returns the node of a comparison with blocks of addresses.
func (b *builder) blocks(c *query.Call) query.Node {
	field, ok := c.Args[0].(*query.Column)
	if !ok {
		return computed(c)
	}
	var values []query.Value
	for _, arg := range c.Args[1:] {
		if text, ok := arg.(*query.Constant).Value.(string); ok {
			values = append(values, query.Value{Kind: query.Block, Text: text, At: arg.Span()})
		}
	}
	return anyOf(field.Field, values, c.At)
}
