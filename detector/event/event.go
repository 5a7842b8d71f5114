package event

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
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

	schema    *Schema // nil: a document of no source
	source    uint8   // index in the schema
	document  msgpack.Value
	buf       []byte          // what the offsets count from
	has       Set             // which members it has, of those that were looked for
	first     *Set            // what the first walk looks for
	parts     []jsontext.Part // where the first walk finds maps and arrays, as far as that is known
	respelled bool            // it was looked for with other names
	all       bool            // all members were looked for
	offsets   [256]uint32     // where the value of each of them begins in buf
	ends      [256]uint32     // and ends
	again     []occurrence    // members that occur more than once: the second time and later
	layout    uint64          // a keyed digest of the names of the large members, 0: to be read
	names     uint64          // a keyed digest of all names, 0: to be read
	known     *names
	plain     digests // layouts in which all large members are the source's own
	own       digests // of names: those in which none is respelled or has a dot
	none      digests // of names: those that the source all defines
	kept      [maxKept][]msgpack.Value
	outer     *Event // the record that it is in, nil if it is one
	carriers  *Set   // the members in which that has events
	scratch   scratch
}

// occurrence is one more value of a member that has one already.
type occurrence struct {
	member Member
	offset uint32
}

// Use makes the event look for what the schema's sources look for.
func (e *Event) Use(s *Schema, first *Search) {
	e.schema, e.first = s, &first.set
	if e.known == nil {
		e.known = new(names)
	}
}

// OpenParts is Open for a map of which it is known where the maps and arrays in it are,
// or the first of them: their offsets count from the beginning of the chunk.
func (e *Event) OpenParts(chunk []byte, off int, parts []jsontext.Part) (end int, err error) {
	e.parts = parts
	end, err = e.Open(chunk, off)
	e.parts = nil
	return end, err
}

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
	e.all, e.respelled, e.names = false, false, 0
	if end, err = e.walk(chunk, body, header.Len(), e.first); err != nil {
		return off, err
	}
	e.document = msgpack.MapOf(header.Len(), chunk[body:end])
	return end, nil
}

// Release gives back what the last event made grow. The event must not be asked for
// anything before the next Open.
func (e *Event) Release() {
	e.scratch.reset()
	if cap(e.scratch.respelled) > maxArena {
		e.scratch.respelled = nil
	}
	if cap(e.again) > maxArena {
		e.again = nil
	}
}

// find reports whether the event has the member.
func (e *Event) find(m Member) bool {
	if e.has.Has(m) {
		return true
	}
	if !e.all && !e.first.Has(m) {
		if e.findAll(); e.has.Has(m) {
			return true
		}
	}
	return e.findRespelled(m)
}

// findRespelled is find for a member that does not exist by its own name.
func (e *Event) findRespelled(m Member) bool {
	return e.schema.sources[e.source].Flattened.Has(m) && e.respell() && e.has.Has(m)
}

// respell puts the event with the names of its source in the place of the one that
// came with others, and reports whether it was one.
func (e *Event) respell() bool {
	source := e.schema.sources[e.source]
	if e.respelled || source.Respell == nil {
		return false
	}
	e.respelled = true
	if e.namesAreOwn() && !e.hasObjectText() {
		return false
	}
	var ok bool
	if e.scratch.respelled, ok = source.Respell(e, e.scratch.respelled[:0]); !ok {
		if e.names != 0 && len(e.again) == 0 && !e.hasDotted() {
			e.own.add(e.names + uint64(e.source))
		}
		return false
	}
	e.names = 0
	header, body, err := msgpack.ReadHeader(e.scratch.respelled, 0)
	if err != nil { // cannot happen: it was written here
		return false
	}
	e.document = msgpack.MapOf(header.Len(), e.scratch.respelled[body:])
	e.all, e.scratch.dottedOf = false, 0
	e.findAll()
	return true
}

// OpenTexts reads the objects of an event that are JSON texts in it, among the members
// that have been looked for. Some tables can only hold them so.
func (e *Event) OpenTexts() {
	if e.hasObjectText() {
		e.respell()
	}
}

// hasObjectText reports whether an object is a JSON text, among the members that have been
// looked for.
func (e *Event) hasObjectText() bool {
	objects := &e.schema.objectMembers[e.source]
	for i, members := range e.has {
		for members &= objects[i]; members != 0; members &= members - 1 {
			m := Member(i<<6 | bits.TrailingZeros64(members))
			if BeginsObjectText(e.buf[e.offsets[m]:]) {
				return true
			}
		}
	}
	return false
}

// isTextFormat reports whether an encoded text begins with c.
func isTextFormat(c byte) bool {
	return c>>5 == msgpcode.FixedStrLow>>5 || c >= msgpcode.Str8 && c <= msgpcode.Str32 || c >= msgpcode.Bin8 && c <= msgpcode.Bin32
}

