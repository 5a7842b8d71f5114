package e2e

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// standIn is a server that stands in for a destination. It records requests.
type standIn struct {
	server *httptest.Server
	ca     string // its certificate

	mu       sync.Mutex
	requests []request
}

type request struct {
	path   string
	header http.Header
	body   string
}

// newStandIn starts a server with TLS. The handler is called with the number of
// the request, from 1, and writes the answer.
func newStandIn(t *testing.T, answer func(w http.ResponseWriter, number int, body string)) *standIn {
	t.Helper()
	s := &standIn{}
	cert, key := certificate(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s.ca = cert
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a truncated body is not JSON
		s.mu.Lock()
		s.requests = append(s.requests, request{r.URL.Path, r.Header, string(body)})
		number := len(s.requests)
		s.mu.Unlock()
		answer(w, number, string(body))
	}))
	s.server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	return s
}

func (s *standIn) seen() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *standIn) port() string {
	u, _ := url.Parse(s.server.URL) // of httptest
	return u.Port()
}

// edits change the output of a file to the stand-in, and trust its certificate.
func (s *standIn) edits(t *testing.T, host, port string) []edit {
	at := `(?m)^( +)([Hh]ost:? +)` + regexp.QuoteMeta(host) + `\n( +)([Pp]ort:? +)` + port + `$`
	return []edit{listen(t), s.trust(), {at, "${1}${2}127.0.0.1\n${3}${4}" + s.port()}}
}

// trust makes Fluent Bit trust the stand-in's certificate.
func (s *standIn) trust() edit {
	return edit{`(?m)^( +)tls\.verify(:?) +[Oo]n$`, "${1}tls.verify${2} on\n${1}tls.ca_file${2} " + s.ca}
}

// listen gives the http input an unused port.
func listen(t *testing.T) edit { return edit{`9880\b`, fmt.Sprint(freeport.Find(t))} }

const sent = 3 // alerts to each destination

func feedPushes(_ *testing.T, s *shipped) {
	s.post(strings.TrimSpace(pushes(0, 1)), firehose(pushes(1, sent-1)))
}

// destinations are the outputs, with events by HTTP.
func destinations(t *testing.T) []trial {
	all := []trial{toFile(t), toBulk(t, "output-elasticsearch"), toBulk(t, "output-opensearch"), toSplunk(t), toSlack(t), toSNS(t)}
	for i := range all {
		all[i].feed = feedPushes
	}
	return all
}

func toFile(t *testing.T) trial {
	dir := t.TempDir()
	return trial{
		name:  "output-file",
		edits: []edit{{`/var/log/fluent-detect`, dir + "/alerts"}, listen(t)},
		check: func(t *testing.T, s *shipped) {
			s.wait("the alerts in the file", 20*time.Second, func() bool { return countAlerts(readFile(t, dir+"/alerts/alerts.json")) == sent })
		},
	}
}

// readFile returns the contents of a file, or "" if it does not exist.
func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

// index is an index of Elasticsearch or OpenSearch: documents by ID. It stores the first
// alerts but answers with an error, so that they are sent again.
type index struct {
	mu        sync.Mutex
	documents map[string]string
	again     int // documents that were there already
	without   int // documents without an id

	hasRefused bool
}

