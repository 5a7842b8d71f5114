package event

import "github.com/fluent-detect/fluent-detect/detector/msgpack"

// carriers are the members that carry events or further envelopes. A record
// may have several of them. They are tried in the order in which [member] has
// them, and once one has given an event the others are left alone: they are
// copies of it.
var carriers = setOf(recordsMember, detail, logEvents, firehoseRecords, lookupEvents, cloudTrailEvent, messages,
	notification, lambdaSNS, bodyUpper, body, kinesis, awslogs, data, log, message, payload, exec, dottedOriginal, event)

// carried has the shape that a carrier makes of what it is in.
var carried = [members]Shape{
	recordsMember:   Records,
	detail:          EventBridge,
	logEvents:       CloudWatch,
	firehoseRecords: Firehose,
	lookupEvents:    Lookup,
	cloudTrailEvent: Lookup,
	messages:        SQS,
	notification:    SNS,
	lambdaSNS:       SNS,
	bodyUpper:       SQS,
	body:            SQS,
	kinesis:         Firehose,
	awslogs:         Firehose,
	data:            Firehose,
	log:             Text,
	message:         Text,
	payload:         Text,
	exec:            Text,
	dottedOriginal:  Text,
	event:           Text,
}

// open opens the carriers of the map that is open at depth and returns the
// shape that it has by what was found in them, Other for nothing.
func (r *Reader) open(depth int) Shape {
	e := &r.levels[depth].event
	events := r.seen.Events
	shape := Other
	for left := e.has & carriers; left != 0; left &= left - 1 {
		m := left.first()
		s := e.carriedBy(m)
		before := r.noted
		whole := r.carrier(depth, m, s)
		switch {
		case r.seen.Events > events:
			return s
		case shape == Other && (whole || r.noted > before):
			shape = s
		}
	}
	return shape
}

// carriedBy returns the shape of a carrier where it is. The message of a log
// event of CloudWatch is no line of a shipper.
func (e *Event) carriedBy(m member) Shape {
	if m == message && (e.origin.part && e.origin.via == CloudWatch || e.has&setOf(logGroup, messageType) != 0) {
		return CloudWatch
	}
	return carried[m]
}

// carrier opens each occurrence of one carrier. It reports whether there is no
// doubt about the shape even if nothing was found: a list of Records is an S3
// object also when it is empty.
func (r *Reader) carrier(depth int, m member, s Shape) (certain bool) {
	e := &r.levels[depth].event
	inner := origin{path: e.origin.path, via: s, part: true}
	if !e.origin.part || e.origin.via != s {
		inner.path = inner.path.add(s)
	}
	for o := e.occurrences(m); o.next(); {
		at := int(o.offset)
		switch m {
		case recordsMember:
			certain = certain || isArray(e.buf, at)
		case event:
			r.originals(depth, o.value(), inner)
			continue
		case data:
			if e.origin.part && e.origin.via == Firehose {
				r.packed(depth, o.value().Bytes(), inner)
			}
			continue
		}
		_, _ = r.value(depth, e.buf, at, inner) // it is whole: the walk over the envelope has shown it
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
