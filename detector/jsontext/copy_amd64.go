package jsontext

// copyBlock copies 32 bytes and returns a bit for each of them, the first the lowest,
// that is set if the byte is a quote or a backslash. It uses SSE2, which every
// processor of the architecture has: lengths of strings are hard to predict, and it
// takes no branches.
//
//go:noescape
func copyBlock(dst, src *[minLong]byte) (special uint32)
