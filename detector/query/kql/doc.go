// Package kql reads the Kibana Query Language: text in, syntax tree out.
//
// [Parse] accepts and refuses the same texts as Kibana, quirks included, and
// builds the same tree (source: Kibana kbn-es-query grammar). What a tree
// matches is not decided here; that is the compiler's business.
//
//	node, err := kql.Parse(`event.action: (StopLogging or Delete*) and not user.name: admin`)
//
// gives an [And] of an [Or] of two [Is] nodes and a [Not]. A refused query
// comes back as an [*Error], which prints as
//
//	1:9: found ")", expected a value, "(" or "{" after ":"
//	event.x:)
//	        ^
//
// Every node, field and value knows the part of the query it was read from, so
// messages made after parsing can point at the text, too. [Format] turns a tree
// back into text, [Equal] compares two trees.
//
// Reading takes time and stack in proportion to the text: queries longer than
// [MaxLength] or nested deeper than [MaxDepth] are refused.
package kql
