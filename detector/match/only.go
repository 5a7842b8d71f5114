package match

import (
	"bytes"
	"maps"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// one compiles a condition on a field that has exactly one value.
func (c *compiler) one(n *query.Only) (int32, error) {
	i, err := c.compile(n.Node)
	if err != nil {
		return 0, err
	}
	cond := &c.program.conditions[c.program.nodes[i].child]
	cond.node, cond.only, cond.inverse = n, true, n.Not
	cond.decided = c.decide(cond)
	return i, nil
}

// holdsForOne evaluates the condition for a field that has exactly one value.
func (c *Condition) holdsForOne(e *event.Event) bool {
	if len(c.tests) == 0 {
		return false
	}
	t := &c.tests[0]                     // there are no others
	if text, ok := e.Text(t.field); ok { // it is the only value
		return t.match.match(msgpack.TextOf(text)) != c.inverse
	}
	if !c.inverse && !t.literal.IsZero() && !e.MayHave(t.field, &t.literal) {
		return false
	}
	values := e.Values(t.field)
	if len(values) == 0 || values[0].Kind() == msgpack.Map || t.match.match(values[0]) == c.inverse {
		return false
	}
	for _, v := range values[1:] {
		if !sameStored(t.field.Type, values[0], v) {
			return false
		}
	}
	return true
}

// sameStored reports whether two values of a field are one as Elasticsearch stores them.
func sameStored(t event.Type, a, b msgpack.Value) bool {
	switch t {
	case event.TypeLong, event.TypeDouble, event.TypeDate, event.TypeBoolean:
		return false
	}
	if t == event.TypeIP {
		x, ok := event.ParseIP(a.Bytes())
		y, okToo := event.ParseIP(b.Bytes())
		return ok && okToo && x.Unmap() == y.Unmap()
	}
	var room, other [maxNumberText]byte
	x, ok := scalarText(room[:0], a)
	y, okToo := scalarText(other[:0], b)
	return ok && okToo && bytes.Equal(x, y)
}

// columnTarget returns a field that is a column of a table, or refuses one that is not
// known.
func (c *compiler) columnTarget(f query.Field) (target, error) {
	t := c.target(f.Name)
	if t.typ == event.TypeDynamic && !c.mapping.Closed() {
		t.typ = c.unmappedColumn(t.field)
		t.field = t.field.WithType(t.typ)
	}
	switch {
	case t.typ == event.TypeText:
		t.typ = event.TypeKeyword // what was written counts, not its words
	case t.typ == event.TypeObject, t.typ == event.TypeNested, t.root:
		return t, c.refuse(f.At, "%s is of type %s: name a field in it", f.Name, t.typ)
	case t.typ == event.TypeDynamic:
		return t, c.unknownColumn(f)
	}
	return t, nil
}

// unmappedColumn returns the type of a field that the mapping does not have: that of the
// Elastic Common Schema, or keyword for one that events of some source can have.
func (c *compiler) unmappedColumn(f *event.Field) event.Type {
	if t, ok := ecsColumns()[f.Name]; ok {
		return t
	}
	schema, ok := c.mapping.(interface{ Sources() []*event.Source })
	if !ok {
		return event.TypeDynamic
	}
	for i, source := range schema.Sources() {
		if !source.Open && f.Prospect(i).Exists {
			return event.TypeKeyword
		}
	}
	for parent := range parents(f.Name) {
		if ecsColumns()[parent] == event.TypeFlattened {
			return event.TypeFlattened
		}
	}
	return event.TypeDynamic
}

func (c *compiler) unknownColumn(f query.Field) error {
	if c.brief {
		return &query.Error{Message: "unknown column " + f.Name}
	}
	known := slices.Clone(c.mapping.Names())
	if !c.mapping.Closed() {
		known = slices.AppendSeq(known, maps.Keys(ecsColumns()))
		slices.Sort(known)
	}
	return &query.Error{
		Query: c.query.Text, Span: f.At, Message: "unknown column " + f.Name + spelling.Suggest(f.Name, known),
		Unsupported: !c.mapping.Closed(), // other integrations have further fields
	}
}
