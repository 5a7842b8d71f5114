// Package pipeline reads files for the commands, on all processors and in order.
//
//	files ──one goroutine──▶ blocks ──several──▶ chunks ──in the order of the input──▶ the command
//
// The number of chunks in the pipeline is fixed, so memory does not depend on the size
// of the files.
package pipeline
