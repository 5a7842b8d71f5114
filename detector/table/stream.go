package table

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
)

// Class is how a query is about events that come one after the other.
type Class uint8

const (
	// PerEvent is a query without STATS: each event is judged by itself.
	PerEvent Class = iota
	// Bucket groups events by a DATE_TRUNC of their time, besides others.
	Bucket
	// Window groups events of a window that ends with the newest one of the group.
	Window
	// Recent is Window with conditions behind STATS on how long ago something was.
	Recent
)

// ClassNames are the names of the classes.
var ClassNames = []string{PerEvent: "event", Bucket: "bucket", Window: "window", Recent: "recent"}

// String returns the name of the class.
func (c Class) String() string { return ClassNames[c] }

// Stream is a query in ES|QL for events that come one after the other, one of which a rule
// has matched: the conditions before STATS hold, and are not looked at again. It never
// changes, and may be used by several goroutines.
type Stream struct {
	Class
	// Quiet is the longest span of time that is taken off NOW() behind STATS, or 0.
	Quiet time.Duration
	// Events is how many events of a group suffice for what conditions may ask for: four times
	// the largest whole number behind STATS, and at least 4096, at most 32768.
	Events int
	// Keys are the names of what events are grouped by.
	Keys []string

	table  *Table
	bucket *expr.Program // the DATE_TRUNC, of class Bucket
	span   query.Expr    // of it
	now    int           // the slot of NOW() in the row of a group
	inputs []input
	of     []int    // the input of each aggregate, or -1: all events count
	made   []column // of class PerEvent: what is no field
	needed []bool   // by aggregate: a condition depends on it
}

// input is what is taken of an event for aggregates.
type input struct {
	arg, where *expr.Program // nil: true; nil: of all rows
	digested   bool          // which values there are matters, and not what they are
}

// Column is a column with its value.
type Column struct {
	Name  string
	Value expr.Value
}

const minEvents, maxEvents = 1 << 12, 1 << 15

// nowColumn is a name that no query has, for what NOW() stands for.
const nowColumn = "NOW "

// NewStream returns a query for events of that mapping. The error, if any, is a
// [*query.Error].
func NewStream(q *esql.Query, m match.Mapping) (*Stream, error) {
	g, err := q.Grouping()
	if err != nil {
		return nil, err
	}
	s := &Stream{}
	t := &Table{query: q, mapping: m, stream: s, depends: map[int][]int{}}
	s.table = t
	if err := t.addSources(); err != nil {
		return nil, err
	}
	if g != nil {
		if err := s.classify(g); err != nil {
			return nil, err
		}
	}
	for _, c := range q.Commands {
		if err := t.addToStream(c); err != nil {
			return nil, err
		}
	}
	for _, c := range t.columns {
		t.use(c.slot)
	}
	if s.Class == PerEvent {
		s.made = t.made()
	}
	return s, nil
}

// classify says how the query makes groups.
func (s *Stream) classify(g *esql.Grouping) error {
	s.Class, s.Quiet = Window, g.Quiet
	s.Events = int(min(max(4*min(g.Most, maxEvents), minEvents), maxEvents))
	if g.Recent {
		s.Class = Recent
	}
	if g.Bucket == nil {
		return nil
	}
	s.Class, s.span = Bucket, g.Bucket.Args[0]
	var err error
	s.bucket, _, err = s.table.compile(g.Bucket)
	return err
}

// addToStream compiles a command. Before STATS conditions are not looked at again, and
// neither the order of events nor how many there are matters.
func (t *Table) addToStream(c esql.Command) error {
	switch c := c.(type) {
	case *esql.Sort, *esql.Limit:
		return nil
	case *esql.Where:
		if !t.grouped {
			return nil
		}
		t.reads = t.reads[:0]
		err := t.where(c.Condition)
		t.stream.need(t.reads)
		return err
	case *esql.Stats:
		if err := t.stats(c); err != nil {
			return err
		}
		return nil
	}
	return t.add(c)
}

// need notes that a condition reads slots of the row of a group.
func (s *Stream) need(slots []int) {
	for _, slot := range slots {
		for _, of := range s.table.dependsOn(slot) {
			if i := of - len(s.Keys); i >= 0 && i < len(s.needed) {
				s.needed[i] = true
			}
		}
	}
}

// dependsOn returns the slots of keys and aggregates that a slot is computed of.
func (t *Table) dependsOn(slot int) []int {
	if of, ok := t.depends[slot]; ok {
		return of
	}
	return []int{slot}
}

// group begins the row of a group, behind STATS.
func (s *Stream) group(names []string, aggregates []aggregate, texts []string) {
	t := s.table
	s.Keys = names
	s.now = t.newSlot()
	s.needed = make([]bool, len(aggregates))
	s.of = make([]int, len(aggregates))
	places := map[string]int{}
	add := func(key string, in input) int {
		i, ok := places[key]
		if !ok {
			i = len(s.inputs)
			places[key] = i
			s.inputs = append(s.inputs, in)
		}
		return i
	}
	for round := range 2 { // those that need the values themselves first
		for i, a := range aggregates {
			digested := a.fn == query.FnCount || a.fn == query.FnCountDistinct
			switch {
			case digested != (round == 1):
			case a.arg == nil && a.where == nil:
				s.of[i] = -1
			case a.arg == nil:
				s.of[i] = add("* "+texts[i], input{where: a.where})
			default:
				s.of[i] = add(texts[i], input{a.arg, a.where, digested})
			}
		}
	}
}

// textOf returns what an aggregate is about, as it was written.
func (t *Table) textOf(call *query.Call, where query.Expr) string {
	var text string
	if len(call.Args) > 0 {
		at := call.Args[0].Span()
		text = t.query.Text[at.Start:at.End]
	}
	if where != nil {
		at := where.Span()
		text += " where " + t.query.Text[at.Start:at.End]
	}
	return text
}

