package envelope

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// maxLevels bounds how deep envelopes may be in each other, counting every map,
// every text and every list in a list: an event of EventBridge in a notification
// in a message of a queue in a line of text has six above it.
const maxLevels = 14

// Reader finds the events in records. It is not for concurrent use; its
// buffers grow to what the records need and are kept, up to a bound.
type Reader struct {
	schema  *event.Schema
	sources []*event.Source
	marks   event.Set // the members of which every event has one
	outer   event.Set // those that envelopes and events define
	finders *finders
	visit   func(*event.Event)
	first   *event.Search     // what the first walk over an event looks for
	levels  [maxLevels]*level // those that records had so far
	seen    Seen
	// noted counts what was found: events, what a detector made, and what
	// could not be read.
	noted        int
	unrecognized []byte // the member with names of events in a form that is not opened
	known        int    // how many things in the record are known not to be events
	copies       copies
	deepest      int // the deepest level that was used
	budget       budget
	spanning     int // how many bytes may still be decoded in search of values of several lines in broken texts
	unpacker     unpacker
	made         int         // bytes of the buffers that were made for the record
	large        Large       // of Bound, nil without
	locked       func() bool // of Bound
	allowed      func()      // ends what large allows; nil: nothing
}

// level is one envelope, or the event in the innermost of them.
type level struct {
	event     event.Event
	origin    origin
	carriers  []event.Carrier
	respelled []byte         // the event at this level with its own names
	text      []byte         // what JSON text at this level decoded to, as msgpack
	parts     jsontext.Parts // of it
	packed    []byte         // what base64 at this level decoded to
	plain     []byte         // what gzip or UTF-16 at this level decoded to
	inflated  []byte         // what gzip at this level decompressed to
	repaired  []byte         // what was nearly JSON at this level, as JSON
	paired    []byte         // the map that a list of names and values at this level stands for
}

// origin is where a map was found.
type origin struct {
	path path  // the envelopes around it
	via  Shape // the innermost of them, Other without
	// part: it is a part of that envelope, not a text in it. The element of a
	// list of log events is one, the event that its message holds is not.
	part bool
}

// Seen says what one record was.
type Seen struct {
	Shape  Shape // of the outermost
	Events int   // how many events were visited
	// Unreadable counts what looks like an event but could not be read: text
	// that is cut short or broken, an event without what every event has,
	// compressed data that is damaged or too large, envelopes or events that
	// are nested too deeply. What could be read beside it was visited.
	Unreadable int
}

// NewReader returns a Reader that hands every event of the schema's sources to
// visit. The Event is valid until visit returns.
func NewReader(s *event.Schema, visit func(*event.Event)) *Reader {
	r := &Reader{schema: s, sources: s.Sources(), marks: s.Marks(), finders: newFinders(s), visit: visit}
	r.outer = envelopes
	for _, source := range r.sources {
		if !source.Open {
			r.outer = r.outer.Union(source.Own)
		}
	}
	r.Expect(nil)
	r.levelAt(0)
	return r
}

// Expect says which fields will be asked for of every event, or nearly: they are
// looked for in the first walk over it. Other fields may be asked for as well,
// and the first of them costs another walk.
func (r *Reader) Expect(fields []*event.Field) {
	r.first = r.schema.Expect(logEventMarks.Union(envelopes), fields)
	for _, l := range r.levels {
		if l != nil {
			l.event.Use(r.schema, r.first)
		}
	}
}

// Read reads the record whose body, a map, begins at chunk[off:], and returns
// the offset behind it. The error is a *msgpack.Error: the body does not end
// within the chunk, and nothing of the record has been visited.
func (r *Reader) Read(chunk []byte, off int) (end int, seen Seen, err error) {
	top := r.levels[0]
	end, err = top.event.Open(chunk, off)
	if err != nil {
		return off, Seen{}, err
	}
	r.seen, r.unrecognized = Seen{}, nil
	if top.event.Members().Meets(&r.marks) || r.finders.mayCarry(top.event.Document().Encoded()) {
		top.origin = origin{}
		r.noted, r.known = 0, 0
		r.copies.reset()
		r.budget = budgetOf(end - off)
		r.spanning = maxDecoding * (end - off)
		r.seen.Shape = r.enter(0)
		if r.noted == 0 {
			r.finish()
		}
		r.release()
	} else if top.event.Members().Has(records) { // an S3 object without events
		r.seen.Shape = Records
	}
	return end, r.seen, nil
}

