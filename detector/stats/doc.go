// Package stats counts what a detector does.
//
// Counters of records ([Traffic]) are atomic, and a chunk adds to them once, by
// its [Tally]. Counters of matches ([Outcomes], [Rules]) belong to whoever holds
// the detector's lock. [Report] is all of them at one moment.
package stats
