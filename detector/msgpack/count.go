package msgpack

import (
	"bytes"
	"encoding/binary"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// Count returns how many events the chunk has and the offset of the last, if it
// begins with an event as Fluent Bit writes them ([[EventTime, metadata], body]),
// and 0 events otherwise. It looks for the heads of events and does not walk over
// what is between them: bytes inside a binary value may look like a head, a text
// in UTF-8 cannot. A cursor that reads the last event to the end of the chunk
// shows that the chunk is not cut off.
func Count(chunk []byte) (events, last int) {
	if !isHead(chunk, 0) || len(chunk) > MaxChunk {
		return 0, 0
	}
	for off := 0; ; {
		if isHead(chunk, off) {
			events++
			last = off
		}
		off += headCode + 1
		next := bytes.IndexByte(chunk[min(off+headCode, len(chunk)):], msgpcode.FixExt8)
		if next < 0 {
			return events, last
		}
		off += next
	}
}

// Where the parts of a head begin, and how long it is at least.
const (
	headCode     = 2 // of an ext of eight bytes, which is in no ASCII
	headSec      = 4
	headNsec     = 8
	headMetadata = 12
	headLen      = headMetadata + 2
)

// isHead reports whether an event begins at chunk[off:], as Fluent Bit writes it.
// Times from 2104 on may be the marks of a group and are left to who reads more.
func isHead(chunk []byte, off int) bool {
	return len(chunk)-off >= headLen && binary.BigEndian.Uint32(chunk[off:]) == 0x92_92_d7_00 && chunk[off+headSec] != 0xff
}
