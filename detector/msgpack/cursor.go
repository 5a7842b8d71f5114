package msgpack

import (
	"encoding/binary"
	"math"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// MaxChunk is the maximum size of a chunk in bytes: offsets fit in 31 bits.
// Fluent Bit's own chunks are about 2 MiB.
const MaxChunk = math.MaxInt32

// Item is the kind of an item in a chunk.
type Item uint8

// The items.
const (
	// Other is a complete msgpack value that is not a record.
	Other Item = iota
	// GroupStart and GroupEnd enclose records that share a resource and a scope
	// (OpenTelemetry logs). They look like records, and records can look like them:
	// only the time tells them apart.
	GroupStart
	GroupEnd
	// Record is a log record. Its body has not been read yet.
	Record
)

// Head describes an item: of a record all but the body.
type Head struct {
	Item     Item
	Start    int   // byte offset of the item in the chunk
	Body     int   // byte offset of the body, a map; 0 for an Other without one
	Sec      int64 // time: seconds since 1970
	Nsec     uint32
	Metadata Value // a map, or the zero Value in the old format
}

// Cursor iterates over the items of a chunk. The chunk must not change meanwhile.
type Cursor struct {
	chunk []byte
	off   int
}

// NewCursor returns a cursor at the beginning of the chunk, which it retains.
func NewCursor(chunk []byte) Cursor { return Cursor{chunk: chunk} }

// Resume sets the offset of the next item. It must be called after each Record
// with the end of its body, which whoever read the body knows. Other items have been
// read to their end.
func (c *Cursor) Resume(off int) { c.off = off }

// Next reads the next item into h and returns false at the end of the chunk. It
// does not read the body of a record: the caller does, and then calls Resume.
// The error is an *Error: the chunk cannot be read beyond its offset, and the
// cursor stays at the item.
func (c *Cursor) Next(h *Head) (bool, error) {
	if c.off >= len(c.chunk) {
		return false, nil
	}
	if len(c.chunk) > MaxChunk {
		return false, &Error{Offset: MaxChunk, Fault: TooLong}
	}
	if c.nextCommon(h) {
		return true, nil
	}
	*h = Head{Start: c.off}
	outer, off, err := ReadHeader(c.chunk, c.off)
	if err != nil {
		return false, err
	}
	if outer.Kind() != Array || outer.Len() != 2 {
		return c.other(h)
	}
	head, next, err := ReadHeader(c.chunk, off)
	if err != nil {
		return false, err
	}
	stamp := head
	if head.Kind() == Array {
		if head.Len() != 2 {
			return c.other(h)
		}
		if stamp, next, err = Read(c.chunk, next); err != nil {
			return false, err
		}
		if h.Metadata, next, err = Read(c.chunk, next); err != nil {
			return false, err
		}
		if h.Metadata.Kind() != Map {
			return c.other(h)
		}
	}
	if !h.setTime(stamp) {
		return c.other(h)
	}
	body, _, err := ReadHeader(c.chunk, next)
	if err != nil {
		return false, err
	}
	if body.Kind() != Map {
		return c.other(h)
	}
	h.Body = next
	switch h.Sec {
	case groupStart, groupStart & math.MaxUint32:
		h.Item = GroupStart
	case groupEnd, groupEnd & math.MaxUint32:
		h.Item = GroupEnd
	default:
		h.Item = Record
		return true, nil
	}
	return c.skip(h)
}

// nextCommon is a fast path of Next for the records that Fluent Bit writes most:
// an EventTime, no metadata, a map. It returns false for all others, and near the
// end of the chunk.
func (c *Cursor) nextCommon(h *Head) bool {
	if len(c.chunk)-c.off < headLen+4 || !isHead(c.chunk, c.off) {
		return false
	}
	head := c.chunk[c.off : c.off+headLen+4]
	body := headMetadata + 1
	switch {
	case head[headMetadata] == msgpcode.FixedMapLow:
	case head[headMetadata] == msgpcode.Map32 && binary.BigEndian.Uint32(head[headMetadata+1:]) == 0:
		body += 4
	default:
		return false
	}
	if formats[head[body]].kind != Map {
		return false
	}
	h.Item = Record
	h.Start, h.Body = c.off, c.off+body
	h.Sec = int64(binary.BigEndian.Uint32(head[headSec:]))
	h.Nsec = binary.BigEndian.Uint32(head[headNsec:])
	h.Metadata = Value{nil, of(Map)}
	return true
}

// The seconds that mark groups, as 32-bit integers: include/fluent-bit/
// flb_log_event.h of Fluent Bit. In an EventTime they are unsigned. Numbers of
// more than 32 bits are never markers, whatever their lower half: a record must
// not evade evaluation by looking like a marker.
const (
	groupStart = -1
	groupEnd   = -2
)

// other skips an item that is not a record. If it is a pair with a map, as records
// are, the map is its body.
func (c *Cursor) other(h *Head) (bool, error) {
	*h = Head{Start: h.Start}
	ok, err := c.skip(h)
	if err != nil {
		return ok, err
	}
	if outer, off, err := ReadHeader(c.chunk, h.Start); err == nil && outer.Kind() == Array && outer.Len() == 2 {
		if off, err = Skip(c.chunk, off); err == nil && formats[c.chunk[off]].kind == Map {
			h.Body = off
		}
	}
	return ok, nil
}

func (c *Cursor) skip(h *Head) (bool, error) {
	end, err := Skip(c.chunk, h.Start)
	if err != nil {
		return false, err
	}
	c.off = end
	return true, nil
}

// eventTime is the ext type of the Forward protocol's EventTime: 4 bytes of
// seconds and 4 bytes of nanoseconds, both unsigned.
const eventTime = 0

// setTime sets the time to that of an EventTime, an integer or a float, and
// reports whether v is one of them.
func (h *Head) setTime(v Value) bool {
	switch v.Kind() {
	case Ext:
		if v.ExtType() != eventTime || len(v.payload) != 8 {
			return false
		}
		h.Sec = int64(binary.BigEndian.Uint32(v.payload))
		h.Nsec = binary.BigEndian.Uint32(v.payload[4:])
	case Int:
		h.Sec = v.Int()
	case Uint: // beyond any real time
		h.Sec = math.MaxInt64
	case Float:
		whole, part := math.Modf(v.Float())
		if !(math.Abs(whole) < 1<<62) { // NaN too
			return false
		}
		h.Sec = int64(whole)
		if part > 0 {
			h.Nsec = uint32(part * 1e9)
		}
	default:
		return false
	}
	return true
}
