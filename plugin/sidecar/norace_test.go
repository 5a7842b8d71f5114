//go:build !race

package sidecar

// maxLargePeak is the maximum memory, in MB, with large bodies.
const maxLargePeak = 150
