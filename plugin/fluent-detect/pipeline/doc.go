// Package pipeline reads files for the commands: as fast as the processors
// allow, and in order.
//
//	files ──one goroutine──▶ blocks ──several──▶ chunks ──in the order of the input──▶ the command
//
// A fixed number of chunks is on the way at any time, so memory does not depend
// on how much there is to read.
package pipeline
