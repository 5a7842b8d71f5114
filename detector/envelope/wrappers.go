package envelope

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// shapes are the shapes that known members make of the record that they are in.
// Events are found below every other member as well.
var shapes = func() (s [256]Shape) {
	for shape, names := range map[Shape][]string{
		Records:     {"Records"},
		EventBridge: {"detail"},
		CloudWatch:  {"logEvents"},
		Firehose:    {"records", "kinesis", "awslogs"},
		Lookup:      {"Events", "CloudTrailEvent", "cloudTrailEvent"},
		SQS:         {"Messages", "Body", "body"},
		SNS:         {"Message", "Sns"},
		Text:        {"log", "message", "payload", "exec", "event.original", "event"},
	} {
		for _, name := range names {
			s[event.MemberNamed(name)] = shape
		}
	}
	return s
}()

// envelopes are the members that have a shape.
var envelopes = func() (s event.Set) {
	for m, shape := range shapes {
		if shape != Other {
			s = s.Union(event.SetOf(event.Member(m)))
		}
	}
	return s
}()

var (
	records = event.MemberNamed("Records")
	data    = event.MemberNamed("data")
	message = event.MemberNamed("message")

	// lookupEvent are the members of an element of an answer of LookupEvents
	// in which the event is, whole.
	lookupEvent = event.SetNamed("cloudTrailEvent", "CloudTrailEvent")

	// logEventMarks tell a log event of CloudWatch, whose message is not a
	// line of a shipper.
	logEventMarks = event.SetNamed("logGroup", "messageType")
	// noMembers is the set of members of a map that is not an event.
	noMembers event.Set
)

// shapeOf returns the shape that a member makes of the map at depth.
func (r *Reader) shapeOf(depth int, m event.Member, v msgpack.Value) Shape {
	l := r.levels[depth]
	s := shapes[m]
	switch {
	case m == message && (l.origin.part && l.origin.via == CloudWatch || l.event.Members().Meets(&logEventMarks)):
		return CloudWatch
	case m == data && l.origin.part && l.origin.via == Firehose:
		return Firehose
	case s != Other:
		return s
	case v.IsText():
		return Text
	}
	return Nested
}

// unwrap looks for events in the members of the map that is open at depth, but
// for those in own, and returns the shape that the map has by what was found in
// them, Other for nothing. Copies of one event count once.
func (r *Reader) unwrap(depth int, own *event.Set, isEvent bool) Shape {
	l := r.levels[depth]
	shape := Other
	var buf []byte
	l.carriers, buf = l.event.Carriers(l.carriers[:0], own, isEvent)
	if r.budget.effort -= len(buf); r.budget.effort < 0 {
		r.unreadable()
		return Other
	}
	if len(l.carriers) != 1 || shapes[l.carriers[0].Member] == Other {
		l.carriers = slices.DeleteFunc(l.carriers, func(c event.Carrier) bool { return !r.finders.mayCarry(buf[c.Offset:c.End]) })
	}
	rest := 0
	for _, c := range l.carriers {
		rest += c.End - c.Offset
	}
	r.copies.active = r.copies.active || len(l.carriers) > 1
	for _, c := range l.carriers {
		v, _, err := msgpack.ReadHeader(buf, c.Offset)
		if err != nil { // cannot happen: Open has read all of it
			return shape
		}
		s := r.shapeOf(depth, c.Member, v)
		inner := origin{path: l.origin.path, via: s, part: true}
		if !l.origin.part || l.origin.via != s {
			inner.path = inner.path.add(s)
		}
		before := r.noted + r.known
		others := r.take(c.End-c.Offset, rest)
		_, _ = r.value(depth, buf[:c.End], c.Offset, inner) // it is whole: Open has read it
		r.give(others)
		rest -= c.End - c.Offset
		if shape == Other && r.noted+r.known > before {
			shape = s
		}
	}
	return shape
}
