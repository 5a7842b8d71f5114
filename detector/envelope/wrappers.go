package envelope

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Members that carry events or further envelopes.
var (
	records         = event.MemberNamed("Records")
	detail          = event.MemberNamed("detail")
	logEvents       = event.MemberNamed("logEvents")
	firehoseRecords = event.MemberNamed("records")
	lookupEvents    = event.MemberNamed("Events")
	cloudTrailEvent = event.MemberNamed("CloudTrailEvent")
	messages        = event.MemberNamed("Messages")
	notification    = event.MemberNamed("Message")
	lambdaSNS       = event.MemberNamed("Sns")
	bodyUpper       = event.MemberNamed("Body")
	body            = event.MemberNamed("body")
	kinesis         = event.MemberNamed("kinesis")
	awslogs         = event.MemberNamed("awslogs")
	data            = event.MemberNamed("data")
	log             = event.MemberNamed("log")
	message         = event.MemberNamed("message")
	payload         = event.MemberNamed("payload")
	exec            = event.MemberNamed("exec")
	dottedOriginal  = event.MemberNamed("event.original")
	eventSet        = event.MemberNamed("event")
)

// Members by which a log event of CloudWatch is told.
var logEventMarks = event.SetNamed("logGroup", "messageType")

// wrapper is a member that carries events or further envelopes, and the shape
// that it makes of the record that it is in.
type wrapper struct {
	member event.Member
	shape  Shape
	list   bool // it holds a list
}

// wrappers are tried in this order. A record may have several of them, and once
// one has given an event the others are left alone: they are copies of it.
var wrappers = []wrapper{
	{records, Records, true},
	{detail, EventBridge, false},
	{logEvents, CloudWatch, true},
	{firehoseRecords, Firehose, true},
	{lookupEvents, Lookup, true},
	{cloudTrailEvent, Lookup, false},
	{messages, SQS, true},
	{notification, SNS, false},
	{lambdaSNS, SNS, false},
	{bodyUpper, SQS, false},
	{body, SQS, false},
	{kinesis, Firehose, false},
	{awslogs, Firehose, false},
	{data, Firehose, false},
	{log, Text, false},
	{message, Text, false},
	{payload, Text, false},
	{exec, Text, false},
	{dottedOriginal, Text, false},
	{eventSet, Text, false},
}

// wrapping has the members of the wrappers.
var wrapping = func() (s event.Set) {
	for _, w := range wrappers {
		s = s.Union(event.SetOf(w.member))
	}
	return s
}()

// unwrap opens the wrappers of the map that is open at depth and returns the
// shape that it has by what was found in them, Other for nothing.
func (r *Reader) unwrap(depth int) Shape {
	l := &r.levels[depth]
	has := l.event.Members()
	events := r.seen.Events
	shape := Other
	for i := range wrappers {
		w := &wrappers[i]
		if !has.Has(w.member) {
			continue
		}
		s := w.shape
		// The message of a log event of CloudWatch is no line of a shipper.
		if w.member == message && (l.origin.part && l.origin.via == CloudWatch || has.Meets(&logEventMarks)) {
			s = CloudWatch
		}
		before := r.noted
		certain := r.openWrapper(depth, w.member, s)
		switch {
		case r.seen.Events > events:
			return s
		case shape == Other && (certain || r.noted > before):
			shape = s
		}
	}
	return shape
}

// openWrapper opens each occurrence of one wrapper. It reports whether there is
// no doubt about the shape even if nothing was found: a list of Records is an S3
// object also when it is empty.
func (r *Reader) openWrapper(depth int, m event.Member, s Shape) (certain bool) {
	l := &r.levels[depth]
	inner := origin{path: l.origin.path, via: s, part: true}
	if !l.origin.part || l.origin.via != s {
		inner.path = inner.path.add(s)
	}
	for o := l.event.Occurrences(m); o.Next(); {
		buf, at := o.At()
		switch m {
		case records:
			certain = certain || isArray(buf, at)
		case eventSet:
			r.originals(depth, o.Value(), inner)
			continue
		case data:
			if l.origin.part && l.origin.via == Firehose {
				r.packed(depth, o.Value().Bytes(), inner)
			}
			continue
		}
		_, _ = r.value(depth, buf, at, inner) // it is whole: the walk over the envelope has shown it
	}
	return certain
}

// originals opens event.original where the field set "event" is nested.
func (r *Reader) originals(depth int, set msgpack.Value, inner origin) {
	for pairs := set.Members(); ; {
		key, v, ok := pairs.Next()
		if !ok {
			return
		}
		if v.IsText() && string(key.Bytes()) == "original" {
			r.text(depth, v.Bytes(), inner)
		}
	}
}
