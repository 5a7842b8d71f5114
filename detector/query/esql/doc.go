// Package esql parses the part of ES|QL that detection rules use:
//
//	q, err := esql.Parse(`FROM logs-* | WHERE event.action == "CreateUser" AND user.name != "ci" | KEEP user.name`)
//
// A query is a list of commands, each of which makes a table of the one before. The
// table that FROM makes has a row for each document and a column for each field.
//
// # Rules about one event
//
// [Language] makes a tree of a query without STATS, which is true for an event if its
// row is left at the end. The conditions of WHERE become the leaves that they would be
// in another language: comparisons of a field with constants, patterns, and whether a
// field has a value. Columns that EVAL, DISSECT and GROK make are replaced by what they
// are computed of, so that they are computed for events that satisfy the other
// conditions only, in a [query.Computed].
//
// # Three values
//
// A condition is true, false or null, and WHERE keeps the rows for which it is true. A
// comparison is null if one of its sides is null or a list, and so is the negation of
// null. The tree has two values, so that the negation of a condition becomes the
// condition that it is false: [query.Only].
//
// Queries longer than [MaxLength], nested deeper than [MaxDepth], with chains of more
// than [MaxChain] operators, and computed columns of more than [MaxSize] parts are
// refused.
package esql
