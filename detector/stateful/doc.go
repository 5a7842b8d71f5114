// Package stateful is what rules with a memory remember of the events
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
// touched for longest; the owner is the principal of the event that made the entry. Of the
// events with the same keys a sequence remembers the 32 newest of each step, and of a step
// with runs so many for each of them.
//
// # Kinds
//
// What the memories of all rules have in common is here: the time of events, entries under
// keys, transactions, bounds, what the store has. What differs is a [rule.MemoryKind], and a
// kind in the file that is named after it. Another one takes
//
//   - a number and a name in package rule, behind the others, and what a rule has of it in
//     [rule.Memory]: Fields, what the keys are made of, and Window, for how long an entry is
//     kept that no event touches. Parts is what else has to be the same for a memory to go
//     on after a change of the rule;
//   - an entry: a struct with a header, which can encode itself;
//   - a kind in the list kinds. Its observe takes the entry by [Memory.live], or makes room and
//     adds one, and changes it: undoing and storing that is done. Events that it leaves out are
//     counted by [Memory.count];
//   - what it needs of an event in [Observation], and what it tells in [Verdict]: a pointer to a
//     struct of its own, as [Window] is;
//   - its texts in explain.go, and in package alert.
package stateful
