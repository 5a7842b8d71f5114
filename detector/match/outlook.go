package match

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Outlook is what can be told about a program without an event: how it differs for
// the events of a source from documents in ECS form, which can have any field.
type Outlook struct {
	// Never reports whether the program matches no event of the source, because of
	// the Lacks in Fewer.
	Never bool
	// Fewer are the conditions that are never true, so that what they are a part of
	// does not match; More are those that exclude nothing, so that the program
	// matches more.
	Fewer, More []Lack
}

// Lack is a condition that has the same result for all events of a source.
type Lack struct {
	Condition *Condition
	Field     string
	// Constant are the values that the field has in all events; nil: no event has the
	// field, or Never is not empty.
	Constant []msgpack.Value
	// Never is a text that the condition needs and that the field has in no event.
	Never string
	// Lacking: events would have the field if there was what it is looked up in, or if a
	// shipper added it to the record.
	Lacking bool
}

// truth is the result of a node for all events of a source.
type truth uint8

const (
	depends truth = iota // on the event
	noEvent
	everyEvent
)

func (t truth) not() truth {
	return [...]truth{depends: depends, noEvent: everyEvent, everyEvent: noEvent}[t]
}

// Outlook returns the outlook of the program for the events of the i-th source of the
// schema that it was compiled for.
func (p *Program) Outlook(source int) Outlook {
	o := outlook{program: p, source: source}
	o.Never = o.of(0) == noEvent
	o.collect(0, true)
	return o.Outlook
}

type outlook struct {
	Outlook
	program *Program
	source  int
}

// of returns the result of node i.
func (o *outlook) of(i int32) truth {
	n := &o.program.nodes[i]
	switch n.op {
	case opTrue:
		return everyEvent
	case opFalse:
		return noEvent
	case opNot:
		return o.of(n.child).not()
	case opCondition:
		t, _ := o.condition(&o.program.conditions[n.child])
		return t
	}
	decisive := noEvent // for and
	if n.op == opOr {
		decisive = everyEvent
	}
	result := decisive.not()
	for c := n.child; c >= 0; c = o.program.nodes[c].next {
		switch o.of(c) {
		case decisive:
			return decisive
		case depends:
			result = depends
		}
	}
	return result
}

// collect adds the conditions below node i whose result is the same for all events.
// wanted is the result of the node with which the program matches.
func (o *outlook) collect(i int32, wanted bool) {
	n := &o.program.nodes[i]
	switch n.op {
	case opNot:
		o.collect(n.child, !wanted)
	case opCondition:
		o.add(&o.program.conditions[n.child], wanted)
	case opAnd, opOr:
		impossible := noEvent
		if !wanted {
			impossible = everyEvent
		}
		// Of parts that all have to have the wanted result, only those are a reason that
		// cannot have it.
		blocked := (n.op == opAnd) == wanted && o.of(i) == impossible
		for c := n.child; c >= 0; c = o.program.nodes[c].next {
			if !blocked || o.of(c) == impossible {
				o.collect(c, wanted)
			}
		}
	}
}

func (o *outlook) add(c *Condition, wanted bool) {
	switch t, lack := o.condition(c); {
	case t == noEvent && wanted, t == everyEvent && !wanted:
		o.Fewer = append(o.Fewer, lack)
	case t == noEvent && lack.Constant == nil && lack.Never == "":
		o.More = append(o.More, lack)
	}
}

// condition returns the result of a condition, and why it is never true or always.
func (o *outlook) condition(c *Condition) (truth, Lack) {
	lack := Lack{Condition: c, Field: c.name}
	result := noEvent
	if c.keyword != nil || c.computed != nil && !c.Absent(o.source) {
		return depends, lack
	}
	for i := range c.tests {
		test := &c.tests[i]
		p := test.field.Prospect(o.source)
		switch {
		case !p.Exists:
			lack.Lacking = lack.Lacking || p.Lacking
		case p.Constant != nil:
			lack.Constant = p.Constant
			for _, v := range p.Constant {
				if test.match.match(v) != c.inverse {
					return everyEvent, lack
				}
			}
		case c.inverse:
			return depends, lack
		default:
			if lack.Never = only(test.match, p.Never); lack.Never == "" {
				return depends, lack
			}
		}
	}
	return result, lack
}

// only returns one of the texts if the matcher matches nothing but these.
func only(m matcher, texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	wanted, ok := textsOf(m)
	if !ok {
		return ""
	}
	for _, w := range wanted {
		found := false
		for _, t := range texts {
			found = found || w == t
		}
		if !found {
			return ""
		}
	}
	return texts[0]
}

