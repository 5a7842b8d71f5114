package sidecar

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/sns"
	"github.com/fluent-detect/fluent-detect/test/aws"
)

func quoteJSON(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Whatever Firehose or EventBridge deliver, or somebody who poses as one of them, all events
// in it are evaluated, what cannot be read is a dead letter, and what is not a delivery is
// rejected.
func TestOddDeliveries(t *testing.T) {
	t.Parallel()
	s := run(t, nil)
	n := 0
	event := func() string { n++; return push(fmt.Sprint("odd", n)) }
	packed := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	records := func(list string) string { return `{"requestId":"r","timestamp":1,"records":` + list + `}` }
	record := func(data string) string { return `{"data":` + quoteJSON(data) + `}` }
	header := func(h ...string) []string { return h }
	control := `{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],` +
		`"logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}`
	fault := func(at int) string { // an event in base64 with a character that base64 does not have
		text := packed(event())
		return text[:at] + "%" + text[at+1:]
	}
	for _, test := range []struct {
		name, path, body string
		header           []string
		status           int
		alerts, dead     uint64
	}{
		{"no base64", "firehose", records("[" + record("%%%") + "," + record(packed(event())) + "]"), nil, 200, 1, 0},
		{"base64 with a fault in the middle", "firehose", records("[" + record(fault(300)) + "," + record(packed(event())) + "]"), nil, 200, 1, 1},
		{"base64 without padding", "firehose", records("[" + record(strings.TrimRight(packed(event()+" "), "=")) + "," + record(strings.TrimRight(packed(event()+"  "), "=")) + "]"), nil, 200, 2, 0},
		{"base64 for URLs", "firehose", records("[" + record(base64.URLEncoding.EncodeToString([]byte(strings.Replace(event(), "203.0", "???>>>~~", 1)))) + "]"), nil, 200, 1, 0},
		{"base64 in lines", "firehose", records("[" + record(packed(event())[:76]+"\r\n"+packed(push(fmt.Sprint("odd", n)))[76:]) + "]"), nil, 200, 1, 0},
		{"data of other types", "firehose", records(`[{"data":null},{"data":5},{"data":[]},{},null,` + record(packed(event())) + "]"), nil, 200, 1, 0},
		{"empty data", "firehose", records("[" + record("") + "]"), nil, 200, 0, 0},
		{"no list", "firehose", records(record(packed(event()))), nil, 200, 1, 0},
		{"the list first", "firehose", `{"records":[` + record(packed(event())) + `],"timestamp":1,"requestId":"r"}`, nil, 200, 1, 0},
		{"10,000 records", "firehose", records("[" + strings.Repeat(record(packed("{}"))+",", 9_999) + record(packed(event())) + "]"), nil, 200, 1, 0},
		{"events without an envelope", "firehose", event(), nil, 200, 1, 0},
		{"no records", "firehose", `{"requestId":"r","timestamp":1}`, nil, 415, 0, 0},
		{"an empty object", "firehose", `{}`, nil, 415, 0, 0},
		{"nothing", "firehose", ``, nil, 415, 0, 0},
		{"text", "firehose", `hello`, nil, 415, 0, 0},
		{"JSON that is cut", "firehose", records("[" + record(packed(event())) + "," + record(packed(event())) + "]")[:900], nil, 200, 1, 1},
		{"two events in gzip", "firehose", firehoseBody(pack(t, "gzip", event()+"\n"+event()+"\n")), nil, 200, 2, 0},
		{"two members of gzip", "firehose", firehoseBody(pack(t, "gzip", event()+"\n") + pack(t, "gzip", event()+"\n")), nil, 200, 2, 0},
		{"gzip in gzip", "firehose", firehoseBody(pack(t, "gzip", pack(t, "gzip", event()))), nil, 200, 1, 0},
		{"gzip that is cut", "firehose", firehoseBody(pack(t, "gzip", event()+"\n"+event())[:200], event()), nil, 200, 1, 1},
		{"zstd", "firehose", firehoseBody(pack(t, "zstd", event())), nil, 200, 1, 0},
		{"events without anything between them", "firehose", firehoseBody(event() + event()), nil, 200, 2, 0},
		{"a list of events", "firehose", firehoseBody("[" + event() + "," + event() + "]"), nil, 200, 2, 0},
		{"an object of CloudTrail", "firehose", firehoseBody(trailOf(event(), event())), nil, 200, 2, 0},
		{"a list of EventBridge", "firehose", firehoseBody("[" + eventOf(event()) + "," + eventOf(event()) + "]"), nil, 200, 2, 0},
		{"logs twice", "firehose", firehoseBody(logsOf(t, event()) + logsOf(t, event())), nil, 200, 2, 0},
		{"a control message", "firehose", firehoseBody(pack(t, "gzip", control)), nil, 200, 0, 0},
		{"the type of a form", "firehose", firehoseBody(event()), header("Content-Type", "application/x-www-form-urlencoded"), 200, 1, 0},
		{"no type", "firehose", firehoseBody(event()), header("Content-Type", ""), 200, 1, 0},
		{"the type of bytes", "firehose", firehoseBody(event()), header("Content-Type", "application/octet-stream"), 200, 1, 0},
		{"a type that is none", "firehose", firehoseBody(event()), header("Content-Type", ";;;"), 200, 1, 0},
		{"the type of msgpack", "firehose", firehoseBody(event()), header("Content-Type", "application/msgpack"), 415, 0, 0},
		{"gzip that is none", "firehose", firehoseBody(event()), header("Content-Encoding", "gzip"), 200, 1, 0},
		{"gzip in capitals", "firehose", pack(t, "gzip", firehoseBody(event())), header("Content-Encoding", "GZIP"), 200, 1, 0},
		{"gzip that is not called so", "firehose", pack(t, "gzip", firehoseBody(event())), nil, 200, 1, 0},
		{"a body in gzip that is cut", "firehose", pack(t, "gzip", firehoseBody(event(), event()))[:200], header("Content-Encoding", "gzip"), 415, 0, 1},

		{"a list", "eventbridge", "[" + eventOf(event()) + "," + eventOf(event()) + "]", nil, 200, 2, 0},
		{"lines", "eventbridge", eventOf(event()) + "\n" + eventOf(event()), nil, 200, 2, 0},
		{"an event as text", "eventbridge", `{"detail-type":"AWS API Call via CloudTrail","detail":` + quoteJSON(event()) + `}`, nil, 200, 1, 0},
		{"all of it as text", "eventbridge", quoteJSON(eventOf(event())), nil, 200, 1, 0},
		{"an event that is cut", "eventbridge", eventOf(event())[:400], nil, 200, 0, 1},
		{"an object in a list", "eventbridge", "[" + eventOf(event()) + "," + created + "]", nil, 415, 1, 0},
		{"gzip", "eventbridge", pack(t, "gzip", eventOf(event())), header("Content-Encoding", "gzip"), 200, 1, 0},
		{"another type", "eventbridge", eventOf(event()), header("Content-Type", "application/json; charset=utf-8"), 200, 1, 0},
		{"nothing to evaluate", "eventbridge", "null", nil, 200, 0, 0},
	} {
		alerts, dead := s.emitted(), s.deadLetters.records.Load()
		answer, text := send(t, s.at("/v1/"+test.path), test.body, append([]string{firehoseRequestID, "r", "Content-Type", "application/json"}, test.header...)...)
		alerts, dead = s.emitted()-alerts, s.deadLetters.records.Load()-dead
		if answer.StatusCode != test.status || alerts != test.alerts || dead != test.dead {
			t.Errorf("%s, %s: %s %s, %d alerts, %d dead letters; want %d, %d, %d", test.path, test.name, answer.Status, text, alerts, dead, test.status, test.alerts, test.dead)
		}
	}
}

// Other methods are not allowed, and Firehose gets its form of answer for a wrong password.
func TestPushMethodsAndPasswords(t *testing.T) {
	t.Parallel()
	s := run(t, keys{"listen_username": "u", "listen_password": "p", "sns_topics": aws.Topic})
	for _, path := range []string{"/v1/firehose", "/v1/sns", "/v1/eventbridge", "/v1/ingest"} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			q, err := http.NewRequest(method, s.at(path), nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") != http.MethodPost {
				t.Errorf("%s %s: %s, Allow %q", method, path, answer.Status, answer.Header.Get("Allow"))
			}
		}
		answer, text := send(t, s.at(path), firehoseBody(push("a")), firehoseRequestID, "r-1", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("u:q")))
		if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("WWW-Authenticate") == "" || !strings.Contains(text, "wrong user or password") {
			t.Errorf("%s: %s %s, want 401", path, answer.Status, text)
		}
		if path == "/v1/firehose" && !strings.HasPrefix(text, `{"requestId":"r-1","timestamp":`) {
			t.Errorf("%s: %s", path, text)
		}
	}
	for _, endpoint := range []string{"firehose", "sns", "eventbridge"} {
		if c := &s.push[endpoint].counts; c.rejected.Load() != 1 {
			t.Errorf("%s: %d requests were rejected, want 1", endpoint, c.rejected.Load())
		}
	}
	if s.emitted() != 0 {
		t.Errorf("%d alerts", s.emitted())
	}
}

