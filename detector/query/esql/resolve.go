package esql

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
)

// resolver goes through the commands of a query, and replaces columns by what they are
// computed of.
type resolver struct {
	scope
	now query.Expr // what NOW() stands for
	// values are what the query computes, and conditions those of WHERE before the
	// first STATS.
	values, conditions []query.Expr
	groups             query.Span // the first STATS
}

// resolve goes through a query.
func resolve(q *Query, now query.Expr) (*resolver, *query.Error) {
	r := &resolver{scope: scope{text: q.Text, made: map[string]query.Expr{}}, now: now}
	for _, n := range q.Metadata {
		r.made[n.Text] = &query.Constant{At: n.At} // an event has none
	}
	for _, c := range q.Commands {
		if err := r.command(c); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *resolver) command(c Command) *query.Error {
	var used []query.Expr
	var err *query.Error
	switch c := c.(type) {
	case *Where:
		e, err := r.value(c.Condition)
		if err != nil {
			return err
		}
		condition := &query.Call{Func: query.FnAnd, Args: []query.Expr{e}, At: e.Span()} // so that it is one
		if used = append(used, condition); !r.grouped {
			r.conditions = append(r.conditions, e)
		}
	case *Eval:
		for _, a := range c.Columns {
			e, err := r.value(a.Expr)
			if err != nil {
				return err
			}
			r.made[a.Name.Text] = e
			used = append(used, e)
		}
	case *Keep:
		if used, err = r.columns(c.Names); err == nil {
			r.keep(c.Names)
		}
	case *Drop:
		if used, err = r.columns(c.Names); err == nil {
			r.drop(c.Names)
		}
	case *Rename:
		used, err = r.rename(c)
	case *Extract:
		used, err = r.extract(c)
	case *Stats:
		used, err = r.stats(c)
	case *Sort:
		for _, k := range c.Keys {
			e, err := r.value(k.Expr)
			if err != nil {
				return err
			}
			used = append(used, e)
		}
	}
	r.values = append(r.values, used...)
	return err
}

func (r *resolver) extract(x *Extract) (used []query.Expr, err *query.Error) {
	input, err := r.value(x.Input)
	if err != nil {
		return nil, err
	}
	for _, name := range x.Parts {
		part := x.Part(name, input)
		r.made[name] = part
		used = append(used, part)
	}
	return used, nil
}

// stats replaces all columns by groups and aggregates.
func (r *resolver) stats(s *Stats) (used []query.Expr, err *query.Error) {
	made := map[string]query.Expr{}
	for _, by := range s.By {
		if made[by.Name.Text], err = r.value(by.Expr); err != nil {
			return nil, err
		}
		used = append(used, made[by.Name.Text])
	}
	groups := made
	made = map[string]query.Expr{}
	for _, a := range s.Aggregates {
		if err := checkAggregate(r.text, a.Expr, groups); err != nil {
			return nil, err
		}
		e, err := r.replace(a.Expr)
		if err != nil {
			return nil, err
		}
		made[a.Name.Text] = e
		used = append(used, e)
		if a.Where != nil {
			condition, err := r.value(a.Where)
			if err != nil {
				return nil, err
			}
			used = append(used, &query.Call{Func: query.FnAnd, Args: []query.Expr{condition}, At: condition.Span()})
		}
	}
	for name, e := range groups {
		made[name] = e
	}
	if !r.grouped {
		r.grouped, r.groups = true, s.Span()
	}
	r.made = made
	return used, nil
}

// checkAggregate refuses columns outside of aggregates, unless rows are grouped by them,
// and aggregates in each other.
func checkAggregate(text string, e query.Expr, groups map[string]query.Expr) *query.Error {
	switch e := e.(type) {
	case *query.Column:
		if _, ok := groups[e.Field.Name]; !ok {
			return syntax.Refuse(text, e.Field.At, "%s is not an aggregate: write one such as COUNT(%s), or group by it", e.Field.Name, e.Field.Name)
		}
	case *query.Call:
		if !e.Func.IsAggregate() {
			for _, arg := range e.Args {
				if err := checkAggregate(text, arg, groups); err != nil {
					return err
				}
			}
			return nil
		}
		for _, arg := range e.Args {
			if at, ok := aggregate(arg); ok {
				return syntax.Refuse(text, at, "an aggregate cannot be in another one")
			}
		}
	}
	return nil
}

// aggregate returns where an expression has an aggregate, if it has one.
func aggregate(e query.Expr) (at query.Span, ok bool) {
	c, isCall := e.(*query.Call)
	switch {
	case !isCall:
		return at, false
	case c.Func.IsAggregate():
		return c.At, true
	}
	for _, arg := range c.Args {
		if at, ok := aggregate(arg); ok {
			return at, true
		}
	}
	return at, false
}

// value returns an expression about the columns of documents.
func (r *resolver) value(e query.Expr) (query.Expr, *query.Error) {
	if at, ok := aggregate(e); ok {
		return nil, syntax.Refuse(r.text, at, "aggregates are allowed in STATS only")
	}
	return r.replace(e)
}

func (r *resolver) replace(e query.Expr) (query.Expr, *query.Error) {
	replaced, err := r.replaced(e)
	if err != nil {
		return nil, err
	}
	if size := MaxSize; !fits(replaced, &size) {
		return nil, syntax.Refuse(r.text, e.Span(), "this is computed of more than %d columns, values and functions", MaxSize)
	}
	return replaced, nil
}

func (r *resolver) replaced(e query.Expr) (query.Expr, *query.Error) {
	switch e := e.(type) {
	case *query.Column:
		return r.find(e.Field.Name, e.Field.At)
	case *query.Call:
		switch {
		case e.Func == query.FnNow:
			return r.now, nil
		case e.Func == query.FnKQL && r.grouped:
			return nil, syntax.Refuse(r.text, e.At, "KQL is about documents, and behind STATS there are none")
		}
		c := *e
		c.Args = slices.Clone(e.Args)
		for i, arg := range c.Args {
			var err *query.Error
			if c.Args[i], err = r.replaced(arg); err != nil {
				return nil, err
			}
		}
		return &c, nil
	}
	return e, nil
}

// fits reports whether an expression has no more parts than that, and subtracts them.
func fits(e query.Expr, size *int) bool {
	if *size--; *size < 0 {
		return false
	}
	if c, ok := e.(*query.Call); ok {
		for _, arg := range c.Args {
			if !fits(arg, size) {
				return false
			}
		}
	}
	return true
}
