// Package query holds the expression tree that every rule language compiles to.
//
//	text ──Language.Parse──▶ Node ──match.Compile──▶ Program
//	         Language.Format ◀──┘
//
// A [Language] turns text into a tree of [Node] values and back. Whatever runs
// queries reads the tree only, so another language needs a parser and nothing
// else. A refused query comes back as an [*Error], which prints as
//
//	1:9: found ")", expected a value, "(" or "{" after ":"
//	event.x:)
//	        ^
//
// Every node, field and value knows its [Span], the piece of text that it was
// read from, so errors found after parsing can point at the text too.
//
// # Meaning
//
// A tree is true or false for a document; there is no third value. The leaves
// are [*Compare] and [*Exists], and each asks about the values of a field:
//
//   - A leaf is true if at least one value of the field satisfies it. Two leaves
//     may be satisfied by two different values of one field.
//   - An array stands for its elements, however deep. An array of objects gives
//     each field inside it the values of all objects; only [*Nested] looks at
//     the objects one by one.
//   - A field that is absent, null, or an array without values has no value: no
//     leaf is true, hence [*Not] of a leaf is. The empty string is a value.
//   - {"a.b": 1} and {"a": {"b": 1}} have the same field a.b.
//   - What a value means depends on the type of the field, which is not part of
//     the tree: 10.0.0.0/8 is a block of addresses for a field of type ip and a
//     text for a keyword.
//
// A language whose own rules differ, such as one in which a comparison with a
// missing field is neither true nor false, has to say so with these nodes.
// [*Computed] is a leaf whose value is computed of the values of fields: by an [Expr],
// in which a field without a value is null.
package query
