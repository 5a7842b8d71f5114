// Package stateful is what rules of type new_terms and threshold remember of the events
// that matched their queries: which combinations of values came, and when; which events
// of a group are to be counted.
//
// A [Memory] is a [hold.Memory]: what a chunk changes in it is committed with the alerts
// of the chunk, or not at all. Names are not kept: combinations and groups are keyed
// digests, of which the key is a part of the state.
//
// # Time
//
// The time of events decides, in milliseconds since 1970; the time of arrival only frees
// memory. An event without a time has the newest time that was seen, and one that is more
// than five minutes ahead of the host's clock has that of the clock.
//
// # Bounds
//
// 65,536 combinations and groups a rule, 1,000 combinations an event, and for a group the
// larger of 1,024 events and four times as many as the threshold asks for. What is beyond
// them is counted. A full memory forgets what the heaviest owner made and what was not
// touched for longest; the owner is the principal of the event that made the entry.
package stateful
