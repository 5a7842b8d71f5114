package table

import (
	"fmt"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
)

// add compiles a command.
func (t *Table) add(c esql.Command) error {
	switch c := c.(type) {
	case *esql.Where:
		return t.where(c.Condition)
	case *esql.Eval:
		for _, a := range c.Columns {
			if err := t.eval(a.Name.Text, a.Expr); err != nil {
				return err
			}
		}
	case *esql.Keep:
		return t.keep(c.Names)
	case *esql.Drop:
		return t.drop(c.Names)
	case *esql.Rename:
		return t.rename(c)
	case *esql.Extract:
		return t.extract(c)
	case *esql.Stats:
		return t.stats(c)
	case *esql.Sort:
		return t.sort(c)
	case *esql.Limit:
		t.limited = true
		t.steps = append(t.steps, step{all: func(rows []row) []row { return rows[:min(len(rows), c.Rows)] }})
	}
	return nil
}

func (t *Table) where(condition query.Expr) error {
	p, _, err := t.compile(condition)
	if err != nil {
		return err
	}
	t.steps = append(t.steps, step{each: func(r row) (row, bool) {
		var m expr.Memory
		return r, p.IsTrue(r, &m)
	}})
	return nil
}

func (t *Table) eval(name string, e query.Expr) error {
	t.reads = t.reads[:0]
	p, typ, err := t.compile(e)
	if err != nil {
		return err
	}
	slot := t.set(name, typ)
	t.depend(slot)
	t.steps = append(t.steps, step{each: func(r row) (row, bool) {
		var m expr.Memory
		r = r.with(slot)
		r[slot] = p.Eval(r, &m)
		return r, true
	}})
	return nil
}

// depend notes that a slot is computed of those that were read.
func (t *Table) depend(slot int) {
	if t.stream == nil || !t.grouped {
		return
	}
	var of []int
	for _, read := range t.reads {
		of = append(of, t.dependsOn(read)...)
	}
	t.depends[slot] = of
}

// with returns the row with room for a slot.
func (r row) with(slot int) row {
	if slot >= len(r) {
		r = slices.Grow(r, slot+1-len(r))[:slot+1]
	}
	return r
}

// rank returns how exactly a name says which column is meant: 2 for its name, 1 for a
// pattern, 0 for a star.
func rank(n *esql.Name) int {
	switch {
	case n.Pattern == nil:
		return 2
	case !n.Pattern.IsStar():
		return 1
	}
	return 0
}

// keep keeps the columns that names fit, where the name stands that says it most exactly.
func (t *Table) keep(names []esql.Name) error {
	if err := t.checkFits(names); err != nil {
		return err
	}
	place := func(c column) int {
		best := -1
		for i := range names {
			if names[i].Fits(c.name) && (best < 0 || rank(&names[i]) >= rank(&names[best])) {
				best = i
			}
		}
		return best
	}
	kept := slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return place(c) < 0 })
	slices.SortStableFunc(kept, func(a, b column) int { return place(a) - place(b) })
	t.columns = kept
	return nil
}

// checkFits refuses a name that no column has.
func (t *Table) checkFits(names []esql.Name) error {
	for i := range names {
		if !slices.ContainsFunc(t.columns, func(c column) bool { return names[i].Fits(c.name) }) {
			return t.refuse(names[i].At, fmt.Sprintf("no column fits %s", names[i].Text))
		}
	}
	return nil
}

func (t *Table) drop(names []esql.Name) error {
	if err := t.checkFits(names); err != nil {
		return err
	}
	t.columns = slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool {
		return slices.ContainsFunc(names, func(n esql.Name) bool { return n.Fits(c.name) })
	})
	return nil
}

func (t *Table) rename(c *esql.Rename) error {
	for i := range c.Old {
		if err := t.checkFits(c.Old[i : i+1]); err != nil {
			return err
		}
		t.columns = slices.Clone(t.columns)
		t.columns[t.index(c.Old[i].Text)].name = "" // so that it is not the one that goes
		t.columns = slices.DeleteFunc(t.columns, func(other column) bool { return other.name == c.New[i].Text })
		t.columns[t.index("")].name = c.New[i].Text
	}
	return nil
}

// extract computes all parts of a text before the first of them becomes a column.
func (t *Table) extract(x *esql.Extract) error {
	t.reads = t.reads[:0]
	programs := make([]*expr.Program, len(x.Parts))
	types := make([]expr.Type, len(x.Parts))
	for i, name := range x.Parts {
		var err error
		if programs[i], types[i], err = t.compile(x.Part(name, x.Input)); err != nil {
			return err
		}
	}
	slots := make([]int, len(x.Parts))
	for i, name := range x.Parts {
		slots[i] = t.set(name, types[i])
		t.depend(slots[i])
	}
	t.steps = append(t.steps, step{each: func(r row) (row, bool) {
		r = r.with(slots[len(slots)-1])
		for i, p := range programs {
			var m expr.Memory
			r[slots[i]] = p.Eval(r, &m)
		}
		return r, true
	}})
	return nil
}

func (t *Table) sort(c *esql.Sort) error {
	programs := make([]*expr.Program, len(c.Keys))
	for i, k := range c.Keys {
		var err error
		if programs[i], _, err = t.compile(k.Expr); err != nil {
			return err
		}
	}
	t.steps = append(t.steps, step{all: func(rows []row) []row {
		type keyed struct {
			row
			keys []expr.Value
		}
		list := make([]keyed, len(rows))
		for i, r := range rows {
			list[i] = keyed{r, make([]expr.Value, len(programs))}
			for k, p := range programs {
				var m expr.Memory
				list[i].keys[k] = p.Eval(r, &m)
			}
		}
		slices.SortStableFunc(list, func(a, b keyed) int {
			for i := range c.Keys {
				if order := compare(&c.Keys[i], a.keys[i], b.keys[i]); order != 0 {
					return order
				}
			}
			return 0
		})
		sorted := make([]row, len(list))
		for i := range list {
			sorted[i] = list[i].row
		}
		return sorted
	}})
	return nil
}

// compare compares two values of a key. A list counts as its smallest member, or as its
// greatest if the order is descending.
func compare(k *esql.Key, a, b expr.Value) int {
	x, y := a.Members(), b.Members()
	switch {
	case len(x) == 0 && len(y) == 0:
		return 0
	case len(x) == 0, len(y) == 0:
		if (len(x) == 0) == k.NullsFirst {
			return -1
		}
		return 1
	case k.Descending:
		return expr.Order(slices.MaxFunc(y, expr.Order), slices.MaxFunc(x, expr.Order))
	}
	return expr.Order(slices.MinFunc(x, expr.Order), slices.MinFunc(y, expr.Order))
}
