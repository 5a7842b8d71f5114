package table

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
)

// DefaultLimit is how many rows there are at most if the query has no LIMIT.
const DefaultLimit = 1000

// row has the values of columns by their slots.
type row []expr.Value

// step is a command: each row by itself, or all of them.
type step struct {
	each func(row) (row, bool) // the row, and whether it is left
	all  func([]row) []row
}

// Table is the table that a query makes of documents.
type Table struct {
	query   *esql.Query
	now     time.Time
	mapping match.Mapping

	columns []column // at the place that was reached, in their order
	slots   int      // of a row
	width   int      // of a row of documents
	sources []source // the columns of documents
	filters []filter // conditions in KQL on documents
	steps   []step
	limited bool

	// Of a Stream: where STATS stands among the steps, and where its columns are
	// complete; what it groups by; the slots that were read, and those that computed ones
	// depend on.
	stream          *Stream
	grouped         bool
	behind, results int
	grouping        []column
	keys            []*expr.Program
	aggregates      []aggregate
	reads           []int
	depends         map[int][]int

	rows []row
	// Cut is how many rows there are beyond [DefaultLimit], after Rows.
	Cut int
}

// column is a column that can be named.
type column struct {
	name string
	slot int
	typ  expr.Type
}

// source is a column of documents.
type source struct {
	match.Column
	field string
	slot  int
	used  bool
}

// filter is a condition in KQL, whose result is a column.
type filter struct {
	program *match.Program
	slot    int
}

// New returns the table of a query about documents of that mapping. The error, if any, is
// a [*query.Error].
func New(q *esql.Query, m match.Mapping, now time.Time) (*Table, error) {
	tree, err := q.Tree(&query.Constant{Value: now})
	if err != nil {
		return nil, err
	}
	if err := match.Check(q.Text, tree, m); err != nil {
		return nil, err
	}
	t := &Table{query: q, now: now, mapping: m}
	if err := t.addSources(); err != nil {
		return nil, err
	}
	for _, c := range q.Commands {
		if err := t.add(c); err != nil {
			return nil, err
		}
	}
	for _, c := range t.columns {
		t.use(c.slot)
	}
	return t, nil
}

func (t *Table) newSlot() int {
	t.slots++
	t.width = max(t.width, t.slots)
	return t.slots - 1
}

// use notes that a slot is read.
func (t *Table) use(slot int) {
	if t.grouped { // there are no documents any more
		return
	}
	for i := range t.sources {
		if t.sources[i].slot == slot {
			t.sources[i].used = true
		}
	}
}

