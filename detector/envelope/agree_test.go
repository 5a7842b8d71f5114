package envelope

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// samples are events that between them have every field of the table.
func samples() []string {
	return append(msgpacktest.Lines(),
		`{"eventVersion":"1.11","userIdentity":{"type":"FederatedUser","principalId":"1:f","arn":"arn:aws:sts::111122223333:federated-user/f","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE","invokedBy":"cloudformation.amazonaws.com","onBehalfOf":{"userId":"u-1"},"sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDA","arn":"arn:aws:iam::111122223333:user/f","accountId":"111122223333","userName":"f"},"attributes":{"creationDate":"2024-02-01T08:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"2024-02-01T08:19:00Z","eventSource":"iam.amazonaws.com","eventName":"UpdateUser","awsRegion":"us-east-1","sourceIPAddress":"cloudformation.amazonaws.com","userAgent":"cloudformation.amazonaws.com","requestParameters":{"userName":"old","newUserName":"new","groupName":"g","empty":{"a":[{}]}},"responseElements":{"user":{"userId":"AIDA2"},"group":{"groupId":"AGPA"}},"additionalEventData":{"MFAUsed":"-"},"requestID":"r","eventID":"e","apiVersion":"2010-05-08","readOnly":"false","resources":[{"ARN":"arn:aws:iam::111122223333:user/old","accountId":"111122223333","type":"AWS::IAM::User","empty":""},{"ARNPrefix":"arn:aws:iam"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","sharedEventID":"s","vpcEndpointId":"vpce-1","sessionCredentialFromConsole":"true","serviceEventDetails":{"deep":{"er":[1,{"x":18446744073709551615}]}},"eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.2","cipherSuite":"c","clientProvidedHostHeader":"iam.amazonaws.com"}}`,
		`{"eventVersion":"1.08","userIdentity":{"type":"Root","principalId":"1","arn":"arn:aws:iam::1:root","accountId":"1","userName":"none"},"eventTime":"2024-02-01T08:20:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","sourceIPAddress":"::ffff:198.51.100.1","errorMessage":"Failed authentication","responseElements":{"ConsoleLogin":"Failure"},"additionalEventData":{"LoginTo":"https://console.aws.amazon.com","MobileVersion":"Yes","MFAUsed":"No"},"eventID":"e2","recipientAccountId":"1"}`,
		`{"eventVersion":"1.08","userIdentity":{"type":"AWSAccount"},"eventSource":"kms.amazonaws.com","eventName":"Decrypt","errorCode":"AccessDenied","requestParameters":{"omitted":true,"originalSize":1048577,"reason":"requestParameters too large"},"recipientAccountId":"2","vpcEndpointId":"-","sourceIPAddress":"AWS Internal","managementEvent":"false"}`,
		`{"eventSource":"ssm.amazonaws.com","eventName":"StartSession","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/R/dana@example.com","principalId":"AROA:dana@example.com","credentialId":"c","identityProvider":"p","invokedByDelegate":{"accountId":"4"},"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"x","sourceArn":"y","sourceAccount":"5"},"onBehalfOf":{"userId":"u","identityStoreArn":"s"},"sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/R","userName":"R"},"attributes":{"creationDate":"20240201T080000Z"},"sourceIdentity":"me","ec2RoleDelivery":"2.0","assumedRoot":true,"signInSessionArn":"z","webIdFederationData":{"federatedProvider":"q","attributes":{"k":"v"}}}},"requestParameters":{"target":"i-0123456789abcdef0"},"vpcEndpointAccountId":"6","addendum":{"reason":"UPDATED_DATA","updatedFields":"eventName","originalRequestID":"7","originalEventID":"8"},"tlsDetails":{"tlsVersion":"1.3","keyExchange":"X25519","clientProvidedHostHeader":"ssm.example.com"}}`,
		`{"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/R"},"sharedEventID":"9"}`,
		`{"eventSource":"ec2.amazonaws.com","eventName":"AuthorizeSecurityGroupIngress","userIdentity":{"type":"Unknown","arn":"i-0123456789abcdef0"},"requestParameters":{"groupId":"sg-1"}}`,
		`{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","userIdentity":{"type":"IdentityCenterUser","onBehalfOf":{"userId":"u-2"}},"requestParameters":{"userName":"eve"}}`,
		`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"0b5d","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/default/pods","verb":"create","user":{"username":"eve","uid":"u-1","groups":["system:authenticated","ops"],"extra":{"authentication.kubernetes.io/pod-name":["p-1"]}},"impersonatedUser":{"username":"root","uid":"0","groups":["system:masters"],"extra":{"k":["v"]}},"sourceIPs":["203.0.113.24","10.0.0.1"],"userAgent":"kubectl","objectRef":{"resource":"pods","namespace":"default","name":"shell","uid":"1","apiGroup":"g","apiVersion":"v1","resourceVersion":"7","subresource":"exec"},"responseStatus":{"metadata":{},"status":"Failure","reason":"Forbidden","message":"no","code":403},"requestObject":{"kind":"Pod","metadata":{"name":"shell"},"roleRef":{"name":"cluster-admin"},"spec":{"type":"NodePort","hostPID":true,"hostIPC":true,"hostNetwork":true,"serviceAccountName":"sa","volumes":[{"hostPath":{"path":"/"}},{"hostPath":{"path":"/etc"}}],"containers":[{"image":"a"},{"image":"b","securityContext":{"privileged":true,"capabilities":{"add":["SYS_ADMIN"]}}}]}},"requestReceivedTimestamp":"2026-03-02T09:00:00.123456Z","stageTimestamp":"2026-03-02T09:00:00.223456Z","annotations":{"authorization.k8s.io/decision":"forbid","authorization.k8s.io/reason":"RBAC: no rule"}}`,
		// What a shipper added.
		`{"eventSource":"kms.amazonaws.com","eventName":"Encrypt","userIdentity":{"type":"IAMUser"},"sourceIPAddress":"203.0.113.7","source.geo.city_name":"Berlin","source.geo.country_iso_code":"DE","source.geo.country_name":null,"source.geo.country_name":"Germany","source":{"geo":{"continent_name":"Europe","region_iso_code":"DE-BE","region_name":"Berlin","timezone":"Europe/Berlin","location":{"lat":52.5,"lon":13.4}},"as":{"number":64500,"organization":{"name":"Example Networks"}}},"host.name":"collector-1","event.action":"never"}`,
		// A member twice gives both values in every shape.
		`{"eventSource":"sts.amazonaws.com","eventName":"A","eventName":"B","errorCode":"x","errorCode":null,"userIdentity":{"type":"IAMUser","userName":"a","userName":"b"},"requestParameters":{"k":1,"k":2}}`,
	)
}

