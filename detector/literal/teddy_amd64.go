package literal

import "golang.org/x/sys/cpu"

var hasAVX2 = cpu.X86.HasAVX2

// findCandidates looks up one block of 32 positions in b after the other, as long as
// blockBytes are left. It returns the offset of the first block with a candidate, of
// which it writes the buckets for each position to candidates; or, if there is none,
// the offset of the bytes that are left. It reads nothing outside b.
func findCandidates(t *tables, b []byte, candidates *[32]byte) (begin int) {
	if len(b) < blockBytes {
		return 0
	}
	return findCandidatesAVX2(t, &b[0], len(b)-blockBytes, candidates)
}

// findCandidatesAVX2 looks up the blocks at b, b+32, … up to b+last.
//
//go:noescape
func findCandidatesAVX2(t *tables, b *byte, last int, candidates *[32]byte) (begin int)
