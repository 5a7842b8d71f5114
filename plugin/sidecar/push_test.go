package sidecar

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/plugin/sns"
	"github.com/fluent-detect/fluent-detect/test/aws"
)

// at returns the URL of another path.
func (r *running) at(path string) string { return "http://" + r.Addr().String() + path }

func (r *running) emitted() uint64 { return r.state.Report().Outcomes[stats.Emitted] }

// send posts a body and returns the response with its text.
func send(t *testing.T, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	q, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// firehoseBody returns the body of a delivery by Firehose.
func firehoseBody(data ...string) string {
	var records []string
	for _, d := range data {
		records = append(records, `{"data":"`+base64.StdEncoding.EncodeToString([]byte(d))+`"}`)
	}
	return `{"requestId":"r-1","timestamp":1767225600000,"records":[` + strings.Join(records, ",") + `]}`
}

// eventOf returns an event of EventBridge.
func eventOf(event string) string {
	return `{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2-instance-connect","account":"111122223333",` +
		`"time":"2026-03-02T09:00:00Z","region":"eu-west-1","resources":[],"detail":` + event + `}`
}

// logsOf returns what a subscription of CloudWatch Logs sends.
func logsOf(t *testing.T, events ...string) string {
	var list []string
	for i, e := range events {
		quoted, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf(`{"id":"%d","timestamp":1,"message":%s}`, i, quoted))
	}
	return pack(t, "gzip", `{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[`+strings.Join(list, ",")+`]}`)
}

// Firehose gets the answers it knows, 200 only for what is in the outbox.
func TestFirehose(t *testing.T) {
	t.Parallel()
	letters := filepath.Join(t.TempDir(), "dead")
	s := run(t, keys{"firehose_access_key": "k-1", "dead_letters": letters})
	events := firehoseBody(push("a")+"\n"+push("b")+"\n", eventOf(push("c")), logsOf(t, other, push("d")), push("e")[:200], "hello", push("f"))
	for _, test := range []struct {
		name, body string
		header     []string
		status     int
		err        string // the beginning
		alerts     uint64
	}{
		{"all kinds of data", events, []string{firehoseVersion, "1.0"}, 200, "", 5},
		{"the same again", events, nil, 200, "", 0},
		{"packed", pack(t, "gzip", firehoseBody(push("g"))), []string{"Content-Encoding", "gzip"}, 200, "", 1},
		{"no records", firehoseBody(), nil, 200, "", 0},
		{"a wrong key", firehoseBody(push("h")), []string{firehoseAccessKey, "k-2"}, 401, "/v1/firehose: X-Amz-Firehose-Access-Key is not firehose_access_key", 0},
		{"a key that is longer", firehoseBody(push("h")), []string{firehoseAccessKey, "k-11"}, 401, "/v1/firehose: ", 0},
		{"no key", firehoseBody(push("h")), []string{firehoseAccessKey, ""}, 401, "/v1/firehose: ", 0},
		{"another version", firehoseBody(push("h")), []string{firehoseVersion, "2.0"}, 415, "the body is not supported: the header X-Amz-Firehose-Protocol-Version is not 1.0", 0},
		{"no id", firehoseBody(push("h")), []string{firehoseRequestID, ""}, 415, "the body is not supported: it is not from Firehose", 0},
		{"not packed as it says", firehoseBody(push("h")), []string{"Content-Encoding", "br"}, 415, "Content-Encoding", 0},
	} {
		before := s.emitted()
		answer, text := send(t, s.at("/v1/firehose"), test.body, append([]string{
			firehoseAccessKey, "k-1", firehoseRequestID, "id\"<1>", "Content-Type", "application/json"}, test.header...)...)
		var got map[string]any
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%s: %v: %q", test.name, err, text)
			continue
		}
		message, _ := got["errorMessage"].(string)
		id := "id\"<1>"
		if test.name == "no id" {
			id = ""
		}
		if answer.StatusCode != test.status || !strings.HasPrefix(message, test.err) || (message == "") != (test.err == "") || got["requestId"] != id {
			t.Errorf("%s: %s %s; want %d, the error %q, and the id %q", test.name, answer.Status, text, test.status, test.err, id)
		}
		if ms, _ := got["timestamp"].(float64); time.Since(time.UnixMilli(int64(ms))).Abs() > time.Minute {
			t.Errorf("%s: the timestamp is %v", test.name, got["timestamp"])
		}
		if answer.ContentLength != int64(len(text)) || answer.Header.Get("Content-Type") != "application/json" || answer.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: the headers are %v", test.name, answer.Header)
		}
		if n := s.emitted() - before; n != test.alerts {
			t.Errorf("%s: %d alerts, want %d", test.name, n, test.alerts)
		}
	}
	if strings.Contains(s.log.String(), "k-1") {
		t.Error("the key is in the log")
	}
	if l := deadLettersOf(t, letters); len(l) != 2 || !strings.Contains(l[0].Reason, "looks like CloudTrail") { // the event that is cut, twice
		t.Errorf("dead letters: %+v", l)
	}
}