// allOf is all that can be asked of an event, a line for each field.
func allOf(e *event.Event) string {
	var b strings.Builder
	var s event.Subject
	schema.Describe(e, &s)
	fmt.Fprintf(&b, "HasDuplicates %v\nActor %s\nPrincipal %s\n%s\n%v\n", e.HasDuplicates(), s.Actor, s.Principal, s.Values, s.Fields)
	names := append(schema.Names(), "aws.cloudtrail.resources", "aws.cloudtrail.user_identity", "user",
		"aws.cloudtrail.flattened.request_parameters.k", "aws.cloudtrail.flattened.service_event_details.deep.er.x", "source.geo.country_name", "host.name")
	for _, name := range names {
		for _, v := range e.Values(schema.Field(name)) {
			fmt.Fprintf(&b, "%s %s\n", name, jsontext.AppendJSON(nil, v))
		}
		if o := e.Object(schema.Field(name)); o.Kind() != msgpack.Invalid {
			fmt.Fprintf(&b, "%s object %s\n", name, jsontext.AppendJSON(nil, o))
		}
	}
	v, _, err := msgpack.Read(e.AppendECS(nil), 0)
	if err != nil {
		return err.Error()
	}
	fmt.Fprintf(&b, "%s\n", jsontext.AppendJSON(nil, v))
	return b.String()
}

// views reads records and returns the views of all events in them, and the
// shapes that they had.
func views(t *testing.T, records ...string) (all, shapes []string) {
	t.Helper()
	r := NewReader(schema, func(e *event.Event) {
		all = append(all, allOf(e))
		shapes = append(shapes, string(AppendShape(nil, e)))
	})
	for _, line := range records {
		seen := readLine(t, r, line)
		if seen.Unreadable != 0 {
			t.Errorf("%d unreadable in %.200s", seen.Unreadable, line)
		}
	}
	return all, shapes
}

