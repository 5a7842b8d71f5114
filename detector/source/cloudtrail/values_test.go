package cloudtrail

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
)

// values returns the values of a field of the one event in the record, as
// JSON with blanks between.
func values(t *testing.T, line, field string) string {
	t.Helper()
	var got []string
	n := 0
	r := envelope.NewReader(schema, func(e *event.Event) {
		n++
		for _, v := range e.Values(schema.Field(field)) {
			got = append(got, string(jsontext.AppendJSON(nil, v)))
		}
	})
	readLine(t, r, line)
	if n != 1 {
		t.Fatalf("%d events in %s", n, line)
	}
	return strings.Join(got, " ")
}

// with makes an event of members besides eventSource and eventName.
func with(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"eventSource":"ec2.amazonaws.com","eventName":"A"` + members + `}`
}

func TestValuesOfRawEvents(t *testing.T) {
	for _, c := range []struct{ members, field, want string }{
		{``, "event.provider", `"ec2.amazonaws.com"`},
		{``, "event.action", `"A"`},
		{``, "event.dataset", `"aws.cloudtrail"`},
		{``, "data_stream.dataset", `"aws.cloudtrail"`},
		{``, "cloud.service.name", `"ec2"`},
		{``, "source.geo.country_name", ``},
		{`"eventTime":"2024-08-01T13:24:47Z"`, "@timestamp", `"2024-08-01T13:24:47Z"`},

		{``, "event.outcome", `"success"`},
		{`"errorCode":"AccessDenied"`, "event.outcome", `"failure"`},
		{`"errorMessage":"no"`, "event.outcome", `"failure"`},
		{`"errorCode":null`, "event.outcome", `"success"`},
		{`"errorCode":""`, "event.outcome", `"success"`},
		{`"errorCode":{}`, "event.outcome", `"success"`},
		{`"errorCode":[null,""]`, "event.outcome", `"success"`},
		{`"responseElements":{"success":false}`, "event.outcome", `"success"`},
		{`"responseElements":{"ConsoleLogin":"Failure"}`, "event.outcome", `"success"`}, // another event's
		// The one who reads either of two is not to be fooled by the other.
		{`"errorCode":"AccessDenied","errorCode":null`, "event.outcome", `"success" "failure"`},

		{`"userIdentity":{"type":"IAMUser","userName":"alice"}`, "user.name", `"alice"`},
		{`"userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"userName":"role"}}}`, "user.name", `"role"`},
		{`"userIdentity":{"userName":"alice","sessionContext":{"sessionIssuer":{"userName":"role"}}}`, "user.name", `"alice"`},
		{`"userIdentity":{"type":"AssumedRole","userName":"","sessionContext":{"sessionIssuer":{"userName":"role"}}}`, "user.name", `"role"`},
		{`"userIdentity":{"type":"FederatedUser","sessionContext":{"sessionIssuer":{"userName":"alice"}}}`, "user.name", `"alice"`},
		{`"userIdentity":{"type":"SAMLUser","sessionContext":{"sessionIssuer":{"userName":"role"}}}`, "user.name", ``},
		{`"userIdentity":{"accountId":"1"},"recipientAccountId":"2"`, "cloud.account.id", `"1"`},
		{`"recipientAccountId":"2"`, "cloud.account.id", `"2"`},
		{`"sourceIPAddress":"203.0.113.7"`, "source.ip", `"203.0.113.7"`},
		{`"sourceIPAddress":"2001:db8::1"`, "source.ip", `"2001:db8::1"`},
		{`"sourceIPAddress":"AWS Internal"`, "source.ip", ``},
		{`"sourceIPAddress":"AWS Internal"`, "source.address", `"AWS Internal"`},
		{`"sourceIPAddress":"fe80::1%eth0"`, "source.ip", ``},
		{`"sourceIPAddress":"FE80::ABCD"`, "source.ip", `"FE80::ABCD"`},
		{`"sourceIPAddress":"::ffff:198.51.100.1"`, "source.ip", `"::ffff:198.51.100.1"`},
		{`"sourceIPAddress":"198.51.100.256"`, "source.ip", ``},
		{`"sourceIPAddress":"cafe.bed"`, "source.ip", ``},
		{`"sourceIPAddress":"1.2.3.4.amazonaws.com"`, "source.ip", ``},
		{`"tlsDetails":{"tlsVersion":"TLSv1.3"}`, "tls.version", `"1.3"`},
		{`"tlsDetails":{"tlsVersion":"TLSv1.3"}`, "tls.version_protocol", `"tls"`},
		{`"managementEvent":true`, "aws.cloudtrail.management_event", `"true"`},
		{`"readOnly":false`, "aws.cloudtrail.read_only", `false`},
		{`"resources":[{"ARN":"a"},{"ARN":"b","accountId":"1"}]`, "aws.cloudtrail.resources.arn", `"a" "b"`},

		{`"requestParameters":{"a":{"b":[{"c":1},{"c":[2,null,3]}]}}`, "aws.cloudtrail.flattened.request_parameters.a.b.c", `1 2 3`},
		{`"requestParameters":{"a":"","b":"-","c":"x"}`, "aws.cloudtrail.flattened.request_parameters", `"x"`},
		{`"requestParameters":{"a":{"b":""}}`, "aws.cloudtrail.flattened.request_parameters.a", ``},
		{`"requestParameters":null`, "aws.cloudtrail.request_parameters", ``},
		{`"requestParameters":{"k":1},"requestParameters":{"k":2}`, "aws.cloudtrail.flattened.request_parameters.k", `1 2`},
	} {
		if got := values(t, with(c.members), c.field); got != c.want {
			t.Errorf("{%s}\n%s = %s\nwant %s", c.members, c.field, got, c.want)
		}
	}
}

