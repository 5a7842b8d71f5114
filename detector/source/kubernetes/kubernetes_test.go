package kubernetes_test

import (
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/source"
	"github.com/fluent-detect/fluent-detect/detector/source/kubernetes"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

const audit = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a-1","stage":"ResponseComplete","requestURI":"/api/v1/x","verb":"get",` +
	`"user":{"username":"eve","uid":"u-1","groups":["g"],"extra":{"authentication.kubernetes.io/pod-name":["p-1"]}},"impersonatedUser":{"username":"bob"},"sourceIPs":["203.0.113.24","::1"],` +
	`"objectRef":{"resource":"pods","name":"web"},"responseStatus":{"metadata":{},"code":403},"requestObject":{"metadata":{"name":"m"},"spec":{"nodeName":"n-1","containers":[{"image":"a"},{"image":"b"}]}},` +
	`"requestReceivedTimestamp":"2026-03-02T09:00:00.123456Z","annotations":{"authorization.k8s.io/decision":"forbid","a.b":"c","pod-security.kubernetes.io/enforce-policy":"x"}}`

// visit calls do for each event in a record, of JSON.
func visit(t *testing.T, record string, do func(*event.Event)) {
	t.Helper()
	packed, _, err := jsontext.AppendMsgpack(nil, []byte(record))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := envelope.NewReader(source.Schema(), do).Read(packed, 0); err != nil {
		t.Fatal(err)
	}
}

// A member of an event is a field by its own name, whether the table has it or not.
func TestFields(t *testing.T) {
	t.Parallel()
	n := 0
	visit(t, audit, func(e *event.Event) {
		n++
		for field, want := range map[string]string{
			"event.action": `"get"`, "event.outcome": `"failure"`, "event.id": `"a-1"`, "event.dataset": `"kubernetes.audit_logs"`, "event.provider": "",
			"user.name": `"eve"`, "source.ip": `"203.0.113.24" "::1"`, "container.image.name": `"a" "b"`,
			"kubernetes.audit.user.extra.authentication.kubernetes.io/pod-name":      `"p-1"`,
			"kubernetes.audit.requestObject.spec.nodeName":                           `"n-1"`,
			"kubernetes.audit.requestObject.metadata.name":                           "",
			"kubernetes.audit.annotations.authorization_k8s_io/decision":             `"forbid"`,
			"kubernetes.audit.annotations.pod-security_kubernetes_io/enforce-policy": `"x"`,
			"kubernetes.audit.annotations.a_b":                                       `"c"`,
			"kubernetes.audit.annotations.a.b":                                       "",
			"kubernetes.audit.responseStatus.code":                                   "403",
			"kubernetes.audit.other":                                                 "",
			"aws.cloudtrail.error_code":                                              "",
		} {
			var got []string
			for _, v := range e.Values(source.Schema().Field(field)) {
				got = append(got, string(jsontext.AppendJSON(nil, v)))
			}
			if all := strings.Join(got, " "); all != want {
				t.Errorf("%s is %s, want %s", field, all, want)
			}
		}
		var s event.Subject
		source.Schema().Describe(e, &s)
		if s.Source.Name != kubernetes.Source.Name || string(s.Actor) != "bob" || string(s.Principal) != "eve" || s.Time.IsZero() || len(s.Integrity) > 0 {
			t.Errorf("%+v", s)
		}
	})
	if n != 1 {
		t.Errorf("%d events", n)
	}
}

// What is an event, what is none, and in what it may come.
func TestRecognize(t *testing.T) {
	t.Parallel()
	quoted := string(jsontext.AppendJSON(nil, msgpack.TextOf([]byte(audit))))
	for _, test := range []struct {
		record string
		events int
	}{
		{audit, 1},
		{`{"log":` + quoted + `}`, 1},
		{`{"kind":"EventList","items":[` + audit + `,` + strings.Replace(audit, "a-1", "a-2", 1) + `]}`, 2},
		{`{"auditID":"a-1"}`, 0},
		{`{"verb":"get","stage":"ResponseComplete"}`, 0},
		{strings.Replace(audit, `"spec":{`, `"spec":{"auditID":"a-3","verb":"get",`, 1), 1},
	} {
		n := 0
		visit(t, test.record, func(*event.Event) { n++ })
		if n != test.events {
			t.Errorf("%d events, want %d: %s", n, test.events, test.record)
		}
	}
}

// Each stage of a request is an event of its own, in whatever it comes.
func TestIdentity(t *testing.T) {
	t.Parallel()
	identify := func(record string) (id [32]byte) {
		visit(t, record, func(e *event.Event) { id = source.Schema().Identify(e) })
		return id
	}
	one := identify(audit)
	if got := identify(`{"log":` + string(jsontext.AppendJSON(nil, msgpack.TextOf([]byte(audit)))) + `}`); got != one {
		t.Error("the same event as text has another identity")
	}
	for _, change := range [][2]string{{"ResponseComplete", "RequestReceived"}, {"a-1", "a-2"}, {`"eve"`, `"eva"`}, {"/api/v1/x", "/api/v1/y"}, {"203.0.113.24", "203.0.113.25"}} {
		if identify(strings.Replace(audit, change[0], change[1], 1)) == one {
			t.Errorf("an event with %s has the same identity", change[1])
		}
	}
}

// The table of fields in docs/rules.md is that of the code.
func TestFieldsAreInTheDocumentation(t *testing.T) {
	derivations := map[string]string{
		"event.outcome": "`success` when the annotation `authorization.k8s.io/decision` is `allow`, `failure` when it is `forbid`",
		"kubernetes.audit.annotations.authorization_k8s_io/decision": "this member of `annotations`; as in all their names, dots become underscores",
		"kubernetes.audit.annotations.authorization_k8s_io/reason":   "the same",
	}
	var rows [][]string
	for i := range kubernetes.Source.Fields {
		d := &kubernetes.Source.Fields[i]
		from := "`" + d.From + "`"
		switch {
		case d.Constant != "":
			from = "always `" + d.Constant + "`"
		case d.Derive != nil:
			if from = derivations[d.Name]; from == "" {
				t.Errorf("nothing says how %s is derived", d.Name)
			}
		case d.Type == event.TypeFlattened:
			from += ", and each leaf below it"
		case d.Name == "kubernetes.audit."+d.From:
			continue
		}
		rows = append(rows, []string{"`" + d.Name + "`", d.Type.String(), from})
	}
	generated.Check(t, "docs/rules.md", "kubernetes-fields", generated.Table([]string{"field", "type", "audit event"}, rows))
}