// Of a message of SNS only what is signed is evaluated, and only SNS' own certificates count.
func TestForgedSNS(t *testing.T) {
	t.Parallel()
	service := aws.NewSNS(t, "sns.amazonaws.com")
	s := runWithSNS(t, service)
	signed := func() string { return string(service.Notification("2", eventOf(other))) }
	with := func(member string) string { return "{" + member + "," + signed()[1:] }
	behind := func(member string) string { return strings.TrimSuffix(signed(), "}") + "," + member + "}" }
	forged := eventOf(push("forged"))
	for _, test := range []struct {
		name, body string
		header     []string
		status     int
	}{
		{"another text before it", with(`"Message":` + quoteJSON(forged)), nil, 200},
		{"another text in small letters before it", with(`"message":` + quoteJSON(forged)), nil, 200},
		{"another text behind it", behind(`"Message":` + quoteJSON(forged)), nil, 403},
		{"another text in small letters behind it", behind(`"message":` + quoteJSON(forged)), nil, 403},
		{"events beside it", behind(`"Records":[` + push("forged") + `]`), nil, 200},
		{"an event beside it", behind(push("forged")[1 : len(push("forged"))-1]), nil, 200},
		{"a detail beside it", behind(`"detail-type":"AWS API Call via CloudTrail","detail":` + push("forged")), nil, 200},
		{"attributes that are not signed", behind(`"MessageAttributes":{"a":{"Type":"String","Value":` + quoteJSON(forged) + `}}`), nil, 200},
		{"a line behind it", signed() + "\n" + forged, nil, 415},
		{"a list", "[" + signed() + "," + forged + "]", nil, 415},
		{"another account", strings.ReplaceAll(signed(), "111122223333", "444455556666"), nil, 403},
		{"the end of the subscription", string(service.End()), nil, 200},
		{"the end, changed", strings.Replace(string(service.End()), "m-3", "m-4", 1), nil, 403},
		{"a notification that is called an end", strings.Replace(signed(), `"Notification"`, `"UnsubscribeConfirmation"`, 1), nil, 403},
		{"raw, without a password", forged, []string{snsRaw, "true", snsTopic, aws.Topic, snsType, sns.Notification}, 403},
		{"a confirmation of a raw subscription", string(service.Confirmation(aws.SubscribeURL)), []string{snsRaw, "true", snsTopic, aws.Topic, snsType, sns.SubscriptionConfirmation}, 200},
		{"a raw message that is called a confirmation", forged, []string{snsRaw, "true", snsTopic, aws.Topic, snsType, sns.SubscriptionConfirmation}, 415},
		{"no JSON", "hello", nil, 415},
		{"nothing", "", nil, 415},
		{"too long", string(service.Notification("2", strings.Repeat("x", 3<<20))), nil, 415},
		{"gzip", pack(t, "gzip", signed()), []string{"Content-Encoding", "gzip"}, 200},
		{"no type of content", signed(), []string{"Content-Type", ""}, 200},
	} {
		if answer, text := send(t, s.at("/v1/sns"), test.body, append([]string{"Content-Type", "text/plain; charset=UTF-8"}, test.header...)...); answer.StatusCode != test.status {
			t.Errorf("%s: %s %s, want %d", test.name, answer.Status, text, test.status)
		}
	}
	if s.emitted() != 0 {
		t.Errorf("%d alerts of what is not signed:\n%s", s.emitted(), s.stdout.String())
	}
	confirmed := 0
	for _, u := range service.Requested() {
		if u == aws.SubscribeURL {
			confirmed++
		}
	}
	if confirmed != 1 {
		t.Errorf("%d subscriptions were confirmed, want 1", confirmed)
	}

	for name, impostor := range map[string]*aws.SNS{
		"another root": aws.NewSNS(t, "sns.amazonaws.com"),
		"another name": aws.NewSNS(t, "sns.amazonaws.com.example.com"),
		"one that ended": aws.NewSNS(t, "sns.amazonaws.com", func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
		}),
		"one of later": aws.NewSNS(t, "sns.amazonaws.com", func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
		}),
	} {
		roots := impostor.Roots
		if name == "another root" {
			roots = service.Roots
		}
		s := runWith(t, keys{"sns_topics": aws.Topic}, testLimits, sns.Service{Transport: impostor, Roots: roots})
		for _, version := range []string{"1", "2"} {
			if answer, text := send(t, s.at("/v1/sns"), string(impostor.Notification(version, forged))); answer.StatusCode != 403 || s.emitted() != 0 {
				t.Errorf("a certificate of %s: %s %s, want 403", name, answer.Status, text)
			}
		}
		if answer, text := send(t, runWithSNS(t, service).at("/v1/sns"), string(impostor.Notification("2", forged))); answer.StatusCode != 403 {
			t.Errorf("signed with another key: %s %s, want 403", answer.Status, text)
		}
	}
}
