package msgpack

import (
	"encoding/binary"
	"math"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// MaxChunk is the size in bytes up to which chunks are read: offsets fit in 31
// bits. Fluent Bit's own chunks are about 2 MiB.
const MaxChunk = math.MaxInt32

// Item is what the cursor found.
type Item uint8

// The items.
const (
	// Odd is a whole msgpack value that is no event: the stream goes on
	// behind it.
	Odd Item = iota
	// GroupStart and GroupEnd bracket events that share a resource and a scope
	// (OpenTelemetry logs). They look like events but are none.
	GroupStart
	GroupEnd
	// IsEvent is an event. Its body has not been read yet.
	IsEvent
)

// Event is the head of one event.
type Event struct {
	Item     Item
	Start    int   // byte offset of the event in the chunk
	Body     int   // byte offset of the body's map, for IsEvent
	Sec      int64 // time: seconds since 1970
	Nsec     uint32
	Metadata Value // a map, or the zero Value in the older format
}

// Cursor walks the events of one chunk. The chunk must not change meanwhile.
type Cursor struct {
	chunk []byte
	off   int
}

// NewCursor returns a cursor at the beginning of chunk. It keeps chunk.
func NewCursor(chunk []byte) Cursor { return Cursor{chunk: chunk} }

// Offset returns where the next item begins.
func (c *Cursor) Offset() int { return c.off }

// Resume says that the item in hand ends at byte off. It must be called after
// each IsEvent with the offset behind its body, which the reader of the body
// knows without walking over it a second time.
func (c *Cursor) Resume(off int) { c.off = off }

// Next reads the head of the next item into e and returns false at the end of
// the chunk. Of an event the body is left to the caller, who goes on with
// Resume; of other items nothing is left. The error is an *Error: what lies
// behind its offset cannot be read, and the cursor stays at the item.
func (c *Cursor) Next(e *Event) (bool, error) {
	if c.off >= len(c.chunk) {
		return false, nil
	}
	if len(c.chunk) > MaxChunk {
		return false, &Error{Offset: MaxChunk, Fault: TooLong}
	}
	if c.usual(e) {
		return true, nil
	}
	*e = Event{Start: c.off}
	outer, off, err := ReadHeader(c.chunk, c.off)
	if err != nil {
		return false, err
	}
	if outer.Kind() != Array || outer.Len() != 2 {
		return c.odd(e)
	}
	head, next, err := ReadHeader(c.chunk, off)
	if err != nil {
		return false, err
	}
	stamp := head
	if head.Kind() == Array {
		if head.Len() != 2 {
			return c.odd(e)
		}
		if stamp, next, err = Read(c.chunk, next); err != nil {
			return false, err
		}
		if e.Metadata, next, err = Read(c.chunk, next); err != nil {
			return false, err
		}
		if e.Metadata.Kind() != Map {
			return c.odd(e)
		}
	}
	if !e.setTime(stamp) {
		return c.odd(e)
	}
	body, _, err := ReadHeader(c.chunk, next)
	if err != nil {
		return false, err
	}
	if body.Kind() != Map {
		return c.odd(e)
	}
	e.Body = next
	switch e.Sec {
	case groupStart, groupStart & math.MaxUint32:
		e.Item = GroupStart
	case groupEnd, groupEnd & math.MaxUint32:
		e.Item = GroupEnd
	default:
		e.Item = IsEvent
		return true, nil
	}
	return c.stepOver(e)
}

// usual reads the head of an event as Fluent Bit writes most of them: an
// EventTime, no metadata, a map. It returns false for any other, and for what
// the chunk has not room for.
func (c *Cursor) usual(e *Event) bool {
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
	e.Item = IsEvent
	e.Start, e.Body = c.off, c.off+body
	e.Sec = int64(binary.BigEndian.Uint32(head[headSec:]))
	e.Nsec = binary.BigEndian.Uint32(head[headNsec:])
	e.Metadata = Value{nil, of(Map)}
	return true
}

// The seconds that mark groups, as 32-bit integers: include/fluent-bit/
// flb_log_event.h of Fluent Bit. An EventTime has them unsigned. Numbers of
// more than 32 bits are never markers, whatever their lower half: a marker is
// not evaluated.
const (
	groupStart = -1
	groupEnd   = -2
)

func (c *Cursor) odd(e *Event) (bool, error) {
	*e = Event{Start: e.Start}
	return c.stepOver(e)
}

func (c *Cursor) stepOver(e *Event) (bool, error) {
	end, err := Skip(c.chunk, e.Start)
	if err != nil {
		return false, err
	}
	c.off = end
	return true, nil
}

// eventTime is the ext type of the Forward protocol's EventTime: 4 bytes of
// seconds and 4 bytes of nanoseconds, both unsigned.
const eventTime = 0

// setTime reads an EventTime, an integer or a float, and reports whether it was
// one of them.
func (e *Event) setTime(v Value) bool {
	switch v.Kind() {
	case Ext:
		if v.ExtType() != eventTime || len(v.payload) != 8 {
			return false
		}
		e.Sec = int64(binary.BigEndian.Uint32(v.payload))
		e.Nsec = binary.BigEndian.Uint32(v.payload[4:])
	case Int:
		e.Sec = v.Int()
	case Uint: // centuries after the sun is gone
		e.Sec = math.MaxInt64
	case Float:
		whole, part := math.Modf(v.Float())
		if !(math.Abs(whole) < 1<<62) { // NaN too
			return false
		}
		e.Sec = int64(whole)
		if part > 0 {
			e.Nsec = uint32(part * 1e9)
		}
	default:
		return false
	}
	return true
}
