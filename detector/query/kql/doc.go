// Package kql parses and formats the Kibana Query Language.
//
// [Parse] accepts and refuses the same texts as Kibana, quirks included, and
// returns the same tree (source: Kibana kbn-es-query grammar).
//
//	node, err := kql.Parse(`event.action: (StopLogging or Delete*) and not user.name: admin`)
//
// returns a [query.And] of a [query.Or] of two [query.Compare] nodes, and of a
// [query.Not]. Where KQL has a special case, the tree says what it means:
//
//   - A value without a field, and the unquoted word null in the field's place, are
//     a comparison with any field; a star in the value's place is [query.Exists].
//   - A range with null as its bound has no end, so it is [query.Exists] too.
//   - Quotes make a value a phrase, in which stars are ordinary characters.
//
// Time and stack are linear in the length of the text. Queries longer than
// [MaxLength] or nested deeper than [MaxDepth] are refused.
package kql
