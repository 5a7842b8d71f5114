package event

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Type is the Elasticsearch mapping of a field, as far as it decides what a
// condition on the field means.
type Type uint8

// The types.
const (
	TypeDynamic         Type = iota // not in the table: the type of the value that is met
	TypeKeyword                     // whole value, exact
	TypeConstantKeyword             // the same value in every document
	TypeBoolean
	TypeLong
	TypeDouble
	TypeIP
	TypeDate
	TypeText
	TypeFlattened // a leaf below an object whose keys are not known beforehand
	TypeObject
	TypeNested
	TypeWildcard // as keyword, but made for searches with wildcards
)

var typeNames = [...]string{"dynamic", "keyword", "constant_keyword", "boolean", "long", "double", "ip", "date", "text", "flattened", "object", "nested", "wildcard"}

// String returns Elasticsearch's name of the type.
func (t Type) String() string { return typeNames[t] }

// Field is one field of the ECS view, ready to be asked for.
type Field struct {
	Name string
	Type Type
	// Derivable: an event in CloudTrail's own form can have it. A field that
	// is not (source.geo.* for instance) has values in ECS documents only.
	Derivable bool

	member member
	below  string // path below the member, dotted
	leaves bool   // the object as a whole was asked for: every leaf is a value
	derive func(*Event, *Field)
	value  msgpack.Value // of a constant
	inside bool          // what derive gives lies in the member, as it is
	dotted member        // in ECS form: the member with the field's dotted name, if the walk notes it
}

// definition is a row of the table: how a field follows from an event.
type definition struct {
	name string
	typ  Type
	from string               // CloudTrail member, dotted below the first
	by   func(*Event, *Field) // where a copy will not do
	is   string               // a constant
	// inside: by takes texts out of the object from, as they are.
	inside bool
}

// fields is the ECS view of a CloudTrail event: Elastic's aws.cloudtrail
// ingest pipeline as a table. A field is the member's value without change
// unless by says otherwise; members that are empty are not there.
var fields = []definition{
	{name: "@timestamp", typ: TypeDate, from: "eventTime"},
	{name: "event.provider", typ: TypeKeyword, from: "eventSource"},
	{name: "event.action", typ: TypeKeyword, from: "eventName"},
	{name: "event.outcome", typ: TypeKeyword, by: outcome},
	{name: "event.id", typ: TypeKeyword, from: "eventID"},
	{name: "event.dataset", typ: TypeConstantKeyword, is: "aws.cloudtrail"},
	{name: "event.module", typ: TypeConstantKeyword, is: "aws"},
	{name: "event.kind", typ: TypeKeyword, is: "event"},
	{name: "data_stream.dataset", typ: TypeConstantKeyword, is: "aws.cloudtrail"},
	{name: "data_stream.type", typ: TypeConstantKeyword, is: "logs"},

	{name: "cloud.provider", typ: TypeKeyword, is: "aws"},
	{name: "cloud.region", typ: TypeKeyword, from: "awsRegion"},
	{name: "cloud.account.id", typ: TypeKeyword, by: accountID},
	{name: "cloud.service.name", typ: TypeKeyword, from: "eventSource", by: serviceName},

	{name: "user.name", typ: TypeKeyword, from: "userIdentity", by: userName, inside: true},
	{name: "user.id", typ: TypeKeyword, from: "userIdentity.principalId"},
	{name: "user.target.name", typ: TypeKeyword, from: "requestParameters.userName"},
	{name: "user.target.id", typ: TypeKeyword, from: "responseElements.user.userId"},
	{name: "user.changes.name", typ: TypeKeyword, from: "requestParameters.newUserName"},
	{name: "group.name", typ: TypeKeyword, from: "requestParameters.groupName"},
	{name: "group.id", typ: TypeKeyword, from: "responseElements.group.groupId"},
	{name: "source.address", typ: TypeKeyword, from: "sourceIPAddress"},
	{name: "source.ip", typ: TypeIP, from: "sourceIPAddress", by: sourceIP},
	{name: "user_agent.original", typ: TypeKeyword, from: "userAgent"},
	{name: "tls.version", typ: TypeKeyword, from: "tlsDetails.tlsVersion", by: tlsVersion},
	{name: "tls.version_protocol", typ: TypeKeyword, from: "tlsDetails.tlsVersion", by: tlsProtocol},
	{name: "tls.cipher", typ: TypeKeyword, from: "tlsDetails.cipherSuite"},
	{name: "tls.client.server_name", typ: TypeKeyword, from: "tlsDetails.clientProvidedHostHeader"},

	{name: "aws.cloudtrail.event_version", typ: TypeKeyword, from: "eventVersion"},
	{name: "aws.cloudtrail.event_type", typ: TypeKeyword, from: "eventType"},
	{name: "aws.cloudtrail.event_category", typ: TypeKeyword, from: "eventCategory"},
	{name: "aws.cloudtrail.api_version", typ: TypeKeyword, from: "apiVersion"},
	{name: "aws.cloudtrail.management_event", typ: TypeKeyword, from: "managementEvent", by: asText},
	{name: "aws.cloudtrail.read_only", typ: TypeBoolean, from: "readOnly", by: asTruth},
	{name: "aws.cloudtrail.recipient_account_id", typ: TypeKeyword, from: "recipientAccountId"},
	{name: "aws.cloudtrail.request_id", typ: TypeKeyword, from: "requestID"},
	{name: "aws.cloudtrail.vpc_endpoint_id", typ: TypeKeyword, from: "vpcEndpointId"},
	{name: "aws.cloudtrail.session_credential_from_console", typ: TypeKeyword, from: "sessionCredentialFromConsole", by: asText},
	{name: "aws.cloudtrail.error_code", typ: TypeKeyword, from: "errorCode"},
	{name: "aws.cloudtrail.error_message", typ: TypeKeyword, from: "errorMessage"},
	{name: "aws.cloudtrail.resources.arn", typ: TypeKeyword, from: "resources.ARN"},
	{name: "aws.cloudtrail.resources.account_id", typ: TypeKeyword, from: "resources.accountId"},
	{name: "aws.cloudtrail.resources.type", typ: TypeKeyword, from: "resources.type"},

	{name: "aws.cloudtrail.user_identity.type", typ: TypeKeyword, from: "userIdentity.type"},
	{name: "aws.cloudtrail.user_identity.arn", typ: TypeKeyword, from: "userIdentity.arn"},
	{name: "aws.cloudtrail.user_identity.access_key_id", typ: TypeKeyword, from: "userIdentity.accessKeyId"},
	{name: "aws.cloudtrail.user_identity.invoked_by", typ: TypeKeyword, from: "userIdentity.invokedBy"},
	{name: "aws.cloudtrail.user_identity.session_context.mfa_authenticated", typ: TypeKeyword, from: "userIdentity.sessionContext.attributes.mfaAuthenticated", by: asText},
	{name: "aws.cloudtrail.user_identity.session_context.creation_date", typ: TypeDate, from: "userIdentity.sessionContext.attributes.creationDate"},
	{name: "aws.cloudtrail.user_identity.session_context.session_issuer.type", typ: TypeKeyword, from: "userIdentity.sessionContext.sessionIssuer.type"},
	{name: "aws.cloudtrail.user_identity.session_context.session_issuer.principal_id", typ: TypeKeyword, from: "userIdentity.sessionContext.sessionIssuer.principalId"},
	{name: "aws.cloudtrail.user_identity.session_context.session_issuer.arn", typ: TypeKeyword, from: "userIdentity.sessionContext.sessionIssuer.arn"},
	{name: "aws.cloudtrail.user_identity.session_context.session_issuer.account_id", typ: TypeKeyword, from: "userIdentity.sessionContext.sessionIssuer.accountId"},

	{name: "aws.cloudtrail.request_parameters", typ: TypeKeyword, from: "requestParameters", by: javaText},
	{name: "aws.cloudtrail.response_elements", typ: TypeKeyword, from: "responseElements", by: javaText},
	{name: "aws.cloudtrail.additional_eventdata", typ: TypeKeyword, from: "additionalEventData", by: javaText},
	{name: "aws.cloudtrail.service_event_details", typ: TypeKeyword, from: "serviceEventDetails", by: javaText},
	{name: "aws.cloudtrail.flattened.request_parameters", typ: TypeFlattened, from: "requestParameters"},
	{name: "aws.cloudtrail.flattened.response_elements", typ: TypeFlattened, from: "responseElements"},
	{name: "aws.cloudtrail.flattened.additional_eventdata", typ: TypeFlattened, from: "additionalEventData"},
	{name: "aws.cloudtrail.flattened.service_event_details", typ: TypeFlattened, from: "serviceEventDetails"},

	{name: "aws.cloudtrail.console_login.additional_eventdata.mobile_version", typ: TypeBoolean, from: "additionalEventData.MobileVersion", by: consoleLoginFlag},
	{name: "aws.cloudtrail.console_login.additional_eventdata.mfa_used", typ: TypeBoolean, from: "additionalEventData.MFAUsed", by: consoleLoginFlag},
	{name: "aws.cloudtrail.console_login.additional_eventdata.login_to", typ: TypeKeyword, from: "additionalEventData.LoginTo", by: consoleLoginText},
}

