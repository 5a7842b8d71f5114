package literal

import "golang.org/x/sys/cpu"

var hasScan = cpu.X86.HasAVX2

// scan looks at blocks of 32 places in b, one after the other, for as long as there
// are as many bytes as scanned. It returns where the first block begins in which a
// place has buckets, which it writes to hits; or, if there is none, where what is
// left begins. It reads nothing outside b.
func scan(t *tables, b []byte, hits *[32]byte) (begin int) {
	if len(b) < scanned {
		return 0
	}
	return scanAVX2(t, &b[0], len(b)-scanned, hits)
}

// scanAVX2 looks at the blocks that begin at b, b+32, … up to b+last.
//
//go:noescape
func scanAVX2(t *tables, b *byte, last int, hits *[32]byte) (begin int)
