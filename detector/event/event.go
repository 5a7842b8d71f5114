package event

import (
	"encoding/binary"

	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Event is one CloudTrail event in the form it arrived in. Its methods are
// valid until the visit that it was handed to returns.
type Event struct {
	document msgpack.Value
	buf      []byte          // what the offsets count from
	has      memberSet       // which members there are, of those that were looked for
	first    *sought         // what the first walk looks for
	all      bool            // all were looked for
	offsets  [members]uint32 // where the value of each of them begins in buf
	ends     [members]uint32 // and ends
	again    []occurrence    // members that occur more than once: the second time and later
	set      eventSet        // what the field set "event" says
	shape    Shape
	origin   origin
	scratch  scratch
}

// origin is where a map was found.
type origin struct {
	path path  // the envelopes around it
	via  Shape // the innermost of them, Other without
	// part: it is a part of that envelope, not a text in it. The element of a
	// list of log events is one, the event that its message holds is not.
	part bool
}

// occurrence is one more value of a member that has one already.
type occurrence struct {
	member member
	offset uint32
}

// open opens the record whose body is the map at chunk[off:] and returns the
// offset behind it. Anything but a map is like an empty one. The error is a
// *msgpack.Error.
func (e *Event) open(chunk []byte, off int) (end int, err error) {
	header, body, err := msgpack.ReadHeader(chunk, off)
	if err != nil {
		return off, err
	}
	if header.Kind() != msgpack.Map {
		e.has, e.document = 0, msgpack.Value{}
		return msgpack.Skip(chunk, off)
	}
	e.scratch.reset()
	e.all = false
	if end, err = e.walk(chunk, body, header.Len()); err != nil {
		return off, err
	}
	e.document = msgpack.MapOf(header.Len(), chunk[body:end])
	return end, nil
}

// walkAgain walks over the event from its beginning.
func (e *Event) walkAgain() {
	if _, err := e.walk(e.document.Encoded(), 0, e.document.Len()); err != nil {
		e.has = 0 // not after the document has been read: it is whole
	}
}

// find reports whether the event has the member, of all there are.
func (e *Event) find(m member) bool {
	if !e.first.set.has(m) {
		e.findAll()
	}
	return e.has.has(m)
}

// findAll looks for all members.
func (e *Event) findAll() {
	if !e.all {
		e.all = true
		e.walkAgain()
	}
}

// walk steps over n pairs from buf[pos:], once, and notes where the members of
// interest lie: those that are looked for first, or all of them. Strings are stepped over, maps
// inside are not entered.
func (e *Event) walk(buf []byte, pos, n int) (end int, err error) {
	e.buf = buf
	e.again = e.again[:0]
	has := memberSet(0)
	filter := &e.first.filter
	if e.all {
		filter = &allMembers.filter
	}
	for range n {
		m := none
		if size, ok := shortKey(buf, pos); ok { // all keys, in practice
			pos++
			if word := binary.LittleEndian.Uint64(buf[pos:]); filter.mayPass(size, byte(word)) {
				m = memberAs(buf[pos:pos+size], word&firstBytes[size])
			}
			pos += size
		} else {
			var key []byte
			if key, pos, err = msgpack.ReadKey(buf, pos); err != nil {
				return pos, err
			}
			m = memberOf(key)
		}
		if m != none {
			if !has.has(m) {
				has |= 1 << (m & 63)
				e.offsets[m] = uint32(pos)
			} else {
				e.again = append(e.again, occurrence{m, uint32(pos)})
			}
		}
		if end := msgpack.SkipPlain(buf, pos); end != 0 {
			pos = end
		} else if end = msgpack.SkipStr8(buf, pos); end != 0 {
			pos = end
		} else if pos, err = msgpack.Skip(buf, pos); err != nil {
			return pos, err
		}
		e.ends[m] = uint32(pos) // of none, too, which nobody asks for
	}
	e.has = has
	return pos, nil
}

// shortKey returns the length of the text at buf[pos:] if its header is a
// single byte and eight bytes can be read behind it.
func shortKey(buf []byte, pos int) (size int, ok bool) {
	if uint(pos)+9 > uint(len(buf)) {
		return 0, false
	}
	if size = int(buf[pos]) - int(msgpcode.FixedStrLow); uint(size) > uint(msgpcode.FixedStrMask) {
		return 0, false
	}
	return size, pos+1+size <= len(buf)
}

// Shape returns Raw or ECS.
func (e *Event) Shape() Shape { return e.shape }

// AppendShape appends the shape with the envelopes around it, the outermost
// first: "text/records" for instance.
func (e *Event) AppendShape(dst []byte) []byte { return e.origin.path.appendName(dst, e.shape) }

// Document returns the event as it arrived, a map.
func (e *Event) Document() msgpack.Value { return e.document }

// occurrences walks the values of a member: several, if the member is repeated.
type occurrences struct {
	e      *Event
	member member
	offset uint32
	again  int  // how many of e.again have been looked at
	begun  bool // the first has been handed out
}

func (e *Event) occurrences(m member) occurrences { return occurrences{e: e, member: m} }

// next goes to the next value, the first one at first, and returns false when
// there is none.
func (o *occurrences) next() bool {
	if !o.begun {
		o.begun = true
		if !o.e.find(o.member) {
			return false
		}
		o.offset = o.e.offsets[o.member]
		return true
	}
	for o.again < len(o.e.again) {
		a := o.e.again[o.again]
		o.again++
		if a.member == o.member {
			o.offset = a.offset
			return true
		}
	}
	return false
}

// value returns the value in hand.
func (o *occurrences) value() msgpack.Value {
	v, _, err := msgpack.Read(o.e.buf, int(o.offset))
	if err != nil { // not after open
		return msgpack.Value{}
	}
	return v
}