// byName has the fields of the table; what it holds is never written to after
// the package is initialised.
var byName = func() map[string]*Field {
	m := make(map[string]*Field, len(fields))
	for _, d := range fields {
		f := d.field()
		m[d.name] = &f
	}
	return m
}()

// field resolves a row.
func (d definition) field() Field {
	f := Field{Name: d.name, Type: d.typ, Derivable: true, derive: d.by, inside: d.inside, leaves: d.typ == TypeFlattened}
	if d.is != "" {
		f.value = msgpack.Text([]byte(d.is))
	}
	if m := memberOf([]byte(d.name)); eventSetMembers.has(m) {
		f.dotted = m
	}
	if d.from != "" {
		top, below, _ := strings.Cut(d.from, ".")
		f.member, f.below = memberOf([]byte(top)), below
	}
	return f
}

// FieldNamed returns the field of that name: one of the table, an object that
// has such fields in it, a leaf below one of the flattened objects, or else a
// field that only documents in ECS form can have. A Field never changes and may
// be shared.
func FieldNamed(name string) *Field {
	if f, ok := byName[name]; ok {
		return f
	}
	if o, ok := objects[name]; ok {
		return &Field{Name: name, Type: TypeObject, Derivable: true, derive: o.value}
	}
	for i := len(name) - 1; i > 0; i-- {
		if name[i] != '.' {
			continue
		}
		if root, ok := byName[name[:i]]; ok && root.Type == TypeFlattened {
			return &Field{Name: name, Type: TypeFlattened, Derivable: true, member: root.member, below: name[i+1:]}
		}
	}
	return &Field{Name: name}
}

// TableNames returns the names of the fields that every event can have, in the
// order of the table.
func TableNames() []string {
	names := make([]string, len(fields))
	for i, d := range fields {
		names[i] = d.name
	}
	return names
}