// Every shape, and shapes in shapes, show the same events field by field.
func TestShapesAgree(t *testing.T) {
	want, _ := views(t, samples()...)
	if len(want) != len(samples()) {
		t.Fatalf("%d of %d events", len(want), len(samples()))
	}
	missing := map[string]bool{}
	for _, name := range schema.Names() {
		missing[name] = true
		for _, v := range want {
			if strings.Contains(v, "\n"+name+" ") {
				delete(missing, name)
				break
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("no sample has %v", missing)
	}
	for _, w := range forms {
		got, shapes := views(t, w.wrap(samples())...)
		if len(got) != len(want) {
			t.Errorf("%s: %d events, want %d", w.name, len(got), len(want))
			continue
		}
		for i := range got {
			compareViews(t, w.name, got[i], want[i])
			if shapes[i] != w.name {
				t.Errorf("shape %q, want %q", shapes[i], w.name)
			}
		}
	}
}

// The same for the events of many services.
func TestManyServicesAgree(t *testing.T) {
	var own []string
	for i := range 30 {
		own = append(own, events.Ordinary(i))
	}
	t.Run("own", func(t *testing.T) { checkAgree(t, own, 1) })
	t.Run("shared", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "corpus", "stratus.ndjson"))
		if err != nil {
			t.Skipf("real events were not tested: %v", err)
		}
		checkAgree(t, strings.Split(strings.TrimSpace(string(text)), "\n"), 10)
	})
}

// checkAgree puts every nth event in each form.
func checkAgree(t *testing.T, all []string, nth int) {
	for n, w := range forms {
		var some []string
		for i := n % nth; i < len(all); i += nth {
			some = append(some, all[i])
		}
		want, _ := views(t, some...)
		got, _ := views(t, w.wrap(some)...)
		if len(got) != len(want) || len(got) != len(some) {
			t.Errorf("%s: %d events, by themselves %d, want %d", w.name, len(got), len(want), len(some))
			continue
		}
		for i := range got {
			compareViews(t, w.name, got[i], want[i])
		}
	}
}

func compareViews(t *testing.T, name, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Errorf("%s: line %d\n got %.300s\nwant %.300s", name, i, line(g, i), line(w, i))
			return
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// However the text is written: with every letter of it escaped, in keys and in
// values, at each level of text in text.
func TestEscapesHideNothing(t *testing.T) {
	want, _ := views(t, samples()...)
	var events []string
	for _, e := range samples() {
		events = append(events, escaped(e))
	}
	for _, w := range forms {
		if w.name == "raw" {
			continue // nobody decodes these but the shipper
		}
		got, _ := views(t, w.wrap(events)...)
		if len(got) != len(want) {
			t.Errorf("%s: %d events, want %d", w.name, len(got), len(want))
			continue
		}
		for i := range got {
			compareViews(t, w.name, got[i], want[i])
		}
		// Once more around it all.
		var records []string
		for _, r := range w.wrap(events) {
			records = append(records, `{"log":`+quote(escaped(r))+`}`)
		}
		got, _ = views(t, records...)
		if len(got) != len(want) {
			t.Errorf("%s in escaped text: %d events, want %d", w.name, len(got), len(want))
			continue
		}
		for i := range got {
			compareViews(t, w.name+" in escaped text", got[i], want[i])
		}
	}
}

// The ECS view of an event, read as a document in ECS form, has the values that
// the event has.
func TestECSViewIsTheEvent(t *testing.T) {
	for _, sample := range samples() {
		var raw, mapped []string
		var document []byte
		list := func(list *[]string) *Reader {
			return NewReader(schema, func(e *event.Event) {
				document = e.AppendECS(nil)
				for _, name := range schema.Names() {
					for _, v := range e.Values(schema.Field(name)) {
						*list = append(*list, name+" "+string(jsontext.AppendJSON(nil, v)))
					}
				}
			})
		}
		readLine(t, list(&raw), sample)
		first := jsonOf(t, document)
		if _, seen, err := list(&mapped).Read(document, 0); err != nil || seen.Shape != ECS {
			t.Fatalf("%+v, %v", seen, err)
		}
		compareViews(t, "read again", strings.Join(mapped, "\n"), strings.Join(raw, "\n"))
		if got := jsonOf(t, document); got != first {
			t.Errorf("a document in ECS form is not taken as it is:\n got %s\nwant %s", got, first)
		}
	}
}

func jsonOf(t *testing.T, document []byte) string {
	t.Helper()
	v, _, err := msgpack.Read(document, 0)
	if err != nil {
		t.Fatal(err)
	}
	return string(jsontext.AppendJSON(nil, v))
}
