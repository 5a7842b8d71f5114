package esql

import (
	"errors"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

// Language is ES|QL, by the name that rules have for it.
var Language = query.Language{Name: "esql", Parse: parseTree, Advise: advise}

func parseTree(text string) (query.Node, error) {
	q, err := parse(text)
	if err != nil {
		return nil, err
	}
	if err := q.checkSources(); err != nil {
		return nil, err
	}
	if _, err := q.Grouping(); err != nil {
		return nil, err
	}
	return q.Tree(eventTime())
}

// checkSources refuses indices that have no events, but the alerts of Kibana.
func (q *Query) checkSources() *query.Error {
	for _, index := range q.Indices {
		if strings.HasPrefix(index.Text, ".alerts-") || strings.HasPrefix(index.Text, ".internal.alerts-") {
			return syntax.Unsupported(q.Text, index.At, "%s has Kibana's alerts of other rules, and no events that come here", index.Text)
		}
	}
	return nil
}

// Tree returns the tree of the conditions before the first STATS, for documents, with
// what NOW() stands for. The error, if any, is a [*query.Error].
func (q *Query) Tree(now query.Expr) (*query.Table, error) {
	r, err := resolve(q, now)
	if err != nil {
		return nil, err
	}
	b := builder{query: q.Text}
	var all []query.Node
	for _, c := range r.conditions {
		n, err := b.root(c)
		if err != nil {
			return nil, err
		}
		all = flattened(all, n)
	}
	at := syntax.Span(0, len(q.Text))
	for i, v := range r.values {
		if err := b.checkKQL(v); err != nil {
			return nil, err
		}
		r.values[i] = withoutKQL(v)
		switch _, t, p := expr.CheckTable(r.values[i], untyped); {
		case p != nil:
			return nil, b.refuse(p.At, "%s", p.Message)
		case t == expr.TypeSpan:
			return nil, b.refuse(v.Span(), "a span of time is not the value of a column; add it to a date")
		}
	}
	table := &query.Table{Values: r.values, Groups: r.groups, At: at}
	for _, name := range q.Indices {
		table.Indices = append(table.Indices, name.Text)
	}
	switch len(all) {
	case 0:
		table.Node = &query.MatchAll{At: at}
	case 1:
		table.Node = all[0]
	default:
		table.Node = &query.And{Nodes: all, At: at}
	}
	return table, nil
}

// flattened appends a node, or those that it joins by and.
func flattened(all []query.Node, n query.Node) []query.Node {
	if and, ok := n.(*query.And); ok {
		for _, child := range and.Nodes {
			all = flattened(all, child)
		}
		return all
	}
	return append(all, n)
}

// withoutKQL returns an expression with true in the place of conditions in KQL.
func withoutKQL(e query.Expr) query.Expr {
	c, ok := e.(*query.Call)
	if !ok {
		return e
	}
	if c.Func == query.FnKQL {
		return &query.Constant{Value: true, At: c.At}
	}
	copied := *c
	copied.Args = make([]query.Expr, len(c.Args))
	for i, arg := range c.Args {
		copied.Args[i] = withoutKQL(arg)
	}
	return &copied
}

// checkKQL refuses conditions in KQL that are wrong.
func (b *builder) checkKQL(e query.Expr) *query.Error {
	c, ok := e.(*query.Call)
	if !ok {
		return nil
	}
	if c.Func == query.FnKQL {
		_, err := b.kql(c)
		return err
	}
	for _, arg := range c.Args {
		if err := b.checkKQL(arg); err != nil {
			return err
		}
	}
	return nil
}

// kql returns the tree of a condition in KQL.
func (b *builder) kql(c *query.Call) (query.Node, *query.Error) {
	text := c.Args[0].(*query.Constant)
	n, err := kql.Language.Parse(text.Value.(string))
	if err != nil {
		var e *query.Error
		if errors.As(err, &e) {
			line, column := e.Position()
			return nil, b.refuse(text.At, "KQL, %d:%d: %s", line, column, e.Message)
		}
		return nil, b.refuse(text.At, "KQL: %v", err)
	}
	return moved(n, c.At), nil
}

// advise returns what has no effect on a rule: the order and the number of rows.
func advise(text string) (advice []*query.Error) {
	q, err := parse(text)
	if err != nil {
		return nil
	}
	for _, c := range q.Commands {
		switch c.(type) {
		case *Sort, *Limit:
			advice = append(advice, syntax.Refuse(text, c.Span(), "each event is judged by itself, and so is each group, so that this command has no effect here"))
		}
	}
	return advice
}
