package match

import (
	"math"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
)

// maxColumns is how many fields a computed condition may have.
const maxColumns = 8

// computed tests what is computed of the values of fields: of one of each, in all
// combinations. A field without values is null.
type computed struct {
	columns []column
	program *expr.Program
	whole   bool // all values of a field are one
}

// column is a field of a computed condition.
type column struct {
	field *event.Field
	typ   event.Type
}

// computed compiles a computed condition.
func (c *compiler) computed(n *query.Computed) (int32, error) {
	if c.nested != "" {
		return 0, c.refuse(n.At, "nothing can be computed in a nested query")
	}
	_, problem := expr.Check(n.Expr, func(f query.Field) (expr.Type, *expr.Problem) { return c.columnType(f) })
	if problem != nil {
		return 0, c.refuse(problem.At, "%s", problem.Message)
	}
	cond := c.newCondition(n, "")
	cond.computed = &computed{}
	place := func(f query.Field) int {
		t := c.target(f.Name)
		i := slices.IndexFunc(cond.computed.columns, func(c column) bool { return c.field.Name == t.field.Name })
		if i < 0 {
			i = len(cond.computed.columns)
			cond.computed.columns = append(cond.computed.columns, column{t.field, t.typ})
		}
		return i
	}
	var err error
	if cond.computed.program, err = expr.Compile(n.Expr, place); err != nil {
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

// columnType returns the type that a field has in expressions.
func (c *compiler) columnType(f query.Field) (expr.Type, *expr.Problem) {
	t := c.target(f.Name)
	switch t.typ {
	case event.TypeBoolean:
		return expr.TypeBool, nil
	case event.TypeLong, event.TypeDouble:
		return expr.TypeNumber, nil
	case event.TypeIP:
		return expr.TypeIP, nil
	case event.TypeDate:
		return expr.TypeDate, nil
	case event.TypeDynamic:
		return expr.TypeAny, nil
	case event.TypeText, event.TypeObject, event.TypeNested, event.TypeGeoPoint:
		return expr.TypeAny, &expr.Problem{At: f.At, Message: f.Name + " is of type " + t.typ.String() + ", of which nothing can be computed"}
	}
	return expr.TypeText, nil
}

func (m *computed) fields() []*event.Field {
	fields := make([]*event.Field, len(m.columns))
	for i := range m.columns {
		fields[i] = m.columns[i].field
	}
	return fields
}

// What the combinations of values may cost: so many steps, and a step more for each
// byte of the event and as many more as workPerByte says. Beyond that the event is
// truncated.
const (
	minWork     = 1 << 20
	workPerByte = 64
)

// combination is one combination of values.
type combination struct {
	values [maxColumns]expr.Value
	size   int // bytes of the texts in it
	work   int // how much more may be done
}

// holds evaluates the condition for the event.
func (m *computed) holds(e *event.Event) bool {
	if m.whole {
		return m.holdsWhole(e)
	}
	c := combination{work: minWork + workPerByte*len(e.Document().Encoded())}
	holds := false
	if len(m.columns) == 1 { // usually: however many values there are, they are not put together
		holds = m.anyOfOne(e, &c)
	} else {
		var lists [maxColumns][]msgpack.Value
		for i := range m.columns {
			lists[i] = e.Values(m.columns[i].field)
		}
		holds = m.any(e, lists[:len(m.columns)], 0, &c)
	}
	if c.work < 0 {
		e.Truncate()
	}
	return holds
}

// anyOfOne tries the values of the only column.
func (m *computed) anyOfOne(e *event.Event, c *combination) bool {
	found := false
	holds := e.Any(m.columns[0].field, func(v msgpack.Value) bool {
		var ok bool
		if c.values[0], ok = m.columns[0].value(e, v); !ok {
			return false
		}
		found = true
		c.work = minWork // each value is looked at once, however many there are
		return m.isTrue(e, c)
	})
	if found {
		return holds
	}
	c.values[0] = expr.Value{}
	return m.isTrue(e, c)
}

// any tries all combinations of the values of the columns from i on, with those before
// that the combination has.
func (m *computed) any(e *event.Event, lists [][]msgpack.Value, i int, c *combination) bool {
	if i == len(lists) {
		return m.isTrue(e, c)
	}
	size, found := c.size, false
	for _, v := range lists[i] {
		value, ok := m.columns[i].value(e, v)
		if !ok {
			continue
		}
		found = true
		c.values[i], c.size = value, size+len(v.Bytes())
		if m.any(e, lists, i+1, c) {
			return true
		}
		if c.work < 0 {
			return false
		}
	}
	c.size = size
	if found {
		return false
	}
	c.values[i] = expr.Value{}
	return m.any(e, lists, i+1, c)
}

// isTrue evaluates the condition for a combination, which costs work.
func (m *computed) isTrue(e *event.Event, c *combination) bool {
	if c.work -= 64 + c.size; c.work < 0 {
		return false
	}
	memory := expr.Memory{Text: e.Arena()}
	mark := len(memory.Text)
	holds := m.program.IsTrue(c.values[:], &memory)
	e.SetArena(memory.Text[:mark])
	return holds
}

// value returns a value of the column as one of expressions, and false for what the
// type of the field does not have. It may be in the event's arena.
func (c *column) value(e *event.Event, v msgpack.Value) (expr.Value, bool) {
	switch c.typ {
	case event.TypeBoolean:
		return expr.BoolOf(boolean(true).match(v)), boolean(true).match(v) || boolean(false).match(v)
	case event.TypeLong:
		n, ok := wholeNumber(v)
		return integerValue(n), ok
	case event.TypeDouble:
		f, ok := number(v)
		return expr.FloatOf(f), ok
	case event.TypeDynamic:
		switch v.Kind() {
		case msgpack.Bool:
			return expr.BoolOf(v.Bool()), true
		case msgpack.Int, msgpack.Uint:
			n, ok := wholeNumber(v)
			return integerValue(n), ok
		case msgpack.Float:
			return expr.FloatOf(v.Float()), true
		}
	}
	if v.IsText() {
		return expr.TextOf(v.Bytes()), true
	}
	mark := len(e.Arena())
	text, ok := scalarText(e.Arena(), v)
	if !ok {
		return expr.Value{}, false
	}
	e.SetArena(text)
	return expr.TextOf(text[mark:]), true
}

// integerValue returns a whole number, which becomes one with a fraction if it does
// not fit in 64 bits with a sign.
func integerValue(n integer) expr.Value {
	switch {
	case !n.negative && n.magnitude <= math.MaxInt64:
		return expr.IntOf(int64(n.magnitude))
	case n.negative && n.magnitude <= 1<<63:
		return expr.IntOf(-int64(n.magnitude))
	case n.negative:
		return expr.FloatOf(-float64(n.magnitude))
	}
	return expr.FloatOf(float64(n.magnitude))
}