// textsOf returns the texts that a matcher matches, if these are all.
func textsOf(m matcher) (texts []string, ok bool) {
	switch m := m.(type) {
	case exact:
		return []string{string(m)}, true
	case textSet:
		for text := range m {
			texts = append(texts, text)
		}
		return texts, true
	}
	return nil, false
}

// Absent reports whether no event of the source has a field that the condition reads.
func (c *Condition) Absent(source int) bool {
	fields := c.Fields()
	for _, f := range fields {
		if f.Prospect(source).Exists {
			return false
		}
	}
	return len(fields) > 0
}

// Requirement is a condition with the result that it has to have.
type Requirement struct {
	Condition *Condition
	Wanted    bool
}

// Way returns requirements that pass and that suffice for the program to match: of
// conditions joined by and all, of those joined by or one. It returns false if there
// are none. Conditions that have the same result for all events of the source are not
// asked about.
func (p *Program) Way(source int, passes func(c *Condition, wanted bool) bool) (way []Requirement, ok bool) {
	w := ways{outlook{program: p, source: source}, passes}
	return w.of(0, true)
}

type ways struct {
	outlook
	passes func(c *Condition, wanted bool) bool
}

func (w *ways) of(i int32, wanted bool) (way []Requirement, ok bool) {
	n := &w.program.nodes[i]
	switch t := w.outlook.of(i); {
	case t == everyEvent:
		return nil, wanted
	case t == noEvent:
		return nil, !wanted
	}
	switch n.op {
	case opNot:
		return w.of(n.child, !wanted)
	case opCondition:
		c := &w.program.conditions[n.child]
		return []Requirement{{c, wanted}}, w.passes(c, wanted)
	}
	all := (n.op == opAnd) == wanted
	for c := n.child; c >= 0; c = w.program.nodes[c].next {
		more, ok := w.of(c, wanted)
		switch {
		case ok && !all:
			return more, true
		case !ok && all:
			return nil, false
		case ok:
			way = append(way, more...)
		}
	}
	return way, all
}

// Requires reports whether every event that the program matches satisfies a condition,
// or does not if wanted is false: the program has that condition itself, or it needs
// one of some texts in the field, and the condition is true of one of these.
func (p *Program) Requires(c *Condition, wanted bool) bool {
	if p.requires(0, true, c, wanted) {
		return true
	}
	if !wanted || len(c.tests) != 1 {
		return false
	}
	field := c.tests[0].field.Name
	texts, ok := required(p, 0, func(own *Condition) ([]string, bool) {
		if own.nested != nil || own.unmapped != nil || own.inverse || len(own.tests) != 1 || own.tests[0].field.Name != field {
			return nil, false
		}
		return textsOf(own.tests[0].match)
	}, func(a, b []string) bool { return len(a) < len(b) }, distinct)
	if !ok {
		return false
	}
	for _, text := range texts {
		if c.tests[0].match.match(msgpack.TextOf([]byte(text))) {
			return true
		}
	}
	return false
}

// requires reports whether node i, with the result that is given, has the condition
// among those that all have to have a certain result.
func (p *Program) requires(i int32, result bool, c *Condition, wanted bool) bool {
	n := &p.nodes[i]
	switch {
	case n.op == opNot:
		return p.requires(n.child, !result, c, wanted)
	case n.op == opCondition:
		return result == wanted && p.conditions[n.child].String() == c.String()
	case n.op == opAnd && result, n.op == opOr && !result:
		for child := n.child; child >= 0; child = p.nodes[child].next {
			if p.requires(child, result, c, wanted) {
				return true
			}
		}
	}
	return false
}

// Patterns returns the runs of text between the stars of each value that the condition
// compares its field with, if it compares texts: one run for a value without a star,
// two that are empty for any value.
func (c *Condition) Patterns() [][]string {
	var patterns [][]string
	add := func(is *query.Compare) {
		if v := is.Value; v.Pattern != nil {
			patterns = append(patterns, v.Pattern)
		} else if is.Op == query.Is {
			patterns = append(patterns, []string{v.Text})
		}
	}
	switch n := c.node.(type) {
	case *query.Exists:
		patterns = append(patterns, []string{"", ""})
	case *query.Compare:
		add(n)
	case *query.Or:
		list, _ := valueList(n)
		for _, is := range list {
			add(is)
		}
	case *query.Only:
		inner := Condition{node: n.Node}
		return inner.Patterns()
	}
	return patterns
}

// FewValues reports whether all fields of the condition have few different values, so
// that its opposite is worth something as well.
func (c *Condition) FewValues() bool {
	for _, f := range c.Fields() {
		if !f.FewValues && f.Type != event.TypeBoolean {
			return false
		}
	}
	return true
}
