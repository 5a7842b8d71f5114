package cloudtrail

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// maxLevels bounds how deep envelopes may lie in each other: a line of text
// that holds a notification that holds a file of records has three below it.
const maxLevels = 6

// Reader finds the events in records. It is not for concurrent use; its
// buffers grow to the largest text that it met and are kept.
type Reader struct {
	visit  func(*Event)
	levels [maxLevels]level
	seen   Seen
}

// level is one envelope, or the event in the innermost of them.
type level struct {
	event Event
	text  []byte // what JSON text at this level decoded to, as msgpack
}

// Seen says what one record was.
type Seen struct {
	Shape  Shape // of the outermost
	Events int   // how many events were visited
	// Unreadable: it looks like CloudTrail, but no event could be read out of
	// it: text that is cut short or broken, or an event without its name and
	// source.
	Unreadable bool
}

// NewReader returns a Reader that hands every event to visit. The Event is
// valid until visit returns.
func NewReader(visit func(*Event)) *Reader { return &Reader{visit: visit} }

// Read reads the record whose body, a map, begins at chunk[off:], and returns
// the offset behind it. The error is a *record.Error: the map does not end
// within the chunk, and nothing of the record has been visited.
func (r *Reader) Read(chunk []byte, off int) (end int, seen Seen, err error) {
	top := &r.levels[0].event
	end, err = top.open(chunk, off)
	if err != nil {
		return off, Seen{}, err
	}
	r.seen = Seen{}
	top.path = path{}
	r.seen.Shape = r.enter(0)
	return end, r.seen, nil
}

// enter looks at the event that is open at depth, visits it or what it
// carries, and returns its shape.
func (r *Reader) enter(depth int) Shape {
	e := &r.levels[depth].event
	if e.madeByDetector() {
		return Alert
	}
	switch {
	case e.has(eventSource) || e.has(eventName):
		r.found(e, Raw)
		return Raw
	case e.isECS():
		r.found(e, ECS)
		return ECS
	case e.has(recordsMember):
		r.each(depth, recordsMember, Records)
		return Records
	case e.has(detail):
		r.each(depth, detail, EventBridge)
		return EventBridge
	}
	if r.texts(depth) {
		return Text
	}
	if e.has(eventVersion) && !e.has(insightDetails) {
		r.seen.Unreadable = true
	}
	return Other
}

func (r *Reader) found(e *Event, s Shape) {
	e.shape = s
	r.seen.Events++
	r.visit(e)
}

// each enters every map that the member holds, alone or in an array, as often
// as the member occurs.
func (r *Reader) each(depth int, m member, s Shape) {
	e := &r.levels[depth].event
	for i := range e.count(m) {
		v := e.nth(m, i)
		if v.Kind() != record.Array {
			r.inner(depth, v, s)
			continue
		}
		elements := v.Elements()
		for {
			v, ok := elements.Next()
			if !ok {
				break
			}
			r.inner(depth, v, s)
		}
	}
}

// inner enters the value v, which the envelope at depth carries.
func (r *Reader) inner(depth int, v record.Value, s Shape) {
	if v.Kind() != record.Map {
		return
	}
	if depth+1 >= maxLevels {
		r.seen.Unreadable = true
		return
	}
	e := &r.levels[depth+1].event
	e.openMap(v)
	e.path = r.levels[depth].event.path.add(s)
	r.enter(depth + 1)
}

// textMembers are where shippers leave a line that they did not parse, in the
// order in which they are tried. Once one of them has given an event the
// others are left alone: they are copies.
var textMembers = [...]member{log, message, dottedOriginal, event}

// texts looks for events in unparsed text and says whether there was any JSON
// text at all.
func (r *Reader) texts(depth int) bool {
	e := &r.levels[depth].event
	before := r.seen.Events
	isText := false
	for _, m := range textMembers {
		for i := range e.count(m) {
			v := e.nth(m, i)
			if m == event {
				v = first(v, "original")
			}
			if r.text(depth, v) {
				isText = true
			}
		}
		if r.seen.Events > before {
			break
		}
	}
	return isText
}

// text decodes the JSON objects in v, one after the other, and enters each. It
// says whether v looked like JSON. Nothing is ruled out by searching the text
// as it is: \u0053endSSHPublicKey is as good a name as any once it is decoded.
func (r *Reader) text(depth int, v record.Value) bool {
	text := bytes.TrimLeft(v.Bytes(), " \t\r\n")
	if !v.IsText() || len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return false
	}
	if depth+1 >= maxLevels {
		r.seen.Unreadable = true
		return true
	}
	next := &r.levels[depth+1]
	for len(text) > 0 {
		var n int
		var err error
		next.text, n, err = jsontext.Append(next.text[:0], text)
		if err != nil {
			if hasEventKey(text) {
				r.seen.Unreadable = true
			}
			return true
		}
		text = bytes.TrimLeft(text[n:], " \t\r\n,")
		decoded, _, err := record.Read(next.text, 0)
		if err != nil {
			r.seen.Unreadable = true
			return true
		}
		r.elements(depth, decoded)
	}
	return true
}

// elements enters a decoded text: an object, or an array of objects.
func (r *Reader) elements(depth int, v record.Value) {
	if v.Kind() != record.Array {
		r.inner(depth, v, Text)
		return
	}
	elements := v.Elements()
	for {
		v, ok := elements.Next()
		if !ok {
			return
		}
		r.inner(depth, v, Text)
	}
}

// hasEventKey tells text that was to be an event from other text that begins
// with a brace. It only decides what is counted.
func hasEventKey(text []byte) bool {
	return bytes.Contains(text, []byte("eventName")) || bytes.Contains(text, []byte("eventSource")) ||
		bytes.Contains(text, []byte("eventVersion"))
}
