package kql

// Span is a piece of the query: the bytes from Start up to, not including, End.
type Span struct{ Start, End int }

// Node is a part of the syntax tree, one of [*MatchAll], [*And], [*Or], [*Not],
// [*Is], [*Exists], [*Range] and [*Nested]. A tree is never changed after it was
// built, so goroutines may share it.
type Node interface {
	// Span is where the node was written. A node made from one value of a list
	// has the span of that value; its field was written before the list.
	Span() Span
	isNode()
}

// MatchAll matches every document: the empty query, a lone `*`, `*:*`.
type MatchAll struct {
	// Bare marks the lone `*`. Kibana gives it the field "null" inside the braces
	// of a nested query, where it matches nothing, unlike `*:*`.
	Bare bool
	span Span
}

// And holds when all its nodes hold. A chain is flat: `a and b and c` is one And
// of three. A group in parentheses stays a node of its own.
type And struct {
	Nodes []Node
	span  Span
}

// Or holds when one of its nodes holds. Its chains are flat like those of [And].
type Or struct {
	Nodes []Node
	span  Span
}

// Not holds when its node does not.
type Not struct {
	Node Node
	span Span
}

// Is compares a field with a value: `field: value`, or a bare value, whose
// Field.None is true.
type Is struct {
	Field Field
	Value Value
	span  Span
}

// Exists asks for any value at all: `field: *`.
type Exists struct {
	Field Field
	span  Span
}

// Range compares by order: `field > value`. The value may be of any kind, even a
// pattern.
type Range struct {
	Field Field
	Op    RangeOp
	Value Value
	span  Span
}

// Nested holds when one object under Path satisfies Node: `path: { node }`. The
// fields inside are as written, relative to Path.
type Nested struct {
	Path Field
	Node Node
	span Span
}

func (n *MatchAll) Span() Span { return n.span }
func (n *And) Span() Span      { return n.span }
func (n *Or) Span() Span       { return n.span }
func (n *Not) Span() Span      { return n.span }
func (n *Is) Span() Span       { return n.span }
func (n *Exists) Span() Span   { return n.span }
func (n *Range) Span() Span    { return n.span }
func (n *Nested) Span() Span   { return n.span }

func (*MatchAll) isNode() {}
func (*And) isNode()      {}
func (*Or) isNode()       {}
func (*Not) isNode()      {}
func (*Is) isNode()       {}
func (*Exists) isNode()   {}
func (*Range) isNode()    {}
func (*Nested) isNode()   {}

// Field is the left side of a condition.
type Field struct {
	// Name is the name with its escapes resolved. For a pattern it is readable
	// text in which `*` stands for each star.
	Name string
	// Pattern is not nil when the name had unescaped stars: the literal runs
	// between them, as in [Value].
	Pattern []string
	// None says that there is no field: a bare value, or the unquoted word null
	// in the field's place.
	None bool
	// Span is where the name was written, empty for a bare value.
	Span Span
}

// Value is the right side of a condition.
type Value struct {
	Kind ValueKind
	// Text is the value with its escapes resolved; "true", "false" or "null" for
	// these words; readable text in which `*` stands for each star for a pattern.
	Text string
	// Quoted says that the value stood in quotes. Kind is then [String].
	Quoted bool
	// Pattern holds the literal runs of a [Wildcard], split at each star:
	// `foo*bar` is "foo", "bar"; `*x` is "", "x"; `**` is "", "", "".
	Pattern []string
	// Span is where the value was written, quotes included.
	Span Span
}

// ValueKind says how a value was written.
type ValueKind uint8

const (
	String   ValueKind = iota // text, numbers too
	Bool                      // the unquoted words true and false
	Null                      // the unquoted word null
	Wildcard                  // unquoted text with at least one unescaped star
)

var valueKindNames = [...]string{"string", "boolean", "null", "wildcard"}

func (k ValueKind) String() string {
	if int(k) < len(valueKindNames) {
		return valueKindNames[k]
	}
	return "unknown"
}

// RangeOp is the operator of a [Range].
type RangeOp uint8

const (
	Gt  RangeOp = iota // >
	Gte                // >=
	Lt                 // <
	Lte                // <=
)

var rangeOpNames = [...]string{">", ">=", "<", "<="}

// String is the operator as it is written in a query.
func (op RangeOp) String() string {
	if int(op) < len(rangeOpNames) {
		return rangeOpNames[op]
	}
	return "unknown"
}
