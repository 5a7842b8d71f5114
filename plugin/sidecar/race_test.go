//go:build race

package sidecar

// maxLargePeak is the maximum memory, in MB, with large bodies. The race detector has memory of
// its own for all that is in use.
const maxLargePeak = 300
