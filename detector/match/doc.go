// Package match compiles rules' queries and decides which events they match.
//
//	text ──Compile──▶ Program ──┐
//	                            ├─▶ Set ──Match(Event)──▶ the rules that match
//	text ──Compile──▶ Program ──┘
//
// A [Program] is data: a tree of and, or, not over conditions, each a test of
// the values of a field by the field's type, which a [Mapping] tells: [ECS] for
// events, [Documents] for other JSON. A [Set] holds many programs and evaluates
// only the candidates: those whose event.provider and event.action the event has.
//
// Programs and Sets never change and may be shared between goroutines, each with
// events of its own. Matching allocates nothing.
//
// # What a condition means
//
// It means what Elasticsearch makes of it, and what Elasticsearch refuses is
// refused when the query is compiled: a word against a number, a wildcard in an
// address. An array satisfies a condition if any of its members does, a field
// that is missing satisfies none (and so "not" of it is true).
//
// Where Elasticsearch has a limit (ignore_above) or a known fault (wildcards on
// one key of a flattened field look into all keys) the intended meaning is taken.
package match
