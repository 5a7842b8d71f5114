package query

// Node is a part of an expression tree: one of [*MatchAll], [*And], [*Or], [*Not],
// [*Compare], [*Exists], [*Only], [*Nested], [*Computed], [*Table] and [*Sequence]. A tree does not change once it is
// built, so goroutines may share it.
type Node interface {
	// Span returns where the node was written. A node made from one value of a
	// list has the span of that value.
	Span() Span
	isNode()
}

// MatchAll is true for every document.
type MatchAll struct {
	At Span
}

// And is true if all its nodes are, also if it has none.
type And struct {
	Nodes []Node
	At    Span
}

// Or is true if at least one of its nodes is, so it is false if it has none.
type Or struct {
	Nodes []Node
	At    Span
}

// Not is true if its node is false. If both have the same span, what is written there
// is the negation.
type Not struct {
	Node Node
	At   Span
}

// Compare is true if a value of Field compares with Value as Op says.
type Compare struct {
	Field Field
	Op    Op
	Value Value
	At    Span
}

// Exists is true if Field has any value at all. Without a field it is true for
// every document.
type Exists struct {
	Field Field
	// Negated means that what is written at At is the opposite.
	Negated bool
	At      Span
}

// Only is true if a field has exactly one value and Node is true or, if Not is set,
// false. Node is a comparison of the field, or several that are joined by [*Or]. Equal
// texts, addresses and leaves of a flattened field are one value.
type Only struct {
	Node Node
	Not  bool
	// Negated means that what is written at At is the opposite.
	Negated bool
	At      Span
}

// Nested is true if Node is true for at least one of the objects at Path. The
// names of the fields in Node are relative to Path. A leaf in it that has no
// field is false.
type Nested struct {
	Path Field
	Node Node
	At   Span
}

// Computed is true if Expr is for at least one combination of values, one of each
// field in it. The values of a field without any are null, and null is not true. If
// Whole is set, the values of a field are one: a list if there are several.
type Computed struct {
	Expr  Expr
	Whole bool
	// Negated means that what is written at At is the opposite.
	Negated bool
	At      Span
}

// Table is true if Node is: the root of a query about the rows of a table.
type Table struct {
	Node Node
	// Indices are the patterns of the indices that the query reads.
	Indices []string
	// Values is what the query computes besides, also of many rows, which the types of
	// fields have to allow.
	Values []Expr
	// Groups is where the query makes groups of rows, so that Node says only which rows
	// are in them: it is not about one event. It is empty if there are none.
	Groups Span
	At     Span
}

func (n *MatchAll) Span() Span { return n.At }
func (n *And) Span() Span      { return n.At }
func (n *Or) Span() Span       { return n.At }
func (n *Not) Span() Span      { return n.At }
func (n *Compare) Span() Span  { return n.At }
func (n *Exists) Span() Span   { return n.At }
func (n *Only) Span() Span     { return n.At }
func (n *Nested) Span() Span   { return n.At }
func (n *Computed) Span() Span { return n.At }
func (n *Table) Span() Span    { return n.At }
func (n *Sequence) Span() Span { return n.At }

func (*MatchAll) isNode() {}
func (*And) isNode()      {}
func (*Or) isNode()       {}
func (*Not) isNode()      {}
func (*Compare) isNode()  {}
func (*Exists) isNode()   {}
func (*Only) isNode()     {}
func (*Nested) isNode()   {}
func (*Computed) isNode() {}
func (*Table) isNode()    {}
func (*Sequence) isNode() {}

// Op is the operator of a [Compare].
type Op uint8

const (
	// Is holds for a value that is the other one, as the type of the field has
	// it: the whole text of a keyword, one of the words of an analyzed text, an
	// address in the block, a time in the span that a date denotes, an equal
	// number. A pattern has to fit the whole text, or one word of an analyzed
	// text.
	Is  Op = iota
	Gt     // >
	Gte    // >=
	Lt     // <
	Lte    // <=
)

// String returns the operator as most languages write it, empty for [Is].
func (op Op) String() string { return [...]string{"", ">", ">=", "<", "<="}[op] }

// Field says which field a node is about.
type Field struct {
	// Name is the dotted name. For a pattern it is readable text in which `*`
	// stands for each star.
	Name string
	// Pattern, if not nil, stands for all fields whose names fit: the leaf is
	// true if it is for one of them.
	Pattern Pattern
	// Any means that no field was named: the leaf is true if it is for any field
	// of the document. Fields whose type does not allow the value are left out.
	Any bool
	// Exact means that only fields that keep their values as they are may be
	// compared: an analyzed text, an object or a nested field is refused.
	Exact bool
	// Column means that the field is a column of a table: it has to be known, and the
	// values of an analyzed text are as they were written.
	Column bool
	// At is where the name was written, empty if there is none.
	At Span
}

// Value is what the values of a field are compared with.
type Value struct {
	Kind ValueKind
	// Text is the text of the value, "true", "false" or "null". For a pattern it
	// is readable text in which `*` stands for each star.
	Text string
	// Pattern is the pattern of a [Wildcard] or of a [Glob].
	Pattern Pattern
	// Fold tells how the case of letters counts, for a [String] that is compared
	// by [Is], a [Glob] and a [Regexp].
	Fold Fold
	// Strict means that the type of the value has to be that of the field.
	Strict bool
	// Literal means more than Strict: the value of a date or an address is a single one,
	// no span or block, and may be true or false as text.
	Literal bool
	// Phrase is true of a [String] whose words have to follow one another in an
	// analyzed text. Otherwise one of them is enough.
	Phrase bool
	// Part is the part of a time that a [TimePart] is about.
	Part TimeUnit
	// At is where the value was written, quotes included.
	At Span
}

// Fold says which letters are equal although they differ in case.
type Fold uint8

const (
	NoFold Fold = iota // none
	// LowerFold: an ASCII letter equals its other case and nothing else; other letters
	// equal those with the same lower case.
	LowerFold
	// SimpleFold: letters are equal that Unicode's simple case folding makes one. The
	// letters k and s also have cases beyond ASCII.
	SimpleFold
)

// ValueKind is the type of a [Value].
type ValueKind uint8

const (
	String   ValueKind = iota // text, which may be that of a number
	Bool                      // true and false
	Null                      // null, which no value is
	Wildcard                  // a pattern, compared by [Is]; for other operators its text counts

	// What follows is compared by [Is] only.

	Number // as String, written as a number
	Glob   // a pattern for the whole text of a field that holds texts
	Regexp // a regular expression in RE2's syntax, likewise
	Block  // an IP address, or a block in CIDR notation, for a field of addresses
	Truth  // true, for a boolean field

	// What follows is for fields of type any.

	AnyValue // whatever is not null
	TimePart // a number that Part of a time is compared with, for all operators
)

// TimeUnit is a part of a time, in UTC.
type TimeUnit uint8

const (
	Minute TimeUnit = iota
	Hour
	Day  // of the month
	Week // of ISO 8601
	Month
	Year
)

// Pattern is a text with stars, as the literal runs between them, one more than
// there are stars: "foo*bar" is "foo", "bar" and "*x" is "", "x". A star stands for
// any number of characters, none included. In the pattern of a [Glob] each [AnyChar]
// in a run stands for exactly one character.
type Pattern []string

// AnyChar is in no other text of a query, as it is not UTF-8.
const AnyChar byte = 0xff

// IsStar reports whether the pattern is a single star.
func (p Pattern) IsStar() bool { return len(p) == 2 && p[0] == "" && p[1] == "" }

// Span is a piece of a query: the bytes from Start up to, not including, End.
type Span struct{ Start, End int }
