package table

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
)

// aggregate is a function of the rows of a group.
type aggregate struct {
	fn    query.Func
	arg   *expr.Program // nil: of rows
	where *expr.Program // nil: of all rows
}

// stats makes a row of each group of rows.
func (t *Table) stats(c *esql.Stats) error {
	var keys []*expr.Program
	var groups []column
	slot := 0
	for _, by := range c.By {
		p, typ, err := t.compile(by.Expr)
		if err != nil {
			return err
		}
		keys = append(keys, p)
		groups = append(groups, column{by.Name.Text, slot, typ})
		slot++
	}
	var aggregates []aggregate
	var texts []string             // what each is about
	hidden := slices.Clone(groups) // with the aggregates by names that no query can name
	results := make([]query.Expr, len(c.Aggregates))
	for i, a := range c.Aggregates {
		var where *expr.Program
		if a.Where != nil {
			var err error
			if where, _, err = t.compile(a.Where); err != nil {
				return err
			}
		}
		var err error
		results[i], err = t.withAggregates(a.Expr, func(call *query.Call, arg *expr.Program, typ expr.Type) query.Field {
			name := aggregateName(len(aggregates))
			aggregates = append(aggregates, aggregate{call.Func, arg, where})
			texts = append(texts, t.textOf(call, a.Where))
			hidden = append(hidden, column{name, slot, typ})
			slot++
			return query.Field{Name: name, At: call.At}
		})
		if err != nil {
			return err
		}
	}
	t.columns, t.slots, t.grouped = hidden, slot, true
	if t.stream == nil {
		t.steps = append(t.steps, step{all: func(rows []row) []row { return group(rows, keys, aggregates) }})
	} else {
		t.keys, t.aggregates, t.behind = keys, aggregates, len(t.steps)
		t.stream.group(namesOf(groups), aggregates, texts)
	}
	var made []column
	for i, a := range c.Aggregates {
		if err := t.eval(resultName(i), results[i]); err != nil {
			return err
		}
		last := t.columns[len(t.columns)-1]
		made = append(slices.DeleteFunc(made, func(c column) bool { return c.name == a.Name.Text }), column{a.Name.Text, last.slot, last.typ})
	}
	for _, g := range groups {
		made = append(slices.DeleteFunc(made, func(c column) bool { return c.name == g.name }), g)
	}
	t.columns, t.grouping, t.results = made, made, len(t.steps)
	return nil
}

func namesOf(columns []column) (names []string) {
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

// withAggregates returns an expression in which columns stand for its aggregates.
func (t *Table) withAggregates(e query.Expr, add func(*query.Call, *expr.Program, expr.Type) query.Field) (query.Expr, error) {
	call, ok := e.(*query.Call)
	if !ok {
		return e, nil
	}
	if !call.Func.IsAggregate() {
		copied := *call
		copied.Args = make([]query.Expr, len(call.Args))
		for i, arg := range call.Args {
			var err error
			if copied.Args[i], err = t.withAggregates(arg, add); err != nil {
				return nil, err
			}
		}
		return &copied, nil
	}
	var p *expr.Program
	typ := expr.TypeNumber
	if len(call.Args) > 0 {
		var err error
		if p, typ, err = t.compile(call.Args[0]); err != nil {
			return nil, err
		}
	}
	switch call.Func {
	case query.FnCount, query.FnCountDistinct, query.FnSum, query.FnAvg:
		typ = expr.TypeNumber
	}
	return &query.Column{Field: add(call, p, typ)}, nil
}

// group groups rows by the values of keys: a row with a list is in the group of each of
// its members. Without keys there is one group, also of no rows.
func group(rows []row, keys []*expr.Program, aggregates []aggregate) []row {
	type group struct {
		keys   []expr.Value
		states []state
	}
	groups := map[string]*group{}
	var order []*group
	find := func(values []expr.Value) *group {
		var key []byte
		for _, v := range values {
			key = v.AppendKey(key)
		}
		g := groups[string(key)]
		if g == nil {
			g = &group{slices.Clone(values), make([]state, len(aggregates))}
			groups[string(key)] = g
			order = append(order, g)
		}
		return g
	}
	if len(keys) == 0 {
		find(nil)
	}
	for _, r := range rows {
		values := make([]expr.Value, len(keys))
		for i, p := range keys {
			var m expr.Memory
			values[i] = p.Eval(r, &m)
		}
		combine(values, 0, func() {
			g := find(values)
			for i := range aggregates {
				g.states[i].add(&aggregates[i], r)
			}
		})
	}
	result := make([]row, len(order))
	for i, g := range order {
		result[i] = g.keys
		for k := range aggregates {
			result[i] = append(result[i], g.states[k].result(aggregates[k].fn))
		}
	}
	return result
}

// combine calls do with each combination of the members of the values.
func combine(values []expr.Value, from int, do func()) {
	for i := from; i < len(values); i++ {
		whole := values[i]
		if whole.Kind() != expr.List {
			continue
		}
		for _, member := range whole.Members() {
			values[i] = member
			combine(values, i+1, do)
		}
		values[i] = whole
		return
	}
	do()
}

// state is what an aggregate knows of the rows so far.
type state struct {
	count    int64
	sum      expr.Value
	least    expr.Value
	greatest expr.Value
	distinct map[string]expr.Value
}

func (s *state) add(a *aggregate, r row) {
	var m expr.Memory
	if a.where != nil && !a.where.IsTrue(r, &m) {
		return
	}
	if a.arg == nil {
		s.count++
		return
	}
	s.addValue(a.fn, a.arg.Eval(r, &m))
}

// addValue adds what an aggregate is about of one row.
func (s *state) addValue(fn query.Func, v expr.Value) {
	for _, member := range v.Members() {
		s.count++
		switch fn {
		case query.FnSum, query.FnAvg:
			if s.count == 1 {
				s.sum = expr.IntOf(0)
			}
			s.sum = expr.Add(s.sum, member)
		case query.FnMin:
			if s.least.Kind() == expr.Null || expr.Order(member, s.least) < 0 {
				s.least = member
			}
		case query.FnMax:
			if s.greatest.Kind() == expr.Null || expr.Order(member, s.greatest) > 0 {
				s.greatest = member
			}
		case query.FnCountDistinct, query.FnValues:
			if s.distinct == nil {
				s.distinct = map[string]expr.Value{}
			}
			s.distinct[string(member.AppendKey(nil))] = member
		}
	}
}

func (s *state) result(fn query.Func) expr.Value {
	switch fn {
	case query.FnCount:
		return expr.IntOf(s.count)
	case query.FnCountDistinct:
		return expr.IntOf(int64(len(s.distinct)))
	case query.FnSum:
		return s.sum
	case query.FnAvg:
		if sum, ok := s.sum.Float(); ok && s.count > 0 {
			return expr.FloatOf(sum / float64(s.count))
		}
		return expr.Value{}
	case query.FnMin:
		return s.least
	case query.FnMax:
		return s.greatest
	}
	var values []expr.Value
	for _, v := range s.distinct {
		values = append(values, v)
	}
	slices.SortFunc(values, expr.Order)
	return expr.ListOf(values)
}