// Unrecognized reports whether the record that was read last has the names that
// events have in a form that is not opened, and returns the name of the member at
// its top that they are in, valid until the next Read.
func (r *Reader) Unrecognized() (member []byte, ok bool) {
	return r.unrecognized, r.unrecognized != nil
}

// finish notes a record with the names of events of which none was found.
func (r *Reader) finish() {
	if r.known == 0 {
		r.unrecognized = r.finders.nameIn(r.levels[0].event.Document())
	}
}

// enter looks at the map that is open at depth, visits it and what it carries,
// and returns its shape.
func (r *Reader) enter(depth int) Shape {
	l := r.levels[depth]
	e := &l.event
	own := &noMembers // in which no event is looked for
	source, verdict := r.recognize(e)
	switch {
	case verdict == event.Ours:
		r.noted++
		return Alert
	case verdict == event.Foreign && source >= 0: // known by its own names
		own = &r.sources[source].Own
	case verdict != event.Recognized:
		if respelled := r.respell(l); respelled >= 0 {
			source, verdict = respelled, event.Recognized
		}
	}
	if verdict != event.Recognized {
		if s := r.unwrap(depth, own, false); s != Other {
			return s
		}
		if verdict == event.Incomplete {
			r.unreadable()
		}
		return Other
	}
	e.SetSource(source)
	s := Raw
	if r.sources[source].Open {
		s = ECS
	}
	if !e.Carries() {
		r.found(depth, source, s)
		return s
	}
	r.copies.active = true
	if e.Members().Meets(&lookupEvent) && !hasMember(e.Document(), r.sources[source].Expected.Name()) { // an answer of LookupEvents: the event is there, whole
		if carried := r.unwrap(depth, &r.sources[source].Own, true); r.copies.summarized(e) {
			return carried
		}
		r.found(depth, source, s)
		return s
	}
	r.found(depth, source, s)
	e.SetSource(source)
	r.unwrap(depth, &r.sources[source].Own, true)
	return s
}

// recognize returns the source of which the map is an event. A source that
// recognizes an event by its own form goes before one of documents that were
// mapped to ECS.
func (r *Reader) recognize(e *event.Event) (source int, verdict event.Verdict) {
	has := e.Members()
	source = -1
	for i, s := range r.sources {
		if !has.Meets(&s.Marks) {
			continue
		}
		e.SetSource(i)
		switch v := s.Recognize(e); v {
		case event.Ours:
			if source < 0 || verdict == event.Foreign {
				return i, v
			}
		case event.Recognized:
			if source < 0 || verdict == event.Foreign {
				source, verdict = i, v
			}
		case event.Incomplete:
			if source < 0 {
				verdict = v
			}
		case event.Foreign:
			if !s.Open && source < 0 {
				r.known++
				source, verdict = i, v
			}
		}
	}
	return source, verdict
}

// respell opens a map that no source recognizes anew with the names that a source
// gives its events, if they were spelled otherwise, and returns the source, or -1.
func (r *Reader) respell(l *level) int {
	for i, s := range r.sources {
		if s.Respell == nil || l.event.Members().Meets(&lookupEvent) && !hasMember(l.event.Document(), s.Expected.Name()) {
			continue // the latter is a summary of the event that it carries
		}
		l.event.SetSource(i)
		var ok bool
		if l.respelled, ok = s.Respell(&l.event, l.respelled[:0]); !ok {
			continue
		}
		if _, err := l.event.Open(l.respelled, 0); err != nil { // cannot happen: it was written here
			continue
		}
		r.deepest = max(r.deepest, 1) // release looks at the buffer
		return i
	}
	return -1
}

