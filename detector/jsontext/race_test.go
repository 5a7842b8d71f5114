//go:build race

package jsontext

// raceDetector says that the race detector is on, which allocates by itself.
const raceDetector = true
