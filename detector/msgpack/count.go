package msgpack

import (
	"bytes"
	"encoding/binary"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// Count returns the number of records in the chunk and the offset of the last
// one, if the chunk begins with a record as Fluent Bit writes it ([[EventTime,
// metadata], body]), and 0 records otherwise. It searches for the heads of
// records and does not parse what is between them: bytes inside a binary value
// may look like a head, a text in UTF-8 cannot. If a cursor can read the last
// record to the end of the chunk, the chunk is not truncated.
func Count(chunk []byte) (records, last int) {
	if !isHead(chunk, 0) || len(chunk) > MaxChunk {
		return 0, 0
	}
	for off := 0; ; {
		if isHead(chunk, off) {
			records++
			last = off
		}
		off += headCode + 1
		next := bytes.IndexByte(chunk[min(off+headCode, len(chunk)):], msgpcode.FixExt8)
		if next < 0 {
			return records, last
		}
		off += next
	}
}

// Offsets within the head of a record, and its minimum length.
const (
	headCode     = 2 // the code of an ext of eight bytes, which is not ASCII
	headSec      = 4
	headNsec     = 8
	headMetadata = 12
	headLen      = headMetadata + 2
)

// isHead reports whether a record begins at chunk[off:], as Fluent Bit writes it.
// It is false for times from 2104 on, which may be group markers: the caller
// must parse them.
func isHead(chunk []byte, off int) bool {
	return len(chunk)-off >= headLen && binary.BigEndian.Uint32(chunk[off:]) == 0x92_92_d7_00 && chunk[off+headSec] != 0xff
}
