package event

import (
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// maxLevels bounds how deep envelopes may lie in each other, counting every
// text and every element of a list: an event of EventBridge in a notification
// in a message of a queue in a line of text has six above it.
const maxLevels = 10

// Reader finds the events in records. It is not for concurrent use; its
// buffers grow to what the records need and are kept, up to a bound.
type Reader struct {
	visit  func(*Event)
	levels [maxLevels]level
	seen   Seen
	// noted counts what was found: events, what a detector made, and what
	// could not be read.
	noted   int
	deepest int // the deepest level that was used
	budget  int // how many bytes may still be decompressed for this record
	effort  int // how many bytes of text may still be decoded
	gunzip  gunzip
}

// level is one envelope, or the event in the innermost of them.
type level struct {
	event    Event
	text     []byte // what JSON text at this level decoded to, as msgpack
	plain    []byte // what base64 at this level decoded to
	inflated []byte // what gzip at this level decompressed to
}

// Seen says what one record was.
type Seen struct {
	Shape  Shape // of the outermost
	Events int   // how many events were visited
	// Unreadable counts what looks like CloudTrail but could not be read:
	// text that is cut short or broken, an event without its name and source,
	// compressed data that is damaged or too large, envelopes or events that
	// are nested too deeply. What could be read beside it was visited.
	Unreadable int
}

// NewReader returns a Reader that hands every event to visit. The Event is
// valid until visit returns.
func NewReader(visit func(*Event)) *Reader {
	r := &Reader{visit: visit}
	r.expect(earlyMembers)
	return r
}

func (r *Reader) expect(s *sought) {
	for i := range r.levels {
		r.levels[i].event.first = s
	}
}

// Expect says which fields will be asked for of every event, or nearly: they are
// looked for in the first walk over it. Other fields may be asked for as well,
// and the first of them costs another walk.
func (r *Reader) Expect(fields []*Field) {
	set := early
	for _, f := range fields {
		if f.member != none {
			set |= setOf(f.member)
		}
		set |= derivedFrom[f.Name]
	}
	r.expect(newSought(set))
}

// derivedFrom has the members that fields without one of their own follow from.
var derivedFrom = map[string]memberSet{
	"event.outcome":    setOf(errorCode, errorMessage),
	"cloud.account.id": setOf(userIdentity, recipientAccountID),
}

// Read reads the record whose body, a map, begins at chunk[off:], and returns
// the offset behind it. The error is a *msgpack.Error: the body does not end
// within the chunk, and nothing of the record has been visited.
func (r *Reader) Read(chunk []byte, off int) (end int, seen Seen, err error) {
	top := &r.levels[0].event
	end, err = top.open(chunk, off)
	if err != nil {
		return off, Seen{}, err
	}
	r.seen = Seen{}
	if top.has&telling != 0 {
		top.origin = origin{}
		r.noted = 0
		r.budget = inflateAtLeast + inflateRatio*(end-off)
		r.effort = effortRatio * (end - off)
		r.seen.Shape = r.enter(0)
		r.release()
	}
	return end, r.seen, nil
}

// keep is the size in bytes up to which buffers are kept for the next record.
const keep = 16 << 20

// release gives back the large buffers that one record made grow.
func (r *Reader) release() {
	for ; r.deepest > 0; r.deepest-- {
		l := &r.levels[r.deepest]
		for _, buf := range [...]*[]byte{&l.text, &l.plain, &l.inflated} {
			if cap(*buf) > keep {
				*buf = nil
			}
		}
	}
}

var (
	// eventMarks tell an event in CloudTrail's own form.
	eventMarks = setOf(eventName, eventSource)
	// strangers tell digest files and Insight records, which name events but
	// are none.
	strangers = setOf(insightDetails, logFiles)
	// telling are all members without which a record is nothing to us.
	telling = eventMarks | eventSetMembers | carriers | setOf(eventVersion)
)

// enter looks at the map that is open at depth, visits it or what it carries,
// and returns its shape.
func (r *Reader) enter(depth int) Shape {
	e := &r.levels[depth].event
	e.readEventSet()
	if e.set.ours {
		r.noted++
		return Alert
	}
	own := e.has&strangers == 0 && !e.isNotice()
	if own && e.has&eventMarks != 0 {
		r.found(e, Raw)
		return Raw
	}
	if e.set.mapped() {
		r.found(e, ECS)
		return ECS
	}
	if e.has&carriers != 0 {
		if s := r.open(depth); s != Other {
			return s
		}
	}
	if own && e.has.has(eventVersion) {
		r.unreadable()
	}
	return Other
}

// isNotice tells what other services of AWS say about their own events (a
// batch of SQS, a notification of S3) from CloudTrail's events: the names of
// these services are not host names.
func (e *Event) isNotice() bool {
	if !e.has.has(eventSource) {
		return false
	}
	if !e.isNoticeSource(e.offsets[eventSource]) {
		return false
	}
	for _, o := range e.again {
		if o.member == eventSource && !e.isNoticeSource(o.offset) {
			return false
		}
	}
	return true
}

func (e *Event) isNoticeSource(offset uint32) bool {
	source, _, _ := msgpack.ReadKey(e.buf, int(offset)) // nil for what is no text
	return len(source) >= len("aws:") && string(source[:len("aws:")]) == "aws:"
}

func (r *Reader) found(e *Event, s Shape) {
	e.shape = s
	r.seen.Events++
	r.noted++
	r.visit(e)
	if e.scratch.cut {
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
		if end, err = l.event.open(buf, off); err != nil {
			return off, err
		}
		l.event.origin = o
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
