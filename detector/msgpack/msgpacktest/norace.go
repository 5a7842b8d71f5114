//go:build !race

package msgpacktest

// RaceDetector says that the race detector is on, which allocates by itself.
const RaceDetector = false
