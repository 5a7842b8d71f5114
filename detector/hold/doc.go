// Package hold decides which matches alert, and remembers what that depends on: earlier
// alerts ([Duplicates]), the IDs of events ([EventIDs]), similar recent alerts
// ([Suppressor]), and how many alerts each rule made in an interval ([Caps]). The last two
// also count what they held back, for a summary alert.
//
// All of them are a [Memory]: changes belong to transactions, and are written to a
// named space of keys. They have no lock: the engine's transactions do. Time is
// the time of arrival; no timestamp of an event makes an interval end.
//
// [Throttle] is for messages.
package hold
