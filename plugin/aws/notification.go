package aws

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// Object is an object in S3.
type Object struct {
	Bucket, Key string
	// OtherKey is what Key may be instead, if that object does not exist: it is not said
	// whether the key is encoded. It may be empty.
	OtherKey  string
	VersionID string // empty: the current version
	Region    string // empty: unknown
	Size      int64  // -1: unknown
}

// Notification is what a message announces.
type Notification struct {
	Objects []Object
	// Events is JSON with events themselves, or nil.
	Events []byte
	// Other says what the message is if it announces nothing that can be read: a test, or
	// the deletion of an object.
	Other string
}

// errUnknown means that a message is none that we know.
var errUnknown = errors.New("the message is neither a notification of S3, CloudTrail, SNS or EventBridge nor an event")

// maxEnvelopes is how many envelopes of SNS a message may have.
const maxEnvelopes = 3

// validation is what CloudTrail sends when a topic is set.
const validation = "CloudTrail validation message."

// envelope has the members of all messages that we know.
type envelope struct {
	// S3
	Records []json.RawMessage
	Service string
	Event   string
	// SNS
	Type    string
	Message *string
	// EventBridge
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Region     string          `json:"region"`
	Detail     json.RawMessage `json:"detail"`
	// CloudTrail
	Bucket string   `json:"s3Bucket"`
	Keys   []string `json:"s3ObjectKey"`
	// an event
	EventName   string `json:"eventName"`
	EventSource string `json:"eventSource"`
}

// Parse parses the body of a message: a notification of S3, directly, by SNS, with or
// without its envelope, or by EventBridge; CloudTrail's own notification; or events of
// CloudTrail themselves.
func Parse(body []byte) (Notification, error) {
	for range maxEnvelopes {
		text := strings.TrimSpace(string(body))
		if text == validation {
			return Notification{Other: validation}, nil
		}
		var e envelope
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return Notification{}, errUnknown
		}
		if e.Type == "Notification" && e.Message != nil {
			body = []byte(*e.Message)
			continue
		}
		return e.parse([]byte(text))
	}
	return Notification{}, errUnknown
}

func (e *envelope) parse(body []byte) (n Notification, err error) {
	switch {
	case e.Event == "s3:TestEvent":
		n.Other = e.Event
	case e.Bucket != "" && len(e.Keys) > 0:
		for _, key := range e.Keys {
			n.Objects = append(n.Objects, Object{Bucket: e.Bucket, Key: key, OtherKey: decoded(key), Size: -1})
		}
	case len(e.Records) > 0:
		return parseRecords(e.Records, body)
	case e.Source == "aws.s3":
		return e.parseEventBridge()
	case e.DetailType != "" && len(e.Detail) > 0, e.EventName != "" && e.EventSource != "":
		n.Events = body
	default:
		err = errUnknown
	}
	return n, err
}

// record is a record of a notification of S3.
type record struct {
	EventVersion string `json:"eventVersion"`
	EventSource  string `json:"eventSource"`
	Region       string `json:"awsRegion"`
	EventName    string `json:"eventName"`
	S3           *struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"`
			Size      *int64 `json:"size"`
			VersionID string `json:"versionId"`
		} `json:"object"`
	} `json:"s3"`
}

// parseRecords parses the records of a notification of S3. If they are events of
// CloudTrail, the body has them.
func parseRecords(records []json.RawMessage, body []byte) (n Notification, err error) {
	for _, raw := range records {
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			return n, errUnknown
		}
		switch {
		case r.S3 == nil && r.EventName != "" && r.EventSource != "":
			return Notification{Events: body}, nil
		case r.S3 == nil || r.S3.Bucket.Name == "" || r.S3.Object.Key == "":
			return n, errUnknown
		case !strings.HasPrefix(strings.TrimPrefix(r.EventName, "s3:"), "ObjectCreated:"):
			n.Other = r.EventName
			continue
		case r.EventVersion != "" && !strings.HasPrefix(r.EventVersion, "2."):
			return n, errors.New("the notification has version " + r.EventVersion + ", and only 2 is known")
		}
		o := Object{Bucket: r.S3.Bucket.Name, Key: r.S3.Object.Key, VersionID: r.S3.Object.VersionID, Region: r.Region, Size: -1}
		if key := decoded(o.Key); key != "" {
			o.Key = key
		}
		if r.S3.Object.Size != nil {
			o.Size = *r.S3.Object.Size
		}
		n.Objects = append(n.Objects, o)
	}
	return n, nil
}

func (e *envelope) parseEventBridge() (n Notification, err error) {
	if e.DetailType != "Object Created" {
		return Notification{Other: e.DetailType}, nil
	}
	var d struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"`
			Size      *int64 `json:"size"`
			VersionID string `json:"version-id"`
		} `json:"object"`
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil || d.Bucket.Name == "" || d.Object.Key == "" {
		return n, errUnknown
	}
	o := Object{Bucket: d.Bucket.Name, Key: d.Object.Key, OtherKey: decoded(d.Object.Key), VersionID: d.Object.VersionID, Region: e.Region, Size: -1}
	if d.Object.Size != nil {
		o.Size = *d.Object.Size
	}
	n.Objects = []Object{o}
	return n, nil
}

// decoded returns a key that is encoded as in a form, in which a plus is a space, or ""
// if it does not differ or is not encoded so.
func decoded(key string) string {
	plain, err := url.QueryUnescape(key)
	if err != nil || plain == key {
		return ""
	}
	return plain
}

// logService matches keys of logs of AWS and finds the service:
// [prefix/]AWSLogs/[o-id/]ACCOUNT/SERVICE/…
var logService = regexp.MustCompile(`(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?[0-9]{12}/([^/]+)/`)

// isTrail reports whether an object may have events of CloudTrail, by its key: it is not
// of another service, no digest, and no insights unless these are wanted.
func isTrail(key string, insights bool) bool {
	m := logService.FindStringSubmatch(key)
	switch {
	case strings.HasSuffix(key, "/"):
		return false
	case m == nil:
		return true
	case m[1] == "CloudTrail-Insight":
		return insights
	}
	return m[1] == "CloudTrail"
}
