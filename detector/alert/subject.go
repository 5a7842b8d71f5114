package alert

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/limit"
)

var fieldIssuerARN = event.FieldNamed("aws.cloudtrail.user_identity.session_context.session_issuer.arn")

// Subject returns what suppression and summaries have to know of an event.
// Nothing in it aliases the event.
func Subject(e *event.Event) limit.Subject {
	s := newSubject(e, nil)
	return limit.Subject{
		At:        s.at,
		Instance:  string(oneLine(s.instance)),
		Key:       s.key.Fingerprint,
		OSUser:    string(oneLine(s.osUser)),
		Source:    string(oneLine(e.First(fieldAddress).Bytes())),
		User:      string(oneLine(s.actor)),
		Principal: Principal(e),
	}
}

// Principal returns the identity behind an event in a form that its bearer
// cannot choose: the ARN of the role for a session, whose name is free, else the
// user's ARN, else what there is. It is empty when the event tells nothing.
func Principal(e *event.Event) string {
	if b := e.First(fieldIssuerARN).Bytes(); len(b) > 0 {
		return string(b)
	}
	b := e.First(fieldARN.Field).Bytes()
	switch {
	case len(b) == 0:
		b = actor(e, nil)
	case bytes.Contains(b, []byte(":assumed-role/")):
		b = b[:bytes.LastIndexByte(b, '/')]
	}
	return string(cut(b, maxReasonPart))
}
