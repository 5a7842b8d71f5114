package match

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
)

// table compiles a query about the rows of a table.
func (c *compiler) table(n *query.Table) (int32, error) {
	if err := c.checkValues(n); err != nil {
		return 0, err
	}
	return c.compile(n.Node)
}

// checkValues refuses what the types of fields do not allow.
func (c *compiler) checkValues(n *query.Table) error {
	for _, v := range n.Values {
		if _, _, problem := expr.CheckTable(v, c.wholeType); problem != nil {
			return c.problem(problem)
		}
	}
	return nil
}

// problem returns a problem as an error about the query.
func (c *compiler) problem(p *expr.Problem) error {
	err := &query.Error{Query: c.query.Text, Span: p.At, Message: p.Message}
	var inner *query.Error
	if errors.As(p.Cause, &inner) {
		return inner
	}
	return err
}

// Check refuses a query about the rows of a table in which the types of the fields of
// documents do not allow something, also if it groups rows. The error is a
// [*query.Error].
func Check(text string, n *query.Table, m Mapping) error {
	c := compiler{query: query.Query{Text: text}, mapping: m, program: &Program{}}
	return c.checkValues(n)
}

// wholeType returns the type that a column has in expressions.
func (c *compiler) wholeType(f query.Field) (expr.Type, *expr.Problem) {
	t, err := c.columnTarget(f)
	if err != nil {
		return expr.TypeAny, &expr.Problem{At: f.At, Message: err.Error(), Cause: err}
	}
	return typeOfColumn(t.typ), nil
}

func typeOfColumn(t event.Type) expr.Type {
	switch t {
	case event.TypeBoolean:
		return expr.TypeBool
	case event.TypeLong, event.TypeDouble:
		return expr.TypeNumber
	case event.TypeIP:
		return expr.TypeIP
	case event.TypeDate:
		return expr.TypeDate
	}
	return expr.TypeText
}

// whole compiles a condition that is computed of all values of fields.
func (c *compiler) whole(n *query.Computed) (int32, error) {
	checked, _, problem := expr.CheckTable(n.Expr, c.wholeType)
	if problem != nil {
		return 0, c.problem(problem)
	}
	cond := c.newCondition(n, "")
	cond.computed = &computed{whole: true}
	place := func(f query.Field) int {
		t, _ := c.columnTarget(f) // which was checked
		i := slices.IndexFunc(cond.computed.columns, func(c column) bool { return c.field.Name == t.field.Name })
		if i < 0 {
			i = len(cond.computed.columns)
			cond.computed.columns = append(cond.computed.columns, column{t.field, t.typ})
		}
		return i
	}
	var err error
	if cond.computed.program, err = expr.Compile(checked, place); err != nil {
		return 0, c.refuse(n.At, "%v", err)
	}
	switch columns := cond.computed.columns; {
	case len(columns) > maxColumns:
		return 0, c.refuse(n.At, "a condition is computed of %d fields, at most %d are allowed", len(columns), maxColumns)
	case len(columns) > 0:
		cond.name = columns[0].field.Name
	}
	return c.condition(cond), nil
}

// holdsWhole evaluates the condition for all values of the columns.
func (m *computed) holdsWhole(e *event.Event) bool {
	var values [maxColumns]expr.Value
	for i := range m.columns {
		values[i] = m.columns[i].whole(e)
	}
	memory := expr.Memory{Text: e.Arena()}
	mark := len(memory.Text) // what the event has put together stays
	holds := m.program.IsTrue(values[:], &memory)
	e.SetArena(memory.Text[:mark])
	return holds
}

// whole returns the value of the column: a list if it has several.
func (c *column) whole(e *event.Event) expr.Value {
	var one expr.Value
	var list []expr.Value
	for _, v := range e.Values(c.field) {
		value, ok := c.stored(e, v)
		switch {
		case !ok:
		case one.Kind() == expr.Null:
			one = value
		default:
			if list == nil {
				list = append(list, one)
			}
			list = append(list, value)
		}
	}
	if list == nil {
		return one
	}
	return expr.Stored(list)
}

// stored returns a value of the column as Elasticsearch stores it.
func (c *column) stored(e *event.Event, v msgpack.Value) (expr.Value, bool) {
	switch c.typ {
	case event.TypeDate:
		ms, ok := timeOf(v)
		return expr.DateOf(ms), ok
	case event.TypeIP:
		a, ok := event.ParseIP(v.Bytes())
		if !ok {
			return expr.Value{}, false
		}
		address, mark := a.As16(), len(e.Arena())
		e.SetArena(append(e.Arena(), address[:]...))
		return expr.IPOf(e.Arena()[mark:]), true
	}
	return c.value(e, v)
}

// Column is a field of documents that is a column of a table.
type Column struct {
	column
	Type expr.Type
}

// NewColumn returns the column of that name, or a [*query.Error] if there is none.
func NewColumn(name string, m Mapping) (Column, error) {
	c := compiler{mapping: m, program: &Program{}, brief: true}
	t, err := c.columnTarget(query.Field{Name: name})
	if err != nil {
		return Column{}, fmt.Errorf("match: %w", err)
	}
	return Column{column{t.field, t.typ}, typeOfColumn(t.typ)}, nil
}

// FurtherColumns returns the names of the columns that documents may have besides those of
// the mapping, sorted.
func FurtherColumns(m Mapping) []string {
	if m.Closed() {
		return nil
	}
	return slices.Sorted(maps.Keys(ecsColumns()))
}

// Value returns the value of the column. It is valid until the next use of the event.
func (c *Column) Value(e *event.Event) expr.Value { return c.whole(e) }
