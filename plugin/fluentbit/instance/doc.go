// Package instance is the plugin without Fluent Bit: what one [OUTPUT] detect
// and one [INPUT] detect_alerts do, between the C entry points on one side
// and the detector on the other. It has no cgo, so that it can be tested.
//
// # What outlives an instance
//
// A Go library is never unloaded: on a hot reload Fluent Bit registers the
// plugins again, ends the old instances and begins new ones in the same
// process. What must not begin anew is kept in the [Registry]: the outbox of
// each channel, and the state (what was seen, counters) of each detector. The
// n-th output of a channel goes on with the state of the n-th output of that
// channel before the reload.
package instance
