// Package match compiles queries and decides which events they match.
//
//	query.Query ──Compile──▶ Program ──┐
//	                                   ├─▶ Set ──Match(Event)──▶ the programs that match
//	query.Query ──Compile──▶ Program ──┘
//
// A [Program] is a tree of and, or and not over conditions. A condition tests the
// values of a field by its type, which is that in a [Mapping]: [ECS] for events,
// [Documents] for other JSON. A [Set] holds many programs and evaluates only those
// whose event.provider and event.action the event has. Of those that need neither it
// evaluates, as far as they need some literal, those of which the event has one.
//
// Programs and sets do not change, so goroutines may share them. Matching does not
// allocate.
//
// # What a condition means
//
// A condition means what it means in Elasticsearch, beyond what package query says
// of all languages. What Elasticsearch refuses is refused by [Compile], such as a
// word compared with a number, or a wildcard in an address.
//
// There are two exceptions. Elasticsearch does not search long values (ignore_above),
// and its wildcards on one key of a flattened field search all keys; here these do
// what their author meant.
package match
