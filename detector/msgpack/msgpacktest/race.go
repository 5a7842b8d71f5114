//go:build race

package msgpacktest

// RaceDetector reports whether the race detector is on, which allocates.
const RaceDetector = true
