// Package cloudtrail is the source of AWS CloudTrail's events: how they are
// recognized, the ECS view that Elastic's aws.cloudtrail ingest pipeline gives
// them, and what alerts say about them.
//
// Members of an event that are empty (null, "", "-", "none", and objects and
// arrays of nothing else) do not exist, at any depth. Digest files and Insight
// records are not events.
package cloudtrail

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// dataset is event.dataset of CloudTrail's events.
const dataset = "aws.cloudtrail"

// Members that are looked at by themselves.
var (
	eventName    = event.MemberNamed("eventName")
	eventSource  = event.MemberNamed("eventSource")
	eventVersion = event.MemberNamed("eventVersion")
	errorCode    = event.MemberNamed("errorCode")
	errorMessage = event.MemberNamed("errorMessage")
	resources    = event.MemberNamed("resources")
	userIdentity = event.MemberNamed("userIdentity")

	additionalEventData = event.MemberNamed("additionalEventData")

	// marks are the members that tell an event.
	marks = event.SetOf(eventName, eventSource)
	// others are those that tell digest files and Insight records.
	others = event.SetNamed("insightDetails", "logFiles")
)

// ownNames are the members that AWS documents for an event.
var ownNames = []string{
	"addendum", "additionalEventData", "apiVersion", "awsRegion", "edgeDeviceDetails", "errorCode", "errorMessage",
	"eventCategory", "eventContext", "eventID", "eventName", "eventSource", "eventTime", "eventType", "eventVersion",
	"insightDetails", "logFiles", "managementEvent", "readOnly", "recipientAccountId", "requestID", "requestParameters", "resources",
	"responseElements", "serviceEventDetails", "sessionCredentialFromConsole", "sharedEventID", "sharedEventId", "sourceIPAddress",
	"tlsDetails", "userAgent", "userIdentity", "vpcEndpointId", "vpcEndpointAccountId",
}

// own are these members.
var own = event.SetNamed(ownNames...)

// Source is the source.
var Source = &event.Source{
	Name:             "CloudTrail",
	Dataset:          dataset,
	Module:           "aws",
	Indices:          []string{"logs-aws.cloudtrail-*", "filebeat-*"},
	Cloud:            "AWS",
	Marks:            marks.Union(event.SetOf(eventVersion)).Union(others),
	Recognize:        recognize,
	Own:              own,
	Expected:         userIdentity,
	Flattened:        event.SetNamed(append(flattened, "eventName", "eventSource")...),
	Respell:          respell,
	Hint:             "event",
	Names:            []string{"eventName", "eventSource", "eventVersion"},
	Fields:           fields,
	Rest:             map[string]string{"aws.cloudtrail.resources": "resources"},
	Objects:          map[string]func(*event.Event, []byte) ([]byte, bool){"aws.cloudtrail.resources": appendResources},
	CallerControlled: callerControlled,
	CallerCanMatch:   callerCanMatch,
	Elsewhere:        elsewhere,
	Raw:              raw,
	Identity:         identity,
	IDScope:          identity[:1],
	Object:           objects,
	Failure:          []string{"aws.cloudtrail.error_code", "aws.cloudtrail.error_message"},
	Asks:             asks[:],
	Describe:         describe,
	Activity:         activity,
	Caller:           callerFrom,
	Attributes:       attributes[:],
	AlertFields:      []string{keyType, keyFingerprint, keyExpires, keyConsole},
}

// identity names what tells an event from all others. Who may write a record into
// an input and knows the ID of an event does not make that event a duplicate: two
// records that differ in one of these are two events.
var identity = [][]string{
	{"aws.cloudtrail.recipient_account_id"}, {"event.provider"}, {"event.action"}, {"@timestamp"},
	{"aws.cloudtrail.user_identity.arn", "user.id"}, {"source.address"}, {"aws.cloudtrail.request_parameters"}, {"event.id"},
}

// recognize takes a map with the name or the source of an event for one, whatever
// else it has. Digest files and Insight records have neither.
func recognize(e *event.Event) event.Verdict {
	has := e.Members()
	switch {
	case has.Has(eventSource) && isNotice(e):
		return event.Foreign
	case has.Meets(&marks):
		return event.Recognized
	case has.Meets(&others):
		return event.Foreign
	}
	return event.Incomplete
}

// isNotice tells what other services of AWS say about their own events (a
// batch of SQS, a notification of S3) from CloudTrail's events: the names of
// these services are not host names. The event has a source.
func isNotice(e *event.Event) bool {
	if !isNoticeSource(e.FirstText(eventSource)) {
		return false
	}
	if !e.Repeats() {
		return true
	}
	for o := e.Occurrences(eventSource); o.Next(); {
		buf, at := o.At()
		if !isNoticeSource(msgpack.ReadText(buf, at)) {
			return false
		}
	}
	return true
}

func isNoticeSource(source []byte) bool {
	return len(source) >= len("aws:") && string(source[:len("aws:")]) == "aws:"
}
