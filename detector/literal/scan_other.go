//go:build !amd64

package literal

const hasScan = false

// scan is for processors that can do it at once.
func scan(*tables, []byte, *[32]byte) int { panic("sieve: no scan") }
