// Package limit holds alerts back: what resembles an alert that came out just
// now ([Suppressor]), and what is too much of a rule in an interval ([Cap]). Both
// keep account of what they held back, for the one summary alert that takes its
// place.
//
// These have no lock: the engine's transactions do. Time is the arrival,
// on the monotonic clock; no timestamp of an event makes an interval end.
// [Throttle] is for messages.
package limit
