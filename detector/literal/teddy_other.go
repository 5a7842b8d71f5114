//go:build !amd64

package literal

const hasAVX2 = false

func findCandidates(*tables, []byte, *[32]byte) int { panic("literal: no AVX2") }
