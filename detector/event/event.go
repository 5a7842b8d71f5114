package event

import (
	"encoding/binary"

	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Event is one event in the form in which it arrived: a map, and where in it
// the members of interest are. The reader of envelopes uses an Event for every
// map that it opens, since only its members tell whether it is one. An Event
// and all that it returns are valid until the visit that it was handed to
// returns.
type Event struct {
	// Route belongs to the reader of envelopes: how the event arrived.
	Route uint64

	schema   *Schema // nil: a document of no source
	source   uint8   // index in the schema
	document msgpack.Value
	buf      []byte       // what the offsets count from
	has      Set          // which members it has, of those that were looked for
	first    *search      // what the first walk looks for
	all      bool         // all members were looked for
	offsets  [256]uint32  // where the value of each of them begins in buf
	ends     [256]uint32  // and ends
	again    []occurrence // members that occur more than once: the second time and later
	kept     [maxKept][]msgpack.Value
	scratch  scratch
}

// occurrence is one more value of a member that has one already.
type occurrence struct {
	member Member
	offset uint32
}

// Use makes the event look for what the schema's sources look for.
func (e *Event) Use(s *Schema, first *Search) { e.schema, e.first = s, &first.search }

// Open opens the map at chunk[off:] and returns the offset behind it. Anything
// but a map is like an empty one. The error is a *msgpack.Error.
func (e *Event) Open(chunk []byte, off int) (end int, err error) {
	header, body, err := msgpack.ReadHeader(chunk, off)
	if err != nil {
		return off, err
	}
	if header.Kind() != msgpack.Map {
		e.has, e.document = Set{}, msgpack.Value{}
		return msgpack.Skip(chunk, off)
	}
	e.scratch.reset()
	e.all = false
	if end, err = e.walk(chunk, body, header.Len(), &e.first.filter); err != nil {
		return off, err
	}
	e.document = msgpack.MapOf(header.Len(), chunk[body:end])
	return end, nil
}

// find reports whether the event has the member.
func (e *Event) find(m Member) bool {
	if e.has.Has(m) || e.all || e.first.set.Has(m) {
		return e.has.Has(m)
	}
	e.findAll()
	return e.has.Has(m)
}

// findAll looks for all members, in another walk over the event.
func (e *Event) findAll() {
	if e.all {
		return
	}
	e.all = true
	if _, err := e.walk(e.document.Encoded(), 0, e.document.Len(), &e.schema.all.filter); err != nil {
		e.has = Set{} // cannot happen: Open has read all of it
	}
}

// walk steps over n pairs from buf[pos:], once, and notes where the members
// that pass the filter are. Strings are stepped over, maps are not entered.
func (e *Event) walk(buf []byte, pos, n int, filter *nameFilter) (end int, err error) {
	e.buf = buf
	e.again = e.again[:0]
	e.has = Set{}
	for range n {
		m := None
		if size, ok := shortKey(buf, pos); ok { // all keys, in practice
			word := binary.LittleEndian.Uint64(buf[pos+1:])
			pos += 1 + size
			if filter.mayPass(size, byte(word)) {
				m = lookup(buf[pos-size:pos], word&firstBytes[size])
			}
		} else {
			var key []byte
			if key, pos, err = msgpack.ReadKey(buf, pos); err != nil {
				return pos, err
			}
			m = Lookup(key)
		}
		if m != None {
			e.note(m, pos)
		}
		if end := msgpack.SkipPlain(buf, pos); end != 0 {
			pos = end
		} else if end = msgpack.SkipStr8(buf, pos); end != 0 {
			pos = end
		} else if pos, err = msgpack.Skip(buf, pos); err != nil {
			return pos, err
		}
		e.ends[m] = uint32(pos) // that of None is never read
	}
	return pos, nil
}

// note notes that the value of a member begins at pos.
func (e *Event) note(m Member, pos int) {
	if e.has.Has(m) {
		e.again = append(e.again, occurrence{m, uint32(pos)})
		return
	}
	e.has[m>>6&1] |= 1 << (m & 63)
	e.offsets[m] = uint32(pos)
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

// Members returns the members that the event has, of those that have been
// looked for until now. The set is the event's and only read.
func (e *Event) Members() *Set { return &e.has }

// Repeats reports whether one of the members that have been looked for occurs
// more than once.
func (e *Event) Repeats() bool { return len(e.again) > 0 }

// Document returns the event as it arrived, a map.
func (e *Event) Document() msgpack.Value { return e.document }

// Truncated reports whether something in the event lies so deep that it was
// not looked at.
func (e *Event) Truncated() bool { return e.scratch.cut }

// SetSource says what source the event is of: the i-th of the schema.
func (e *Event) SetSource(i int) { e.source = uint8(i) }

// IsOpen reports whether the event can have fields that the schema does not
// know: all documents that came in ECS form can.
func (e *Event) IsOpen() bool { return e.schema == nil || e.schema.sources[e.source].Open }

// Occurrences walks over the values of a member: several, if it is repeated.
type Occurrences struct {
	e      *Event
	member Member
	offset uint32
	again  int  // how many of e.again have been looked at
	begun  bool // the first has been returned
}

// Occurrences returns the values of a member.
func (e *Event) Occurrences(m Member) Occurrences { return Occurrences{e: e, member: m} }

// Next goes to the next value, the first one at first, and returns false when
// there are no more.
func (o *Occurrences) Next() bool {
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

// Value returns the current value.
func (o *Occurrences) Value() msgpack.Value {
	v, _, err := msgpack.Read(o.e.buf, int(o.offset))
	if err != nil { // cannot happen: Open has read all of it
		return msgpack.Value{}
	}
	return v
}

// At returns where the current value is encoded: in buf, from the offset on.
func (o *Occurrences) At() (buf []byte, offset int) { return o.e.buf, int(o.offset) }