// addSources adds the columns of documents: the fields of the mapping, and those that the
// query names.
func (t *Table) addSources() error {
	names := append(t.query.Named(), "@timestamp")
	if t.stream == nil || t.query.HasPatterns() {
		names = append(names, t.mapping.Names()...)
		for _, name := range match.FurtherColumns(t.mapping) {
			if t.query.Patterns(name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if strings.HasPrefix(name, "_") && esql.IsMetadata(name) && !slices.ContainsFunc(t.query.Metadata, func(n esql.Name) bool { return n.Text == name }) {
			continue
		}
		c, err := match.NewColumn(name, t.mapping)
		if err != nil {
			var refused *query.Error
			if errors.As(err, &refused) {
				continue // an object, or a name that the query makes
			}
			return err
		}
		slot := t.newSlot()
		t.sources = append(t.sources, source{Column: c, field: name, slot: slot})
		t.columns = append(t.columns, column{name, slot, c.Type})
	}
	for _, n := range t.query.Metadata {
		if t.index(n.Text) < 0 {
			t.columns = append(t.columns, column{n.Text, t.newSlot(), expr.TypeAny})
		}
	}
	return nil
}

// index returns the place of a column, or -1.
func (t *Table) index(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
}

// set makes a column of that name the last, and returns its slot.
func (t *Table) set(name string, typ expr.Type) (slot int) {
	t.columns = slices.DeleteFunc(t.columns, func(c column) bool { return c.name == name })
	slot = t.newSlot()
	t.columns = append(t.columns, column{name, slot, typ})
	return slot
}

// refuse returns an error about a place in the query.
func (t *Table) refuse(at query.Span, message string) error {
	return &query.Error{Query: t.query.Text, Span: at, Message: message}
}

// compile compiles an expression about the columns that there are.
func (t *Table) compile(e query.Expr) (*expr.Program, expr.Type, error) {
	e, err := t.prepare(e)
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		t.columns = slices.DeleteFunc(t.columns, func(c column) bool { return strings.HasPrefix(c.name, kqlColumn) })
	}()
	checked, typ, problem := expr.CheckTable(e, func(f query.Field) (expr.Type, *expr.Problem) {
		if f.Name == nowColumn {
			return expr.TypeDate, nil
		}
		if i := t.index(f.Name); i >= 0 {
			return t.columns[i].typ, nil
		}
		return 0, &expr.Problem{At: f.At, Message: "unknown column " + f.Name}
	})
	if problem != nil {
		return nil, 0, t.refuse(problem.At, problem.Message)
	}
	p, err := expr.Compile(checked, func(f query.Field) int {
		slot := t.slotOf(f.Name)
		t.use(slot)
		t.reads = append(t.reads, slot)
		return slot
	})
	if err != nil {
		return nil, 0, t.refuse(e.Span(), err.Error())
	}
	return p, typ, nil
}

// prepare replaces what is not evaluated: the time, and conditions in KQL.
func (t *Table) prepare(e query.Expr) (query.Expr, error) {
	c, ok := e.(*query.Call)
	if !ok {
		return e, nil
	}
	switch c.Func {
	case query.FnNow:
		if t.stream != nil {
			return &query.Column{Field: query.Field{Name: nowColumn, At: c.At}}, nil
		}
		return &query.Constant{Value: t.now, At: c.At}, nil
	case query.FnKQL:
		return t.filter(c)
	}
	copied := *c
	copied.Args = make([]query.Expr, len(c.Args))
	for i, arg := range c.Args {
		var err error
		if copied.Args[i], err = t.prepare(arg); err != nil {
			return nil, err
		}
	}
	return &copied, nil
}

// slotOf returns the slot of a column, and of what NOW() stands for: the time of the event,
// or of the newest one of a group.
func (t *Table) slotOf(name string) int {
	if name != nowColumn {
		return t.columns[t.index(name)].slot
	}
	if t.grouped {
		return t.stream.now
	}
	return t.sources[slices.IndexFunc(t.sources, func(s source) bool { return s.field == "@timestamp" })].slot
}

// kqlColumn begins the names of columns that are there while an expression is compiled.
const kqlColumn = "KQL "

// filter adds a condition in KQL, and returns its column.
func (t *Table) filter(c *query.Call) (query.Expr, error) {
	q, err := kql.Language.Query(c.Args[0].(*query.Constant).Value.(string))
	if err != nil {
		return nil, err
	}
	p, err := match.Compile(q, t.mapping)
	if err != nil {
		return nil, t.refuse(c.At, "KQL: "+err.Error())
	}
	name := kqlColumn + q.Text
	t.filters = append(t.filters, filter{p, t.set(name, expr.TypeBool)})
	return &query.Column{Field: query.Field{Name: name, At: c.At}}, nil
}

// row returns the row of a document before the first command.
func (t *Table) row(e *event.Event) row {
	r := make(row, t.width)
	for i := range t.sources {
		if s := &t.sources[i]; s.used {
			r[s.slot] = s.Value(e).Clone()
		}
	}
	for _, f := range t.filters {
		r[f.slot] = expr.BoolOf(f.program.Match(e))
	}
	return r
}

// Add adds a document.
func (t *Table) Add(e *event.Event) {
	r := t.row(e)
	for _, s := range t.steps {
		if s.each == nil {
			break
		}
		left := false
		if r, left = s.each(r); !left {
			return
		}
	}
	t.rows = append(t.rows, r)
}

// Rows returns the rows that all documents make. Nothing can be added afterwards.
func (t *Table) Rows() []Row {
	first := slices.IndexFunc(t.steps, func(s step) bool { return s.all != nil })
	rows := t.rows
	if first >= 0 {
		for _, s := range t.steps[first:] {
			if s.all != nil {
				rows = s.all(rows)
				continue
			}
			left := rows[:0]
			for _, r := range rows {
				if r, ok := s.each(r); ok {
					left = append(left, r)
				}
			}
			rows = left
		}
	}
	if !t.limited && len(rows) > DefaultLimit {
		t.Cut = len(rows) - DefaultLimit
		rows = rows[:DefaultLimit]
	}
	result := make([]Row, len(rows))
	for i, r := range rows {
		result[i] = Row{t.columns, r}
	}
	return result
}