// IsObjectText reports whether a value is a text with a JSON object or a list in it,
// by how it begins.
func IsObjectText(v msgpack.Value) bool { return v.IsText() && isObjectText(v.Bytes()) }

func isObjectText(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 1 && (text[0] == '{' || text[0] == '[')
}

// findAll looks for all members, in another walk over the event.
func (e *Event) findAll() {
	if e.all {
		return
	}
	e.all = true
	if _, err := e.walk(e.document.Encoded(), 0, e.document.Len(), &e.schema.all); err != nil {
		e.has = Set{} // cannot happen: Open has read all of it
	}
	e.OpenTexts()
}

// walk steps over n pairs from buf[pos:], once, and notes where those members are that are
// looked for. Strings are stepped over, maps are not entered.
func (e *Event) walk(buf []byte, pos, n int, look *Set) (end int, err error) {
	e.buf = buf
	if cap(e.again) > maxArena {
		e.again = nil
	}
	e.again = e.again[:0]
	e.has = Set{}
	known, layout, digest, all := e.known, hashKeys[0], hashKeys[0], true
	at := uint8(0)
	for range n {
		m := None
		var hash uint64
		entry, end := known[at].next, 0
		k := &known[entry]
		if uint(pos)+maxName <= uint(len(buf)) && k.isAt(buf, pos) && (k.code <= maxShort || k.hasMiddle(buf, pos)) {
			end = pos + int(k.end)
		} else {
			entry, end = known.read(buf, pos, at)
			k = &known[entry]
		}
		if entry != 0 { // all keys, in practice
			at, pos, hash = entry, end, k.hash
			digest = mix(digest, hash)
			if m = k.member; m != None && look.Has(m) {
				if e.has.Has(m) {
					e.again = append(e.again, occurrence{m, uint32(pos)})
				} else {
					e.has[m>>6&1] |= 1 << (m & 63)
					e.offsets[m] = uint32(pos)
				}
			}
		} else {
			var name []byte
			if name, pos, err = msgpack.ReadKey(buf, pos); err != nil {
				return pos, err
			}
			if m = Lookup(name); m != None && look.Has(m) {
				e.note(m, pos)
			}
			at, all = 0, false
		}
		if end := msgpack.SkipPlain(buf, pos); end != 0 {
			pos = end
		} else if end = msgpack.SkipStr8(buf, pos); end != 0 {
			if end-pos > minCarrier {
				layout = mix(layout, hash)
			}
			pos = end
		} else {
			if len(e.parts) > 0 {
				pos, err = e.skipPart(buf, pos)
			} else {
				pos, err = msgpack.Skip(buf, pos)
			}
			if err != nil {
				return pos, err
			}
			layout = mix(layout, hash)
		}
		e.ends[m] = uint32(pos) // that of a member that is not looked for is never read
	}
	if !all {
		layout, digest = 0, 0
	}
	e.layout, e.names = layout, digest
	return pos, nil
}

// skipPart is msgpack.Skip for a value in buf that is the next of the parts, if it is an
// array or a map.
func (e *Event) skipPart(buf []byte, pos int) (end int, err error) {
	if int(e.parts[0].Begin) == pos {
		end, e.parts = int(e.parts[0].End), e.parts[1:]
		return end, nil
	}
	return msgpack.Skip(buf, pos)
}

// minCarrier is how many bytes a text has at least that carries an event, in
// whatever form: what rules ask for is longer. Texts in lists, and in small maps
// that are not events, may have MinCarrier.
const (
	minCarrier = 48
	MinCarrier = 16
)

// digests are some digests that were added last.
type digests [32][4]uint64

func (d *digests) has(digest uint64) bool {
	known := &d[digest>>59]
	return known[0] == digest || known[1] == digest || known[2] == digest || known[3] == digest
}

func (d *digests) add(digest uint64) {
	known := &d[digest>>59]
	known[0], known[1], known[2], known[3] = digest, known[0], known[1], known[2]
}

// namesAreOwn reports whether all names of the event were those of an event before, in
// which none was respelled and none had a dot.
func (e *Event) namesAreOwn() bool {
	return e.names != 0 && len(e.again) == 0 && e.own.has(e.names+uint64(e.source))
}

// Carries reports whether the event has a member that its source does not
// define and that is large enough to carry another event. Nearly all events have
// the names of one before.
func (e *Event) Carries() bool {
	layout := e.layout + uint64(e.source)
	if e.layout != 0 && e.plain.has(layout) {
		return false
	}
	own := &e.schema.sources[e.source].Own
	buf, pos := e.document.Encoded(), 0
	for range e.document.Len() {
		name, value, _ := msgpack.ReadKey(buf, pos)
		if pos, _ = msgpack.Skip(buf, value); isLarge(buf[value:pos]) && !own.Has(Lookup(name)) {
			return true
		}
	}
	e.plain.add(layout)
	return false
}