func TestConsoleLogin(t *testing.T) {
	login := func(members string) string {
		return `{"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin",` + members + `}`
	}
	for _, c := range []struct{ members, field, want string }{
		{`"responseElements":{"ConsoleLogin":"Success"}`, "event.outcome", `"success"`},
		{`"responseElements":{"ConsoleLogin":"Failure"}`, "event.outcome", `"failure"`},
		{`"errorMessage":"Failed authentication"`, "event.outcome", `"failure"`},
		{`"additionalEventData":{"MFAUsed":"Yes"}`, "aws.cloudtrail.console_login.additional_eventdata.mfa_used", `true`},
		{`"additionalEventData":{"MFAUsed":"No"}`, "aws.cloudtrail.console_login.additional_eventdata.mfa_used", `false`},
	} {
		if got := values(t, login(c.members), c.field); got != c.want {
			t.Errorf("{%s}\n%s = %s, want %s", c.members, c.field, got, c.want)
		}
	}
}

func TestValuesOfECSDocuments(t *testing.T) {
	for _, c := range []struct{ document, field, want string }{
		{`{"event":{"provider":"p"},"aws":{"cloudtrail":{"user_identity":{"arn":"x"}}}}`, "aws.cloudtrail.user_identity.arn", `"x"`},
		{`{"event":{"provider":"p"},"aws.cloudtrail":{"user_identity.arn":"x"}}`, "aws.cloudtrail.user_identity.arn", `"x"`},
		{`{"event":{"provider":"p"},"source":{"geo":{"country_name":"Peru"}}}`, "source.geo.country_name", `"Peru"`},
		{`{"event":{"provider":"p"},"user.target.name":"x","user":{"id":"y"}}`, "user", `{"target.name":"x"} {"id":"y"}`},
		{`{"event":{"provider":"p"},"user.target.name":"x","user":{"id":"y"}}`, "user.target", `{"name":"x"}`},
		{`{"event":{"provider":"p"},"username":"x"}`, "user", ``},
		{`{"event":{"provider":"p","outcome":"failure"}}`, "event.outcome", `"failure"`},
		{`{"event":{"provider":"p"}}`, "event.outcome", ``}, // taken as it is: nothing is derived
		{`{"event":{"provider":["p","q"]},"event.provider":"r"}`, "event.provider", `"p" "q" "r"`},
	} {
		if got := values(t, c.document, c.field); got != c.want {
			t.Errorf("%s\n%s = %s, want %s", c.document, c.field, got, c.want)
		}
	}
}

// No field of the table may be misspelt into one that no event can have.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range fields {
		if seen[d.Name] {
			t.Errorf("%s stands twice in the table", d.Name)
		}
		seen[d.Name] = true
		if d.From != "" && !strings.HasPrefix(d.From, strings.ToLower(d.From[:1])) {
			t.Errorf("%s: %q is not a member of an event", d.Name, d.From)
		}
		if d.From == "" && d.Derive == nil && d.Constant == "" {
			t.Errorf("%s comes from nowhere", d.Name)
		}
	}
}

func Example() {
	r := envelope.NewReader(schema, func(e *event.Event) {
		for _, v := range e.Values(schema.Field("user.name")) {
			fmt.Printf("%s\n", v.Bytes())
		}
	})
	body, _, _ := jsontext.AppendMsgpack(nil, []byte(`{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","userIdentity":{"userName":"alice"}}`))
	_, _, _ = r.Read(body, 0)
	// Output: alice
}