// hasMember reports whether a map has a member whose name begins with that name,
// in any case.
func hasMember(document msgpack.Value, name string) bool {
	for pairs := document.Members(); ; {
		key, _, ok := pairs.Next()
		if !ok {
			return false
		}
		if k := key.Bytes(); len(k) >= len(name) && strings.EqualFold(string(k[:len(name)]), name) {
			return true
		}
	}
}

// found visits the map that is open at depth, an event of the i-th source,
// unless it is a copy of one that was visited.
func (r *Reader) found(depth, i int, s Shape) {
	l := r.levels[depth]
	l.event.SetSource(i)
	r.noted++
	if r.copies.active && !r.copies.add(&l.event) {
		return
	}
	l.event.Route = routeOf(l.origin.path, s)
	if l.event.SetOuter(nil, nil); depth > 0 {
		l.event.SetOuter(&r.levels[0].event, &r.outer)
	}
	r.seen.Events++
	r.visit(&l.event)
	if l.event.Truncated() {
		r.seen.Unreadable++
	}
}

func (r *Reader) unreadable() {
	r.seen.Unreadable++
	r.noted++
}

// level returns the level at depth, or nil when that is too deep.
func (r *Reader) level(depth int) *level {
	if depth >= maxLevels {
		r.unreadable()
		return nil
	}
	r.deepest = max(r.deepest, depth)
	return r.levelAt(depth)
}

// levelAt returns the level at depth, which is less than maxLevels.
func (r *Reader) levelAt(depth int) *level {
	if r.levels[depth] == nil {
		l := new(level)
		l.event.Use(r.schema, r.first)
		r.levels[depth] = l
	}
	return r.levels[depth]
}

// value looks into the value at buf[off:], which is at depth and comes from o:
// it enters a map, opens a text, and does so with the elements of an array. What
// has a part in the budget ends with buf. It returns the offset behind the value. The
// error is that of a value that is not whole.
func (r *Reader) value(depth int, buf []byte, off int, o origin) (end int, err error) {
	v, body, err := msgpack.ReadHeader(buf, off)
	if err != nil {
		return off, err
	}
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		if len(v.Bytes()) >= event.MinCarrier {
			others := r.take(body-off, len(buf)-off)
			r.text(depth, v.Bytes(), o)
			r.give(others)
		}
	case msgpack.Map:
		return r.object(depth, buf, off, o, nil)
	case msgpack.Array:
		if isPairs(buf, body, v.Len()) {
			if end, ok := r.pairs(depth, buf, body, v.Len(), o); ok {
				return end, nil
			}
		}
		for range v.Len() {
			switch {
			case !isArray(buf, body):
				body, err = r.value(depth, buf, body, o)
			case depth+1 < maxLevels:
				if end, err = msgpack.Skip(buf, body); err == nil {
					others := r.take(end-body, len(buf)-body)
					body, err = r.value(depth+1, buf[:end], body, o)
					r.give(others)
				}
			default:
				body, err = r.tooDeep(buf, body)
			}
			if err != nil {
				return off, err
			}
		}
	}
	return body, nil
}

// object is value for a map, of which the parts are known or are nil.
func (r *Reader) object(depth int, buf []byte, off int, o origin, parts []jsontext.Part) (end int, err error) {
	if depth+1 >= maxLevels {
		return r.tooDeep(buf, off)
	}
	l := r.level(depth + 1)
	if end, err = l.event.OpenParts(buf, off, parts); err != nil {
		return off, err
	}
	if l.event.Members().Meets(&r.marks) || r.finders.mayCarry(buf[off:end]) {
		l.origin = o
		others := r.take(end-off, len(buf)-off)
		r.enter(depth + 1)
		r.give(others)
	}
	return end, nil
}

// tooDeep skips the value at buf[off:], which is nested too deeply to be looked
// into.
func (r *Reader) tooDeep(buf []byte, off int) (end int, err error) {
	if end, err = msgpack.Skip(buf, off); err == nil && r.finders.mayCarry(buf[off:end]) {
		r.unreadable()
	}
	return end, err
}

func isArray(buf []byte, off int) bool {
	v, _, err := msgpack.ReadHeader(buf, off)
	return err == nil && v.Kind() == msgpack.Array
}
