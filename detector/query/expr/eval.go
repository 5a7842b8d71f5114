package expr

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Memory is where evaluation puts texts together. What Eval returns may alias it.
type Memory struct{ Text []byte }

// Eval returns the value of the expression for values of its columns.
func (p *Program) Eval(columns []Value, m *Memory) Value { return p.root.eval(columns, m) }

// IsTrue reports whether the expression is true for values of its columns.
func (p *Program) IsTrue(columns []Value, m *Memory) bool { return p.root.eval(columns, m).isTrue() }

func (n *node) eval(columns []Value, m *Memory) Value {
	switch n.is {
	case isConstant:
		return n.constant
	case isColumn:
		return columns[n.column]
	}
	if n.fn >= query.FnCase {
		return n.ofTable(columns, m)
	}
	switch n.fn {
	case query.FnAnd:
		return n.decide(columns, m, false)
	case query.FnOr:
		return n.decide(columns, m, true)
	case query.FnConcat:
		return n.concat(columns, m)
	case query.FnIn:
		return n.in(columns, m)
	}
	var room [4]Value
	args := room[:0]
	for i := range n.args {
		args = append(args, n.args[i].eval(columns, m))
	}
	switch n.fn {
	case query.FnIsNull:
		return BoolOf(args[0].kind == Null)
	case query.FnNotNull:
		return BoolOf(args[0].kind != Null)
	case query.FnToString:
		return n.each(args[0], m)
	}
	for i := range args {
		if args[i].kind == Null || args[i].kind == List {
			return Value{}
		}
	}
	switch n.fn {
	case query.FnNot:
		if args[0].kind != Bool {
			return Value{}
		}
		return BoolOf(args[0].isFalse())
	case query.FnEqual, query.FnNotEqual, query.FnLess, query.FnLessOrEqual, query.FnGreater, query.FnGreaterOrEqual:
		return relation(n.fn, args[0], args[1])
	case query.FnAdd, query.FnSubtract, query.FnMultiply, query.FnDivide, query.FnModulo:
		return arithmetic(n.fn, args[0], args[1])
	case query.FnMinus:
		return arithmetic(query.FnSubtract, IntOf(0), args[0])
	}
	return n.ofText(args, m)
}

// decide evaluates FnAnd and FnOr: one argument that has the value decides, else one
// that is null.
func (n *node) decide(columns []Value, m *Memory, value bool) Value {
	result := BoolOf(!value)
	for i := range n.args {
		switch v := n.args[i].eval(columns, m); {
		case v.kind != Bool:
			result = Value{}
		case v.isTrue() == value:
			return v
		}
	}
	return result
}

// concat puts the texts of its arguments together, in the memory. That of an argument
// may be there too, behind what there is already, and moves.
func (n *node) concat(columns []Value, m *Memory) Value {
	start, end := len(m.Text), len(m.Text)
	for i := range n.args {
		v := n.args[i].eval(columns, m)
		if v.kind == Null || v.kind == List {
			return Value{}
		}
		m.Text = v.appendText(m.Text[:end])
		end = len(m.Text)
	}
	return TextOf(m.Text[start:end])
}

// in looks for its first argument in the list of the others.
func (n *node) in(columns []Value, m *Memory) Value {
	v := n.args[0].eval(columns, m)
	if v.kind == Null {
		return v
	}
	for i := range n.args[1:] {
		other := n.args[1+i].eval(columns, m)
		if n.fold != query.NoFold && v.kind == Text && other.kind == Text {
			if bytes.Equal(m.folded(v.text, n.fold), m.folded(other.text, n.fold)) {
				return BoolOf(true)
			}
		} else if order, ok := compare(v, other); ok && order == 0 {
			return BoolOf(true)
		}
	}
	return BoolOf(false)
}

// relation compares two values.
func relation(fn query.Func, a, b Value) Value {
	order, ok := compare(a, b)
	if !ok {
		return Value{}
	}
	switch fn {
	case query.FnNotEqual:
		return BoolOf(order != 0)
	case query.FnLess:
		return BoolOf(order < 0)
	case query.FnLessOrEqual:
		return BoolOf(order <= 0)
	case query.FnGreater:
		return BoolOf(order > 0)
	case query.FnGreaterOrEqual:
		return BoolOf(order >= 0)
	}
	return BoolOf(order == 0)
}

// text returns the text of a value that is not null.
func (m *Memory) text(v Value) []byte {
	if v.kind == Text {
		return v.text
	}
	start := len(m.Text)
	m.Text = v.appendText(m.Text)
	return m.Text[start:]
}

// inBlock reports whether a text is an address in one of the blocks.
func (n *node) inBlock(text []byte) Value {
	a, ok := event.ParseIP(text)
	if !ok {
		return Value{}
	}
	for i := range n.blocks {
		if n.blocks[i].Contains(a) {
			return BoolOf(true)
		}
	}
	return BoolOf(false)
}
