// Package instance is the plugin without Fluent Bit: what one [OUTPUT] detect
// and one [INPUT] detect_alerts do, between the C entry points on one side
// and the detector on the other. It has no cgo, so that it can be tested.
//
// # What outlives an instance
//
// A Go library is never unloaded: on a hot reload Fluent Bit registers the
// plugins again, closes the old instances and opens new ones in the same process.
// The [Registry] keeps what must survive: the outbox of each channel, and the
// state (duplicates, counters) of each detector. The n-th output of a channel
// continues with the state of the n-th output of that channel before the reload.
package instance
