// Package hold decides which matches alert, and remembers what that depends on:
// what was alerted before ([Duplicates]), which event had which ID ([EventIDs]), what
// resembles an alert of a moment ago ([Suppressor]), and how many alerts each rule
// made in an interval ([Caps]). The last two keep account of what they held back, for
// the summary alert that replaces it.
//
// All of them are a [Memory]: changes belong to transactions, and are written to a
// named space of keys. They have no lock: the engine's transactions do. Time is
// the time of arrival; no timestamp of an event makes an interval end.
//
// [Throttle] is for messages.
package hold