// The largest delivery, 64 MiB, is accepted. Its length says nothing about its memory.
func TestLargeFirehose(t *testing.T) {
	t.Parallel()
	s := run(t, nil)
	record := `{"data":"` + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(other+"\n", 1_000<<10/len(other)))) + `"},`
	body := `{"requestId":"r","timestamp":1,"records":[` + strings.Repeat(record, 64<<20/len(record)) + `{"data":"` + base64.StdEncoding.EncodeToString([]byte(push("last"))) + `"}]}`
	if answer, text := send(t, s.at("/v1/firehose"), body, firehoseRequestID, "r"); answer.StatusCode != 200 || s.emitted() != 1 {
		t.Errorf("%s %s, %d alerts; want 200 and 1", answer.Status, text, s.emitted())
	}
	if s.deadLetters.records.Load() != 0 {
		t.Errorf("%d dead letters: %s", s.deadLetters.records.Load(), s.log.String())
	}
}

// While nothing can be accepted the answer is 503, never 413, within five seconds.
func TestPushWhileFull(t *testing.T) {
	t.Parallel()
	s := run(t, keys{"sns_topics": aws.Topic})
	s.ingest.scan = func(string, []byte) (detector.Result, error) { return detector.Result{}, &outbox.FullError{} }
	for path, body := range map[string]string{"/v1/firehose": firehoseBody(push("a")), "/v1/eventbridge": eventOf(push("a")), "/v1/ingest": push("a")} {
		if answer, text := send(t, s.at(path), body, firehoseRequestID, "r"); answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s %s, want 503", path, answer.Status, text)
		}
	}
	release := make(chan struct{})
	s.ingest.scan = func(string, []byte) (detector.Result, error) { <-release; return detector.Result{}, nil }
	defer close(release)
	begin := time.Now()
	if answer, text := send(t, s.at("/v1/eventbridge"), eventOf(push("a"))); answer.StatusCode != 503 || time.Since(begin) > 4*time.Second {
		t.Errorf("EventBridge, with a disk that is stuck: %s %s after %v, want 503 within 4 s", answer.Status, text, time.Since(begin))
	}
	for s.ingest.slots.inUse() < s.ingest.slots.perClient { // others have their places
		go http.Post(s.url(), "application/json", strings.NewReader(push("b"))) //nolint:errcheck // it does not end
		time.Sleep(10 * time.Millisecond)
	}
	begin = time.Now()
	if answer, text := send(t, s.at("/v1/eventbridge"), eventOf(push("a"))); answer.StatusCode != 503 || time.Since(begin) > 4*time.Second {
		t.Errorf("EventBridge, without a place: %s %s after %v, want 503 within 4 s", answer.Status, text, time.Since(begin))
	}
}

const created = `{"version":"0","detail-type":"Object Created","source":"aws.s3","region":"eu-west-1","detail":{"bucket":{"name":"b"},"object":{"key":"k","size":1}}}`

func TestEventBridge(t *testing.T) {
	t.Parallel()
	s := run(t, keys{"eventbridge_key": "k-1"})
	for _, test := range []struct {
		name, body, key string
		status          int
		text            string
		alerts          uint64
	}{
		{"an event", eventOf(push("a")), "k-1", 200, "", 1},
		{"what a transformer made of it", push("b"), "k-1", 200, "", 1},
		{"an event of another kind", `{"version":"0","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","detail":{"state":"running"}}`, "k-1", 200, "", 0},
		{"another key", eventOf(push("c")), "k-2", 401, "/v1/eventbridge: X-Api-Key is not eventbridge_key", 0},
		{"an object", created, "k-1", 415, "the body is not supported: it announces objects in S3 such as s3://b/k", 0},
		{"more than one event", `"` + strings.Repeat("x", 3<<20) + `"`, "k-1", 415, "the body is not supported: it is longer than one message", 0},
	} {
		before := s.emitted()
		answer, text := send(t, s.at("/v1/eventbridge"), test.body, "X-API-Key", test.key)
		if answer.StatusCode != test.status || !strings.HasPrefix(text, test.text) || s.emitted()-before != test.alerts {
			t.Errorf("%s: %s %q, %d alerts; want %d, %q, %d", test.name, answer.Status, text, s.emitted()-before, test.status, test.text, test.alerts)
		}
	}
}

