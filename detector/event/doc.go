// Package event shows an event of any source as the ECS document that rules are
// written against.
//
//	map ──Open──▶ Event ──Values(Field)──▶ ECS values
//
// A [Source] says how its events are recognized and how their fields follow
// from their members, as a table. A [Schema] is the fields of a number of
// sources. [Event.Open] walks over the top of a map once and remembers where
// the members of interest are; fields are looked up in it only when somebody
// asks, so that an event that no rule is about costs one walk over its top
// level.
//
// # Bounds
//
// 64 levels inside of an event. What is deeper is not looked at, and
// [Event.Truncated] reports it.
//
// # Who owns the bytes
//
// An Event and the values that it returns alias the record, or the Event's own
// memory for what had to be derived. Both end when the visit returns.
package event
