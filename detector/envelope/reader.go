package envelope

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// maxLevels bounds how deep envelopes may be in each other, counting every
// text and every element of a list: an event of EventBridge in a notification
// in a message of a queue in a line of text has six above it.
const maxLevels = 10

// Reader finds the events in records. It is not for concurrent use; its
// buffers grow to what the records need and are kept, up to a bound.
type Reader struct {
	schema  *event.Schema
	sources []*event.Source
	marks   event.Set // the members without which a record has nothing for us
	hints   []literal.Finder
	names   []string // in text that was to be an event
	visit   func(*event.Event)
	levels  [maxLevels]level
	seen    Seen
	// noted counts what was found: events, what a detector made, and what
	// could not be read.
	noted   int
	deepest int // the deepest level that was used
	effort  int // how many bytes of text may still be decoded
	gunzip  gunzip
}

// level is one envelope, or the event in the innermost of them.
type level struct {
	event    event.Event
	origin   origin
	text     []byte // what JSON text at this level decoded to, as msgpack
	plain    []byte // what base64 at this level decoded to
	inflated []byte // what gzip at this level decompressed to
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
	r := &Reader{schema: s, sources: s.Sources(), marks: s.Marks().Union(wrapping), visit: visit}
	var hints []string
	for _, source := range s.Sources() {
		r.names = append(r.names, source.Names...)
		if source.Hint != "" && !slices.Contains(hints, source.Hint) {
			hints = append(hints, source.Hint)
			r.hints = append(r.hints, literal.NewFinder(source.Hint))
		}
	}
	r.Expect(nil)
	return r
}

// Expect says which fields will be asked for of every event, or nearly: they are
// looked for in the first walk over it. Other fields may be asked for as well,
// and the first of them costs another walk.
func (r *Reader) Expect(fields []*event.Field) {
	first := r.schema.Expect(wrapping.Union(logEventMarks), fields)
	for i := range r.levels {
		r.levels[i].event.Use(r.schema, first)
	}
}

// Read reads the record whose body, a map, begins at chunk[off:], and returns
// the offset behind it. The error is a *msgpack.Error: the body does not end
// within the chunk, and nothing of the record has been visited.
func (r *Reader) Read(chunk []byte, off int) (end int, seen Seen, err error) {
	top := &r.levels[0]
	end, err = top.event.Open(chunk, off)
	if err != nil {
		return off, Seen{}, err
	}
	r.seen = Seen{}
	if top.event.Members().Meets(&r.marks) {
		top.origin = origin{}
		r.noted = 0
		r.effort = maxDecoding * (end - off)
		r.seen.Shape = r.enter(0)
		r.release()
	}
	return end, r.seen, nil
}

// maxKept is the size in bytes up to which buffers are kept for the next record.
const maxKept = 16 << 20

// release gives back the large buffers that one record made grow.
func (r *Reader) release() {
	for ; r.deepest > 0; r.deepest-- {
		l := &r.levels[r.deepest]
		for _, buf := range [...]*[]byte{&l.text, &l.plain, &l.inflated} {
			if cap(*buf) > maxKept {
				*buf = nil
			}
		}
	}
}

// enter looks at the map that is open at depth, visits it or what it carries,
// and returns its shape. A source that recognizes an event by its own form goes
// before one of documents that were mapped to ECS.
func (r *Reader) enter(depth int) Shape {
	e := &r.levels[depth].event
	has := e.Members()
	raw, mapped, incomplete := -1, -1, false
	for i, s := range r.sources {
		if !has.Meets(&s.Marks) {
			continue
		}
		e.SetSource(i)
		switch s.Recognize(e) {
		case event.Ours:
			r.noted++
			return Alert
		case event.Incomplete:
			incomplete = true
		case event.Recognized:
			if s.Open {
				mapped = i
			} else if raw < 0 {
				raw = i
			}
		}
	}
	switch {
	case raw >= 0:
		r.found(depth, raw, Raw)
		return Raw
	case mapped >= 0:
		r.found(depth, mapped, ECS)
		return ECS
	}
	if has.Meets(&wrapping) {
		if s := r.unwrap(depth); s != Other {
			return s
		}
	}
	if incomplete {
		r.unreadable()
	}
	return Other
}

// found visits the map that is open at depth, an event of the i-th source.
func (r *Reader) found(depth, i int, s Shape) {
	l := &r.levels[depth]
	l.event.SetSource(i)
	l.event.Route = routeOf(l.origin.path, s)
	r.seen.Events++
	r.noted++
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
	return &r.levels[depth]
}

// value looks into the value at buf[off:], which is at depth and comes from o:
// it enters a map, opens a text, and does so with the elements of an array. It
// returns the offset behind the value. The error is that of a value that is not
// whole.
func (r *Reader) value(depth int, buf []byte, off int, o origin) (end int, err error) {
	v, body, err := msgpack.ReadHeader(buf, off)
	if err != nil {
		return off, err
	}
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		r.text(depth, v.Bytes(), o)
	case msgpack.Map:
		l := r.level(depth + 1)
		if l == nil {
			return msgpack.Skip(buf, off)
		}
		if end, err = l.event.Open(buf, off); err != nil {
			return off, err
		}
		l.origin = o
		r.enter(depth + 1)
		return end, nil
	case msgpack.Array:
		for range v.Len() {
			if isArray(buf, body) { // no shape has lists in lists
				body, err = msgpack.Skip(buf, body)
			} else {
				body, err = r.value(depth, buf, body, o)
			}
			if err != nil {
				return off, err
			}
		}
	}
	return body, nil
}

func isArray(buf []byte, off int) bool {
	v, _, err := msgpack.ReadHeader(buf, off)
	return err == nil && v.Kind() == msgpack.Array
}