func runWithSNS(t *testing.T, service *aws.SNS) *running {
	return runWith(t, keys{"sns_topics": aws.Topic}, testLimits, sns.Service{Transport: service, Roots: service.Roots})
}

// Messages of SNS are accepted if SNS has signed them for a listed topic.
func TestSNS(t *testing.T) {
	t.Parallel()
	service := aws.NewSNS(t, "sns.amazonaws.com")
	s := runWithSNS(t, service)
	altered := strings.Replace(string(service.Notification("2", eventOf(push("x")))), "203.0.113.24", "203.0.113.25", 1)
	foreign := strings.Replace(string(service.Notification("2", eventOf(push("x")))), ":trail", ":other", 1)
	cut := strings.Replace(string(service.Notification("2", eventOf(push("x")))), "0a1b", "cut", 1)
	for _, test := range []struct {
		name, body string
		status     int
		text       string
		alerts     uint64
	}{
		{"version 1", string(service.Notification("1", eventOf(push("a")))), 200, "", 1},
		{"version 2", string(service.Notification("2", push("b"))), 200, "", 1},
		{"the same again", string(service.Notification("2", push("b"))), 200, "", 0},
		{"changed", altered, 403, "the signature is wrong", 0},
		{"another topic", foreign, 403, "the topic", 0},
		{"a chain that is cut", cut, 403, "SigningCertURL: the certificate is not trusted", 0},
		{"a confirmation", string(service.Confirmation(aws.SubscribeURL)), 200, "", 0},
		{"a confirmation elsewhere", string(service.Confirmation("https://example.com/?Action=ConfirmSubscription")), 403, "SubscribeURL", 0},
		{"objects", string(service.Notification("2", `{"s3Bucket":"b","s3ObjectKey":["k"]}`)), 415, "the body is not supported: it announces objects", 0},
		{"no message", push("c"), 415, "the body is not supported: the body is not a message of SNS", 0},
	} {
		before := s.emitted()
		answer, text := send(t, s.at("/v1/sns"), test.body, "Content-Type", "text/plain; charset=UTF-8")
		if answer.StatusCode != test.status || !strings.HasPrefix(text, test.text) || s.emitted()-before != test.alerts {
			t.Errorf("%s: %s %q, %d alerts; want %d, %q, %d", test.name, answer.Status, text, s.emitted()-before, test.status, test.text, test.alerts)
		}
	}
	for _, u := range service.Requested() {
		if !strings.HasPrefix(u, "https://sns.eu-west-1.amazonaws.com/") {
			t.Errorf("%s was requested", u)
		}
	}
	service.Down = true
	if answer, text := send(t, runWithSNS(t, service).at("/v1/sns"), string(service.Notification("2", push("d")))); answer.StatusCode != 503 {
		t.Errorf("SNS cannot be reached: %s %s, want 503", answer.Status, text)
	}
	if answer, _ := send(t, run(t, nil).at("/v1/sns"), string(service.Notification("2", push("d")))); answer.StatusCode != 404 {
		t.Errorf("without sns_topics: %s, want 404", answer.Status)
	}
}

// Raw messages are accepted from whoever has the password.
func TestRawSNS(t *testing.T) {
	t.Parallel()
	raw := []string{"Content-Type", "text/plain", snsRaw, "true", snsTopic, aws.Topic}
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte("u:p"))
	s := run(t, keys{"sns_topics": aws.Topic, "listen_username": "u", "listen_password": "p"})
	for _, test := range []struct {
		name   string
		header []string
		status int
	}{
		{"no password", raw, 401},
		{"a password", append(raw[:len(raw):len(raw)], "Authorization", login), 200},
		{"another topic", append(raw[:len(raw):len(raw)], "Authorization", login, snsTopic, aws.Topic+"x"), 403},
	} {
		if answer, text := send(t, s.at("/v1/sns"), eventOf(push("a")), test.header...); answer.StatusCode != test.status {
			t.Errorf("%s: %s %s, want %d", test.name, answer.Status, text, test.status)
		}
	}
	if s.emitted() != 1 {
		t.Errorf("%d alerts, want 1", s.emitted())
	}
	open := run(t, keys{"sns_topics": aws.Topic})
	if answer, text := send(t, open.at("/v1/sns"), eventOf(push("a")), raw...); answer.StatusCode != 403 || open.emitted() != 0 {
		t.Errorf("no password is set: %s %s, want 403", answer.Status, text)
	}
}