// isLarge reports whether an encoded value can carry an event beside another one.
func isLarge(encoded []byte) bool {
	return len(encoded) > minCarrier || msgpack.SkipPlain(encoded, 0) == 0 && msgpack.SkipStr8(encoded, 0) == 0
}

// Carrier is a member of a map that can carry an event.
type Carrier struct {
	Member Member
	Name   []byte
	Offset int // of its value in the map's bytes
	End    int // of its value
}

// Carriers appends the members of the map that can carry an event and that own
// does not have, and returns the bytes that the offsets are of. Of a map that is
// no event short texts are among them.
func (e *Event) Carriers(list []Carrier, own *Set, isEvent bool) (all []Carrier, buf []byte) {
	buf = e.document.Encoded()
	before := uint32(cap(e.buf) - cap(buf)) // how many bytes of e.buf are before it
	pos := 0
	for range e.document.Len() {
		name, value, _ := msgpack.ReadKey(buf, pos)
		m := Lookup(name)
		if e.has.Has(m) && e.offsets[m] == uint32(value)+before && len(e.again) == 0 {
			pos = int(e.ends[m] - before)
		} else {
			pos, _ = msgpack.Skip(buf, value)
		}
		if (isLarge(buf[value:pos]) || !isEvent && pos-value >= MinCarrier) && !own.Has(m) {
			list = append(list, Carrier{m, name, value, pos})
		}
	}
	return list, buf
}

// Prefixes rules out names by their length and their first letter: those that do not
// begin with one of some prefixes, in either case.
type Prefixes struct{ filter nameFilter }

// PrefixesOf returns what rules out names that begin with none of the prefixes, which are
// ASCII letters.
func PrefixesOf(prefixes ...string) *Prefixes {
	p := &Prefixes{}
	for _, prefix := range prefixes {
		for n := len(prefix); n < len(p.filter); n++ {
			p.filter[n] |= 1 << (prefix[0] & 31)
		}
	}
	return p
}

// AnyName reports whether do returns true for one of the members of the event whose names
// may have one of the prefixes: the name, the member or None, and the encoded value from
// its first byte on, to the end of the event. It stops at the first. Values that the first
// walk has stepped over are not stepped over again.
func (e *Event) AnyName(prefixes *Prefixes, do func(name []byte, m Member, value []byte) bool) bool {
	buf := e.document.Encoded()
	before := uint32(cap(e.buf) - cap(buf)) // how many bytes of e.buf are before it
	pos := 0
	for range e.document.Len() {
		size, word, ok := shortKey(buf, pos)
		if ok && !prefixes.filter.mayPass(size, byte(word)) {
			value := pos + 1 + size
			if end := msgpack.SkipPlain(buf, value); end != 0 { // nearly all
				pos = end
			} else if end = msgpack.SkipStr8(buf, value); end != 0 {
				pos = end
			} else {
				pos = e.skipValue(buf, value, Lookup(buf[pos+1:value]), before)
			}
			continue
		}
		name, value, _ := msgpack.ReadKey(buf, pos)
		m := Lookup(name)
		if do(name, m, buf[value:]) {
			return true
		}
		pos = e.skipValue(buf, value, m, before)
	}
	return false
}

// skipValue returns the offset behind the value of a member at buf[pos:], the event's
// document, which has so many bytes of e.buf before it.
func (e *Event) skipValue(buf []byte, pos int, m Member, before uint32) int {
	if e.has.Has(m) && e.offsets[m] == uint32(pos)+before && len(e.again) == 0 {
		return int(e.ends[m] - before)
	}
	return skip(buf, pos)
}

// BeginsObjectText reports whether an encoded value is a text with a JSON object or a list
// in it, by how it begins.
func BeginsObjectText(encoded []byte) bool {
	return isTextFormat(encoded[0]) && isObjectText(msgpack.ReadText(encoded, 0))
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

// shortKey returns the length of the text at buf[pos:] and the eight bytes behind
// its header, if the header is a single byte and so many can be read.
func shortKey(buf []byte, pos int) (size int, word uint64, ok bool) {
	if uint(pos)+9 > uint(len(buf)) {
		return 0, 0, false
	}
	if size = int(buf[pos]) - int(msgpcode.FixedStrLow); uint(size) > uint(msgpcode.FixedStrMask) {
		return 0, 0, false
	}
	return size, wordAt(buf, pos+1), pos+1+size <= len(buf)
}

// wordAt returns the eight bytes from buf[pos:] on, which the caller has checked are
// within buf.
func wordAt(buf []byte, pos int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(buf)), pos))[:])
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
// not looked at, or is one of so many values that not all of them were.
func (e *Event) Truncated() bool { return e.scratch.cut || e.scratch.over }

// TooMany reports whether one of the fields that were asked for had so many values
// that only the first were returned.
func (e *Event) TooMany() bool { return e.scratch.more }

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
