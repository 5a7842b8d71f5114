// Package eql parses Elasticsearch's Event Query Language, as far as a query is about
// one event:
//
//	node, err := eql.Parse(`iam where event.action : "create*" and not user.name in ("ci", "terraform")`)
//
// It accepts and refuses what Elasticsearch does, apart from the types of fields, which
// package match knows. Sequences, samples and joins are refused, as not supported.
//
// # What the tree says
//
// The category in front of where is a comparison of event.category, or of another
// field by [query.Language.WithCategory]. The conditions behind it become the leaves
// that Elasticsearch makes of them: comparisons of a field with constants, patterns, and
// whether a field has a value. What is more than that, such as a function beside a
// comparison, is a [query.Computed].
//
//   - stringContains and endsWith of a field and a constant are patterns, as in
//     Elasticsearch: in the constant * and ? stand for characters, and a backslash
//     takes the next character literally.
//   - ?field, which may be unmapped, is the field.
//   - Pipes limit how many events a search returns, and have no effect on the others.
//
// Expressions without fields are evaluated here. Queries longer than [MaxLength], nested
// deeper than [MaxDepth], and chains of more than [MaxChain] operators are refused.
package eql
