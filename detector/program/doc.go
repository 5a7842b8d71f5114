// Package program compiles rules' queries and decides which events they match.
//
//	kql.Node ──Compile──▶ Program ──┐
//	                                ├─▶ Set ──Match(Event)──▶ the rules that match
//	kql.Node ──Compile──▶ Program ──┘
//
// A [Program] is data: a tree of and, or, not over conditions, each a field and
// a matcher for its type. A [Set] holds many and evaluates only the candidates:
// those whose event.provider and event.action the event has.
//
// Programs and Sets never change and may be shared between goroutines.
// Matching allocates nothing of its own, except for nested queries.
//
// What a condition means follows Elasticsearch: an array matches if any of its
// members does, a missing field matches nothing (and so "not" of it is true).
// What Elasticsearch refuses is refused when the query is compiled.
package program
