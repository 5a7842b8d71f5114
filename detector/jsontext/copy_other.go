//go:build !amd64

package jsontext

import "encoding/binary"

// copyBlock copies 32 bytes and returns a bit for each of them, the first the lowest,
// that is set if the byte is a quote or a backslash. Bits above the lowest are
// undefined.
func copyBlock(dst, src *[minLong]byte) (special uint32) {
	for k := 0; k < minLong; k += 8 {
		word := binary.LittleEndian.Uint64(src[k:])
		binary.LittleEndian.PutUint64(dst[k:], word)
		if mark := markSpecial(word); mark != 0 {
			return 1 << (k + firstMark(mark))
		}
	}
	return 0
}