func (x *index) bulk(w http.ResponseWriter, _ int, body string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(body), "\n")
	var items []string
	for i := 0; i+1 < len(lines); i += 2 {
		var action map[string]struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		}
		if err := json.Unmarshal([]byte(lines[i]), &action); err != nil || len(action) != 1 {
			http.Error(w, "no action: "+lines[i], http.StatusBadRequest)
			return
		}
		for kind, a := range action {
			status := http.StatusCreated
			switch _, there := x.documents[a.ID]; {
			case a.ID == "":
				x.without++
			case there && kind == "create":
				status = http.StatusConflict
			case there:
				status = http.StatusOK
				x.again++
				fallthrough
			default:
				x.documents[a.ID] = a.Index + " " + lines[i+1]
			}
			items = append(items, fmt.Sprintf(`{%q:{"_index":%q,"_id":%q,"status":%d}}`, kind, a.Index, a.ID, status))
		}
	}
	if len(x.documents) > 0 && !x.hasRefused {
		x.hasRefused = true
		http.Error(w, "come again", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintf(w, `{"took":1,"errors":%t,"items":[%s]}`, strings.Contains(strings.Join(items, ""), `"status":409`), strings.Join(items, ","))
}

func toBulk(t *testing.T, name string) trial {
	x := &index{documents: map[string]string{}}
	server := newStandIn(t, x.bulk)
	return trial{
		name:  name,
		edits: server.edits(t, "127.0.0.1", "9200"),
		check: func(t *testing.T, s *shipped) {
			s.wait("the alerts as documents, one of them delivered twice", 20*time.Second, func() bool {
				x.mu.Lock()
				defer x.mu.Unlock()
				return len(x.documents) == sent && x.again > 0
			})
			if x.without > 0 {
				t.Errorf("%d documents without an id", x.without)
			}
			for id, document := range x.documents {
				var alert struct {
					ID string `json:"alert_id"`
				}
				name, body, _ := strings.Cut(document, " ")
				if err := json.Unmarshal([]byte(body), &alert); err != nil || alert.ID != id || name != "fluent-detect-alerts" {
					t.Errorf("the document %s of %s (%v): %.200s", id, name, err, body)
				}
				if key := repeated(t, body); key != "" {
					t.Errorf("the document %s has %s twice, which Elasticsearch refuses", id, key)
				}
			}
		},
	}
}

// repeated returns a key that occurs twice at the top level of a JSON object.
func repeated(t *testing.T, object string) string {
	t.Helper()
	seen := map[string]bool{}
	d := json.NewDecoder(strings.NewReader(object))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		if seen[key.(string)] {
			return key.(string)
		}
		seen[key.(string)] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return ""
}

// refuseFirst refuses the first request and accepts all others.
func refuseFirst(answer string) func(http.ResponseWriter, int, string) {
	return func(w http.ResponseWriter, number int, _ string) {
		if number == 1 {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, answer)
	}
}

func toSplunk(t *testing.T) trial {
	server := newStandIn(t, refuseFirst(`{"text":"Success","code":0}`))
	return trial{
		name:  "output-splunk",
		edits: append(server.edits(t, "127.0.0.1", "8088"), edit{`\$\{SPLUNK_TOKEN\}`, "00000000-0000-0000-0000-000000000001"}),
		check: func(t *testing.T, s *shipped) {
			ids := map[string]bool{}
			s.wait("the alerts at the collector", 20*time.Second, func() bool {
				clear(ids)
				for i, r := range server.seen() {
					if r.path != "/services/collector/event" || r.header.Get("Authorization") != "Splunk 00000000-0000-0000-0000-000000000001" {
						t.Fatalf("a request to %s with Authorization %q", r.path, r.header.Get("Authorization"))
					}
					if i > 0 { // the first was refused
						eventsOfSplunk(t, r.body, ids)
					}
				}
				return len(ids) == sent
			})
		},
	}
}

// eventsOfSplunk adds the ids of the alerts in a request to the collector.
func eventsOfSplunk(t *testing.T, body string, ids map[string]bool) {
	t.Helper()
	for d := json.NewDecoder(strings.NewReader(body)); d.More(); {
		var wrapped struct {
			Time                     float64
			Host, Source, Sourcetype string
			Event                    struct {
				ID string `json:"alert_id"`
			}
		}
		if err := d.Decode(&wrapped); err != nil {
			t.Fatalf("%v: %.200s", err, body)
		}
		if wrapped.Time < 1.7e9 || wrapped.Host == "" || wrapped.Source != "fluent-detect" || wrapped.Sourcetype != "fluent_detect:alert" {
			t.Fatalf("the wrapper of an event is %+v", wrapped)
		}
		if wrapped.Event.ID != "" {
			ids[wrapped.Event.ID] = true
		}
	}
}

func toSlack(t *testing.T) trial {
	server := newStandIn(t, refuseFirst("ok"))
	return trial{
		name:  "output-slack",
		edits: append(server.edits(t, "hooks.slack.com", "443"), edit{`\$\{SLACK_WEBHOOK\}`, "/services/T0/B0/x"}),
		check: func(t *testing.T, s *shipped) {
			lines := map[string]bool{}
			s.wait("the alerts in the channel", 20*time.Second, func() bool {
				clear(lines)
				for i, r := range server.seen() {
					var message struct{ Text string }
					if err := json.Unmarshal([]byte(r.body), &message); err != nil || r.path != "/services/T0/B0/x" || r.header.Get("Content-Type") != "application/json" {
						t.Fatalf("a request to %s (%v): %.300s", r.path, err, r.body)
					}
					if i > 0 { // the first was refused
						lines[message.Text] = true
					}
				}
				return len(lines) == sent
			})
			for line := range lines {
				if !slackLine.MatchString(line) {
					t.Errorf("a line is %q", line)
				}
			}
		},
	}
}

var slackLine = regexp.MustCompile(`^\[MEDIUM\] AWS EC2 Instance Connect SSH Public Key Uploaded: alice SendSSHPublicKey on i-0000000000000000[012] in eu-west-1/111122223333 at 2026-03-02 09:00:00Z, success\. From 203\.0\.113\.24; client Other\. \(alert [0-9a-f]{12}\)$`)

func toSNS(t *testing.T) trial {
	const topic = "arn:aws:sns:us-east-1:111122223333:alerts.fifo"
	server := newStandIn(t, refuseFirst(`<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"/>`))
	t.Setenv("SNS_TOPIC", topic)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return trial{
		name:  "output-sns",
		edits: server.edits(t, "sns.us-east-1.amazonaws.com", "443"),
		check: func(t *testing.T, s *shipped) {
			published := map[string]bool{}
			s.wait("the alerts at the topic", 20*time.Second, func() bool {
				clear(published)
				for i, r := range server.seen() {
					id := publishedBy(t, r, topic)
					if i > 0 {
						published[id] = true
					}
				}
				return len(published) == sent
			})
			for id := range maps.Keys(published) {
				if len(id) != 64 {
					t.Errorf("the id of an alert is %q", id)
				}
			}
		},
	}
}

// publishedBy returns the id of the alert that a request publishes.
func publishedBy(t *testing.T, r request, topic string) string {
	t.Helper()
	if a := r.header.Get("Authorization"); !strings.HasPrefix(a, "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/") || !strings.Contains(a, "/us-east-1/sns/aws4_request") {
		t.Fatalf("Authorization: %s", a)
	}
	if c := r.header.Get("Content-Type"); c != "application/x-www-form-urlencoded" {
		t.Fatalf("Content-Type: %s", c)
	}
	form, err := url.ParseQuery(r.body)
	if err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	var alert struct {
		ID    string `json:"alert_id"`
		Rule  string `json:"alert_rule"`
		Event struct{ Reason string }
	}
	var message struct{ Default, Email string }
	if err := json.Unmarshal([]byte(form.Get("Message")), &message); err != nil || form.Get("MessageStructure") != "json" || !slackLine.MatchString(message.Email) {
		t.Fatalf("%v: the message is %s", err, form.Get("Message"))
	}
	if err := json.Unmarshal([]byte(message.Default), &alert); err != nil || alert.Event.Reason == "" {
		t.Fatalf("%v: the message is %s", err, message.Default)
	}
	if form.Get("Action") != "Publish" || form.Get("TopicArn") != topic || form.Get("MessageDeduplicationId") != alert.ID || form.Get("MessageGroupId") != alert.Rule ||
		form.Get("Subject") != "medium: AWS EC2 Instance Connect SSH Public Key Uploaded" {
		t.Fatalf("the request is %s", r.body)
	}
	return alert.ID
}
