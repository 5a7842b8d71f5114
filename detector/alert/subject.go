package alert

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

var fieldIssuerARN = event.FieldNamed("aws.cloudtrail.user_identity.session_context.session_issuer.arn")

// Subject returns what suppression, caps and summaries have to know of an event.
// Nothing in it aliases the event.
func Subject(e *event.Event) *hold.Subject {
	s := newSubject(e, nil)
	return &hold.Subject{Time: s.at, Principal: Principal(e), Attributes: []hold.Attribute{
		{Name: "instances", Value: string(oneLine(s.instance)), Novel: true, Summarized: true},
		{Name: "keys", Value: s.key.Fingerprint, Novel: true, Summarized: true},
		{Name: "os_users", Value: string(oneLine(s.osUser)), Novel: true},
		{Name: "addresses", Value: string(oneLine(e.First(fieldAddress).Bytes())), Novel: true},
		{Name: "users", Value: string(oneLine(s.actor)), Summarized: true},
	}}
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