// Digested reports whether only which values there are matters of that input: a digest of
// each is enough.
func (s *Stream) Digested(input int) bool { return s.inputs[input].digested }

// Occurrence is an event as groups know it.
type Occurrence struct {
	Keys   []expr.Value // of the group
	Inputs []expr.Value // the same for all groups of the event
	End    time.Time    // of the bucket; zero if it has none
}

// Groups calls do for each group that an event is in, at most max, and returns how many
// more there are. What the values alias is the caller's.
func (s *Stream) Groups(e *event.Event, max int, do func(*Occurrence)) (beyond int) {
	t := s.table
	r := t.row(e)
	var o Occurrence
	if s.bucket != nil {
		var m expr.Memory
		o.End = s.endOf(s.bucket.Eval(r, &m))
	}
	for _, st := range t.steps[:t.behind] {
		r, _ = st.each(r)
	}
	o.Inputs = make([]expr.Value, len(s.inputs))
	for i, in := range s.inputs {
		var m expr.Memory
		switch {
		case in.where != nil && !in.where.IsTrue(r, &m):
		case in.arg == nil:
			o.Inputs[i] = expr.BoolOf(true)
		default:
			o.Inputs[i] = in.arg.Eval(r, &m)
		}
	}
	keys := make([]expr.Value, len(t.keys))
	for i, p := range t.keys {
		var m expr.Memory
		keys[i] = p.Eval(r, &m)
	}
	done := 0
	combine(keys, 0, func() {
		if done++; done > max {
			return
		}
		one := o
		one.Keys = slices.Clone(keys)
		do(&one)
	})
	return done - min(done, max)
}

// Span returns how long a bucket is, a month being 31 days.
func (s *Stream) Span() time.Duration {
	return s.endOf(expr.DateOf(0)).Sub(time.UnixMilli(0))
}

// endOf returns when a bucket ends.
func (s *Stream) endOf(begin expr.Value) time.Time {
	ms, ok := begin.Int()
	if !ok {
		return time.Time{}
	}
	at := time.UnixMilli(ms).UTC()
	if constant, ok := s.span.(*query.Constant); ok {
		switch span := constant.Value.(type) {
		case time.Duration:
			return at.Add(span)
		case query.Months:
			return at.AddDate(0, int(span), 0)
		}
	}
	return at
}

// Reduce returns the value of an aggregate of the inputs of events.
func Reduce(fn query.Func, inputs iter.Seq[expr.Value]) expr.Value {
	var st state
	for v := range inputs {
		st.addValue(fn, v)
	}
	return st.result(fn)
}

// Aggregate returns the function of an aggregate, and the number of its input: -1 if all
// events count.
func (s *Stream) Aggregate(i int) (fn query.Func, input int) {
	return s.table.aggregates[i].fn, s.of[i]
}

// Row returns the columns of the row of a group, and whether it is left at the end. The
// function reduce returns the value of an aggregate; those that no condition depends on are
// asked for only if the row is left. Without a row, the columns are those of STATS with
// the values that were asked for.
func (s *Stream) Row(keys []expr.Value, now time.Time, reduce func(aggregate int) expr.Value) (columns []Column, left bool) {
	t := s.table
	first := make(row, t.width)
	copy(first, keys)
	first[s.now] = expr.DateOf(now.UnixMilli())
	for i := range s.needed {
		if s.needed[i] {
			first[len(keys)+i] = reduce(i)
		}
	}
	if _, ok := t.finish(slices.Clone(first)); !ok {
		r := first
		for _, st := range t.steps[t.behind:t.results] {
			r, _ = st.each(r)
		}
		return columnsOf(t.grouping, r), false
	}
	for i := range s.needed {
		if !s.needed[i] {
			first[len(keys)+i] = reduce(i)
		}
	}
	r, ok := t.finish(first)
	return columnsOf(t.columns, r), ok
}

// finish runs the commands behind STATS.
func (t *Table) finish(r row) (row, bool) {
	for _, st := range t.steps[t.behind:] {
		var ok bool
		if r, ok = st.each(r); !ok {
			return r, false
		}
	}
	return r, true
}

func columnsOf(columns []column, r row) (list []Column) {
	for _, c := range columns {
		if c.slot < len(r) && r[c.slot].Kind() != expr.Null {
			list = append(list, Column{c.name, r[c.slot]})
		}
	}
	return list
}

// Made returns the columns that the query makes of an event and that are left at the end,
// of class PerEvent. What the values alias is the caller's.
func (s *Stream) Made(e *event.Event) []Column {
	t := s.table
	if len(s.made) == 0 {
		return nil
	}
	r := t.row(e)
	for _, st := range t.steps {
		r, _ = st.each(r)
	}
	return columnsOf(s.made, r)
}

// made returns the columns that are not fields of documents.
func (t *Table) made() (made []column) {
	for _, c := range t.columns {
		if !slices.ContainsFunc(t.sources, func(s source) bool { return s.slot == c.slot && s.field == c.name }) {
			made = append(made, c)
		}
	}
	return made
}

// Names returns the names of the columns of the row of a group, or of those that the query
// makes of an event.
func (s *Stream) Names() (names []string) {
	columns := s.table.columns
	if s.Class == PerEvent {
		columns = s.made
	}
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

// aggregateName and resultName are names that no query has: of an aggregate, and of what a
// column of STATS is computed to until it has its own.
func aggregateName(i int) string { return fmt.Sprintf("aggregate %d", i) }
func resultName(i int) string    { return fmt.Sprintf("result %d", i) }
