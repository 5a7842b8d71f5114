package esql

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

// Grouping is how a query with STATS makes groups of events that come one after the other.
type Grouping struct {
	Stats *Stats
	// Bucket is the DATE_TRUNC of the time of the event that is a part of what events are
	// grouped by; nil if there is none: then a group is about the events of a window.
	Bucket *query.Call
	// Recent reports whether what is behind STATS compares with NOW(), and Quiet is the
	// longest span of time that is taken off it, or 0.
	Recent bool
	Quiet  time.Duration
	// Most is the largest whole number behind STATS, 0 at least: how many events a
	// condition may ask for.
	Most int64
}

// Grouping returns how the query makes groups, nil if it has no STATS. A query that needs
// all rows at once is refused: the error is a [*query.Error].
func (q *Query) Grouping() (*Grouping, error) {
	r := &resolver{scope: scope{text: q.Text, made: map[string]query.Expr{}}, now: eventTime()}
	for _, n := range q.Metadata {
		r.made[n.Text] = &query.Constant{At: n.At}
	}
	var g *Grouping
	for _, c := range q.Commands {
		stats, ok := c.(*Stats)
		switch {
		case g == nil && !ok:
			if err := r.command(c); err != nil {
				return nil, err
			}
		case g == nil:
			g = &Grouping{Stats: stats}
			if err := g.begin(r); err != nil {
				return nil, err
			}
		case ok:
			return nil, syntax.Unsupported(q.Text, c.Span(), "a second STATS needs all groups at once, and in a rule each one is judged by itself")
		default:
			eachExpr(c, g.see)
		}
	}
	return g, nil
}

// eventTime is what NOW() stands for before STATS: an event is judged when it comes,
// whenever that is.
func eventTime() query.Expr { return &query.Column{Field: query.Field{Name: "@timestamp"}} }

// begin looks at STATS, with the columns before it.
func (g *Grouping) begin(r *resolver) *query.Error {
	for _, by := range g.Stats.By {
		e, err := r.value(by.Expr)
		if err != nil {
			return err
		}
		if g.Bucket == nil {
			g.Bucket = bucketIn(e)
		}
	}
	for _, a := range g.Stats.Aggregates {
		for _, e := range []query.Expr{a.Expr, a.Where} {
			if at, ok := hasNow(e); ok {
				return syntax.Unsupported(r.text, at, "NOW() is not evaluated in STATS: in a rule, events that came before would have to be looked at again; compare behind it")
			}
		}
	}
	return nil
}

// bucketIn returns the first DATE_TRUNC of the time of the event in an expression, or nil.
func bucketIn(e query.Expr) *query.Call {
	c, ok := e.(*query.Call)
	if !ok {
		return nil
	}
	if c.Func == query.FnDateTrunc && len(c.Args) == 2 {
		if column, ok := c.Args[1].(*query.Column); ok && column.Field.Name == "@timestamp" {
			return c
		}
	}
	for _, arg := range c.Args {
		if found := bucketIn(arg); found != nil {
			return found
		}
	}
	return nil
}

// hasNow returns where an expression has NOW(), if it does.
func hasNow(e query.Expr) (at query.Span, ok bool) {
	c, isCall := e.(*query.Call)
	switch {
	case !isCall:
		return at, false
	case c.Func == query.FnNow:
		return c.At, true
	}
	for _, arg := range c.Args {
		if at, ok := hasNow(arg); ok {
			return at, true
		}
	}
	return at, false
}

// see looks at an expression behind STATS.
func (g *Grouping) see(e query.Expr) {
	switch e := e.(type) {
	case *query.Constant:
		if n, ok := e.Value.(int64); ok {
			g.Most = max(g.Most, n)
		}
	case *query.Call:
		g.Recent = g.Recent || e.Func == query.FnNow
		if e.Func == query.FnSubtract && len(e.Args) == 2 {
			span, ok := e.Args[1].(*query.Constant)
			if from, isNow := e.Args[0].(*query.Call); ok && isNow && from.Func == query.FnNow {
				if d, ok := span.Value.(time.Duration); ok {
					g.Quiet = max(g.Quiet, d)
				}
			}
		}
		for _, arg := range e.Args {
			g.see(arg)
		}
	}
}

// eachExpr calls do with each expression of a command.
func eachExpr(c Command, do func(query.Expr)) {
	switch c := c.(type) {
	case *Where:
		do(c.Condition)
	case *Eval:
		for _, a := range c.Columns {
			do(a.Expr)
		}
	case *Extract:
		do(c.Input)
	case *Sort:
		for _, k := range c.Keys {
			do(k.Expr)
		}
	}
}

// Prefix returns the query up to and with its first STATS: what makes the groups. It is the
// whole query if it has none.
func (q *Query) Prefix() string {
	for _, c := range q.Commands {
		if _, ok := c.(*Stats); ok {
			return q.Text[:c.Span().End]
		}
	}
	return q.Text
}
