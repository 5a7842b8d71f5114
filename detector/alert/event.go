package alert

import (
	"bytes"
	"strconv"
	"time"
	"unsafe"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Fields of the event that the alert reads by name.
var (
	fieldTimestamp = event.FieldNamed("@timestamp")
	fieldUserName  = shared("user.name")
	fieldUserID    = shared("user.id")
	fieldAddress   = event.FieldNamed("source.address")
	fieldIdentity  = shared("aws.cloudtrail.user_identity.type")
	fieldARN       = shared("aws.cloudtrail.user_identity.arn")
	fieldInvokedBy = shared("aws.cloudtrail.user_identity.invoked_by")

	// EC2's parameters: of the call for one instance, and for several.
	fieldsInstance = []*event.Field{parameter("instanceId"), parameter("instancesSet.items.instanceId")}
	// EC2 Instance Connect's, the older spelling behind the newer.
	fieldsOSUser = []*event.Field{parameter("instanceOSUser"), parameter("osUser")}
	fieldsKey    = []*event.Field{parameter("sSHPublicKey"), parameter("SSHKey.publicKey"), parameter("sSHKey.publicKey")}
	fieldOmitted = parameter("omitted")
)

// sharedField is a field of the event that alerts have as well.
type sharedField struct {
	*event.Field
	slot slot
}

func shared(name string) sharedField { return sharedField{event.FieldNamed(name), slotOf(name)} }

func parameter(name string) *event.Field {
	return event.FieldNamed("aws.cloudtrail.flattened.request_parameters." + name)
}

// subject is what an alert says about an event besides its plain fields. The
// texts alias the event.
type subject struct {
	at        time.Time // eventTime, zero when it cannot be read
	instance  []byte
	instances [][]byte // all of them, each once
	osUser    []byte
	actor     []byte // who did it, in the best name there is
	key       sshKey
	hasKey    bool
	integrity []string // what is odd about the event
}

// maxInstances is how many instances of one call an alert names.
const maxInstances = 64

// newSubject describes an event. Fields that a document has of it already are
// read there; d may be nil.
func newSubject(e *event.Event, d *document) subject {
	s := subject{
		at:     eventTime(e.First(fieldTimestamp)),
		osUser: firstOf(e, fieldsOSUser),
		actor:  actor(e, d),
	}
	for _, f := range fieldsInstance {
		for _, v := range e.Values(f) {
			if len(s.instances) < maxInstances {
				s.instances = appendDistinct(s.instances, 0, v.Bytes())
			}
		}
	}
	if len(s.instances) > 0 {
		s.instance = s.instances[0]
	}
	if text := firstOf(e, fieldsKey); len(text) > 0 {
		s.key, s.hasKey = parseSSHKey(text)
		if !s.hasKey {
			s.integrity = append(s.integrity, "unreadable_key")
		}
	}
	if e.HasDuplicates() {
		s.integrity = append(s.integrity, "duplicate_key")
	}
	if v := e.First(fieldOmitted); v.Bool() || string(v.Bytes()) == "true" {
		s.integrity = append(s.integrity, "omitted_parameters")
	}
	if len(e.Values(fieldEventID)) == 0 {
		s.integrity = append(s.integrity, "missing_event_id")
	}
	if s.at.IsZero() {
		s.integrity = append(s.integrity, "missing_event_time")
	}
	return s
}

func firstOf(e *event.Event, fields []*event.Field) []byte {
	for _, f := range fields {
		if b := e.First(f).Bytes(); len(b) > 0 {
			return b
		}
	}
	return nil
}

// actor returns the best name that there is for who made the call: the user's
// or role's name, "root", the AWS service, the user of the identity center, or
// at last the ARN or the principal.
func actor(e *event.Event, d *document) []byte {
	first := func(f sharedField) []byte {
		if d != nil {
			return d.first(f.slot)
		}
		return e.First(f.Field).Bytes()
	}
	if b := first(fieldUserName); len(b) > 0 {
		return b
	}
	switch string(first(fieldIdentity)) {
	case "Root":
		return []byte("root")
	case "AWSService":
		if b := first(fieldInvokedBy); len(b) > 0 {
			return b
		}
	}
	if b := e.OnBehalfOf(); len(b) > 0 {
		return b
	}
	if b := first(fieldARN); len(b) > 0 {
		return b
	}
	return first(fieldUserID)
}

// eventTime reads eventTime: RFC 3339, or a number of milliseconds as
// documents in ECS form may have it. What it cannot read is the zero time, and
// so is a time that others could not.
func eventTime(v msgpack.Value) time.Time {
	var t time.Time
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		b := bytes.TrimSpace(cut(v.Bytes(), 64))
		text := unsafe.String(unsafe.SliceData(b), len(b)) // ends with this call
		var err error
		if t, err = time.Parse(time.RFC3339Nano, text); err != nil {
			ms, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return time.Time{}
			}
			t = fromMillis(ms)
		}
	case msgpack.Int:
		t = fromMillis(v.Int())
	case msgpack.Float:
		if f := v.Float(); f >= 0 && f < maxMillis {
			t = time.UnixMilli(int64(f))
		}
	}
	if !isReadable(t) {
		return time.Time{}
	}
	return t
}

// isReadable reports whether a time is one that Elasticsearch and others read: of
// the years 1970 to 9998.
func isReadable(t time.Time) bool { return t.Unix() >= 0 && t.Unix() < maxMillis/1000 }

// maxMillis is the begin of the year 9999, in milliseconds since 1970.
const maxMillis = 253_370_764_800_000

func fromMillis(ms int64) time.Time {
	if ms < 0 || ms >= maxMillis {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
