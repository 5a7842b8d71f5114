package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/test/mmdb"
)

// databases returns databases of places and of systems.
func databases(t testing.TB) *geo.Databases {
	t.Helper()
	var paths []string
	for name, d := range map[string]mmdb.Database{"city": mmdb.City(), "asn": mmdb.ASN()} {
		path := filepath.Join(t.TempDir(), name+".mmdb")
		if err := os.WriteFile(path, d.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	d, err := geo.Open(paths)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// valuesOf returns the values of a field in all events of a record, as JSON.
func valuesOf(t testing.TB, s *event.Schema, record, field string) string {
	t.Helper()
	var all []string
	f := s.Field(field)
	r := envelope.NewReader(s, func(e *event.Event) {
		var texts []string
		for _, v := range e.Values(f) {
			texts = append(texts, string(jsontext.AppendJSON(nil, v)))
		}
		n := 0
		e.Any(f, func(v msgpack.Value) bool {
			if got := string(jsontext.AppendJSON(nil, v)); n >= len(texts) || got != texts[n] {
				t.Errorf("%s of %s: Any has %s, Values have %s", field, record, got, texts)
			}
			n++
			return false
		})
		if n != len(texts) {
			t.Errorf("%s of %s: Any has %d values, Values have %s", field, record, n, texts)
		}
		all = append(all, strings.Join(texts, ","))
	})
	chunk := msgpacktest.FromJSON(t, record)
	cursor := msgpack.NewCursor(chunk)
	var head msgpack.Head
	if ok, err := cursor.Next(&head); !ok || err != nil {
		t.Fatalf("%s: %v %v", record, ok, err)
	}
	if _, seen, err := r.Read(chunk, head.Body); err != nil || seen.Unreadable > 0 {
		t.Fatalf("%s: %+v %v", record, seen, err)
	}
	return strings.Join(all, " | ")
}

const (
	push = `"eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"1","sourceIPAddress":"203.0.113.7"`
	code = "source.geo.country_iso_code"
)

// What a shipper adds to a record, and where it counts.
func TestAdded(t *testing.T) {
	plain := Schema()
	named, err := NewSchema(nil, event.AddedFields{code: {"country", "geo.cc"}, "host.name": {"collector"}})
	if err != nil {
		t.Fatal(err)
	}
	looking, err := NewSchema(databases(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what          string
		schema        *event.Schema
		record, field string
		want          string
	}{
		{"dotted", plain, `{` + push + `,"source.geo.country_iso_code":"DE"}`, code, `"DE"`},
		{"nested", plain, `{"source":{"geo":{"country_iso_code":"DE"}},` + push + `}`, code, `"DE"`},
		{"half dotted", plain, `{` + push + `,"source.geo":{"country_iso_code":"DE"}}`, code, `"DE"`},
		{"null", plain, `{` + push + `,"source.geo.country_iso_code":null}`, code, ``},
		{"an empty text", plain, `{` + push + `,"source.geo.country_iso_code":""}`, code, ``},
		{"several", plain, `{` + push + `,"source.geo.country_iso_code":["DE","FR"]}`, code, `"DE","FR"`},
		{"a key twice", plain, `{` + push + `,"source.geo.country_iso_code":"DE","source.geo.country_iso_code":"FR"}`, code, `"DE","FR"`},
		{"another field", plain, `{` + push + `,"host":{"name":"a"}}`, "host.name", `"a"`},
		{"a field of nobody", plain, `{` + push + `,"labels.env":"prod"}`, "labels.env", `"prod"`},
		{"the object", plain, `{` + push + `,"source.geo.country_iso_code":"DE"}`, "source.geo", `{"country_iso_code":"DE"}`},

		{"a field of CloudTrail's own", plain, `{` + push + `,"event.action":"StopLogging"}`, "event.action", `"SendSSHPublicKey"`},
		{"one that is derived", plain, `{` + push + `,"event.outcome":"failure","event":{"outcome":"failure"}}`, "event.outcome", `"success"`},
		{"one that is always the same", plain, `{` + push + `,"event.kind":"alert"}`, "event.kind", `"event"`},
		{"one that follows from the user agent", plain, `{` + push + `,"userAgent":"aws-cli/2.1.0","user_agent.name":"Chrome"}`, "user_agent.name", `"aws-cli"`},
		{"one that CloudTrail could have", plain, `{` + push + `,"aws.cloudtrail.error_code":"AccessDenied"}`, "aws.cloudtrail.error_code", ``},
		{"in a flattened object", plain, `{` + push + `,"aws.cloudtrail.flattened.request_parameters.a":"x"}`, "aws.cloudtrail.flattened.request_parameters.a", ``},

		{"in the parameters", plain, `{` + push + `,"requestParameters":{"source.geo.country_iso_code":"DE","source":{"geo":{"country_iso_code":"DE"}}}}`, code, ``},
		{"in the answer", plain, `{` + push + `,"responseElements":{"source.geo.country_iso_code":"DE"}}`, code, ``},
		{"in what CloudTrail defines, by that name", plain, `{` + push + `,"requestParameters":{"a":"x"}}`, "requestParameters.a", ``},
		{"flattened parameters", plain, `{` + push + `,"requestParameters.source.geo.country_iso_code":"DE"}`, code, ``},
		{"parameters as text", plain, `{` + push + `,"requestParameters":"{\"source.geo.country_iso_code\":\"DE\"}"}`, code, ``},
		{"beside a prefix", plain, `{"x_eventSource":"s3.amazonaws.com","x_eventName":"GetObject","source.geo.country_iso_code":"DE"}`, code, `"DE"`},
		{"beside lower case", plain, `{"eventsource":"s3.amazonaws.com","eventname":"GetObject","source":{"geo":{"country_iso_code":"DE"}}}`, code, `"DE"`},

		{"around a list, of the address", plain, `{"Records":[{` + push + `},{` + push + `}],"source.geo.country_iso_code":"DE"}`, code, ` | `},
		{"around a list, of the host", plain, `{"Records":[{` + push + `},{` + push + `,"host.name":"b"}],"host.name":"a"}`, "host.name", `"a" | "b"`},
		{"in an element", plain, `{"Records":[{` + push + `,"source.geo.country_iso_code":"DE"},{` + push + `}]}`, code, `"DE" | `},
		{"around a text", plain, `{"log":"{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\"}","agent":{"name":"f"}}`, "agent.name", `"f"`},
		{"around a text in a list", plain, `{"Messages":[{"Body":"{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\"}","agent.name":"inner"}],"agent.name":"f"}`, "agent.name", `"f"`},
		{"of an envelope", plain, `{"detail":{` + push + `,"host.name":"b"},"host.name":"a"}`, "detail.host.name", ``},

		{"by another name", named, `{` + push + `,"country":"DE"}`, code, `"DE"`},
		{"by another name, dotted or nested", named, `{` + push + `,"geo":{"cc":"DE"}}`, code, `"DE"`},
		{"by another name that is null", named, `{` + push + `,"country":null,"source.geo.country_iso_code":"FR"}`, code, `"FR"`},
		{"the first name", named, `{` + push + `,"source.geo.country_iso_code":"FR","country":"DE"}`, code, `"DE"`},
		{"by another name around a list", named, `{"Records":[{` + push + `}],"collector":"a","country":"DE"}`, "host.name", `"a"`},
		{"by another name in the parameters", named, `{` + push + `,"requestParameters":{"country":"DE"}}`, code, ``},

		{"looked up", looking, `{` + push + `}`, code, `"DE"`},
		{"looked up, the system", looking, `{` + push + `}`, "source.as.number", `64500`},
		{"looked up, all", looking, `{` + push + `}`, "source", `{"address":"203.0.113.7","ip":"203.0.113.7","geo":{"continent_name":"Europe","country_iso_code":"DE","country_name":"Germany",` +
			`"region_iso_code":"DE-BE","region_name":"Land Berlin","city_name":"Berlin","timezone":"Europe/Berlin","location":{"lat":52.52,"lon":13.405}},"as":{"number":64500,"organization":{"name":"Example Networks"}}}`},
		{"the shipper's goes before", looking, `{` + push + `,"source.geo.country_iso_code":"XX"}`, code, `"XX"`},
		{"unless it is null", looking, `{` + push + `,"source.geo.country_iso_code":null}`, code, `"DE"`},
		{"field by field", looking, `{` + push + `,"source.geo.country_iso_code":"XX"}`, "source.geo.city_name", `"Berlin"`},
		{"around a list", looking, `{"Records":[{` + push + `},{"eventSource":"s3.amazonaws.com","eventName":"GetObject","sourceIPAddress":"198.51.100.1"}]}`, code, `"DE" | "AU"`},
		{"of two addresses", looking, `{` + push + `,"sourceIPAddress":"198.51.100.1"}`, code, `"DE","AU"`},
		{"of a service", looking, `{"eventSource":"s3.amazonaws.com","eventName":"GetObject","sourceIPAddress":"ec2.amazonaws.com"}`, code, ``},
		{"of AWS Internal", looking, `{"eventSource":"s3.amazonaws.com","eventName":"GetObject","sourceIPAddress":"AWS Internal"}`, code, ``},
		{"of what is no address", looking, `{"eventSource":"s3.amazonaws.com","eventName":"GetObject","sourceIPAddress":"203.0.113.07"}`, code, ``},
		{"of a private address", looking, `{"eventSource":"s3.amazonaws.com","eventName":"GetObject","sourceIPAddress":"10.1.2.3"}`, code, ``},
		{"of no address", looking, `{"eventSource":"s3.amazonaws.com","eventName":"GetObject"}`, code, ``},

		{"a document keeps what it has", looking, `{"event":{"action":"x"},"source":{"ip":"203.0.113.7","geo":{"country_iso_code":"XX"}}}`, code, `"XX"`},
		{"a document without it", looking, `{"event":{"action":"x"},"source":{"ip":"203.0.113.7"}}`, code, `"DE"`},
		{"the user agent of a document", looking, `{"event.action":"x","user_agent.original":"curl/8.1"}`, "user_agent.name", `"curl"`},
		{"the user agent that a document has", looking, `{"event.action":"x","user_agent":{"original":"curl/8.1","name":"cURL"}}`, "user_agent.name", `"cURL"`},
		{"two user agents", plain, `{` + push + `,"userAgent":"curl/8.1","userAgent":"aws-cli/2.1.0 Linux/5.10"}`, "user_agent.name", `"curl","aws-cli"`},
		{"the system of the user agent", plain, `{` + push + `,"userAgent":"aws-cli/2.1.0 Linux/5.10"}`, "user_agent.os.full", `"Linux 5.10"`},
		{"no user agent", plain, `{` + push + `}`, "user_agent.name", ``},
		{"event.type is always a list", plain, `{` + push + `}`, "event", `{"provider":"ec2-instance-connect.amazonaws.com","action":"SendSSHPublicKey","outcome":"success","id":"1","dataset":"aws.cloudtrail","module":"aws","kind":"event","type":["info"]}`},
	} {
		t.Run(c.what, func(t *testing.T) {
			if got := valuesOf(t, c.schema, c.record, c.field); got != c.want {
				t.Errorf("%s\n%s is %s, want %s", c.record, c.field, got, c.want)
			}
		})
	}
}

// Fields that events have by themselves cannot be added.
func TestAddedFieldsAreRefused(t *testing.T) {
	for _, field := range []string{"event.action", "event.outcome", "event.kind", "user.name", "aws.cloudtrail.flattened.request_parameters.a", "event.type"} {
		if _, err := NewSchema(nil, event.AddedFields{field: {"x"}}); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, field := range []string{"host.name", code, "source.as.number", "labels.env"} {
		if _, err := NewSchema(nil, event.AddedFields{field: {"x"}}); err != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
}
