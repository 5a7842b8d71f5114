//go:build race

package recordtest

// RaceDetector says that the race detector is on, which allocates by itself.
const RaceDetector = true
