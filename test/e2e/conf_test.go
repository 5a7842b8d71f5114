package e2e

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// edit adapts a shipped file to this machine.
type edit struct{ from, to string } // a regular expression, and what stands for it

// shipped is a configuration of conf/fluent-bit with its own directory.
type shipped struct {
	*fluentBit
	ext string
}

// ship prepares a shipped file, with edits, each of which must change something.
func ship(t *testing.T, name string, edits ...edit) *shipped {
	t.Helper()
	f := prepare(t, "")
	edits = append(edits, edit{`STATE(=|: )/\S+`, "STATE${1}" + f.dir + "/state"})
	files, err := filepath.Glob(filepath.Join(root, "conf/fluent-bit/*"))
	if err != nil {
		t.Fatal(err)
	}
	changed := make([]bool, len(edits))
	ext := filepath.Ext(name)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for i, e := range edits {
			re := regexp.MustCompile(e.from)
			changed[i] = changed[i] || re.MatchString(text) && filepath.Ext(file) == ext
			text = re.ReplaceAllString(text, e.to)
		}
		f.write(filepath.Base(file), text)
	}
	for i, e := range edits {
		if !changed[i] {
			t.Fatalf("no %s file has %s", ext, e.from)
		}
	}
	f.cmd.Args[len(f.cmd.Args)-1] = filepath.Join(f.dir, name)
	return &shipped{f, ext}
}

// quick makes Fluent Bit retry after a second, and the detector send heartbeats every
// second, which all destinations must accept.
var quick = []edit{
	{`(?m)^( +)(Grace +)5`, "${1}${2}1\n${1}scheduler.base 1\n${1}scheduler.cap 1"},
	{`(?m)^( +)(State_Path +\S+)`, "${1}${2}\n${1}Heartbeat 1s"},
}

var quickYAML = []edit{
	{`(?m)^( +)grace: 5`, "${1}grace: 1\n${1}scheduler.base: 1\n${1}scheduler.cap: 1"},
	{`(?m)^( +)(state_path: \S+)`, "${1}${2}\n${1}heartbeat: 1s"},
}

// trial is a test of a shipped configuration: the edits, what to do while it runs, and
// the expected result.
type trial struct {
	name  string // a file, without its extension
	edits []edit
	feed  func(t *testing.T, s *shipped)
	check func(t *testing.T, s *shipped)
}

// Every file under conf/fluent-bit works, in both formats: events are sent as their
// senders send them, and the alerts arrive at a stand-in for the destination.
func TestConfigurations(t *testing.T) {
	binary(t)
	b := newBroker(t)
	type running struct {
		*shipped
		trial
	}
	var all []running
	for _, ext := range []string{".conf", ".yaml"} {
		for _, one := range slices.Concat(destinations(t), sources(t, b)) {
			edits := one.edits
			if ext == ".conf" {
				edits = append(edits, quick...)
			} else {
				edits = append(edits, quickYAML...)
			}
			main := one.name + ext
			if output, ok := strings.CutPrefix(one.name, "output-"); ok {
				main = "input-http" + ext
				edits = append(edits, edit{`(?m)((@INCLUDE|-) )output-stdout`, "${1}output-" + output})
			}
			s := ship(t, main, edits...)
			s.run()
			all = append(all, running{s, one})
		}
	}
	for _, r := range all {
		r.feed(t, r.shipped)
	}
	for _, r := range all {
		t.Run(r.name+r.ext, func(t *testing.T) {
			parent := r.t
			r.t = t
			defer func() { r.t = parent }()
			r.check(t, r.shipped)
		})
	}
	for _, r := range all {
		r.signal(syscall.SIGTERM)
	}
	for _, r := range all {
		r.wantEnd(0)
	}
}

// sources are the inputs, with the alerts on the standard output.
func sources(t *testing.T, b *broker) []trial {
	onStdout := func(n int) func(*testing.T, *shipped) {
		return func(t *testing.T, s *shipped) {
			s.wait("the alerts on stdout", 20*time.Second, func() bool { return countAlerts(s.read("log")) == n })
		}
	}
	rule := filepath.Join(t.TempDir(), "privileged.toml")
	if err := os.WriteFile(rule, []byte(privileged), 0o600); err != nil {
		t.Fatal(err)
	}
	all := []trial{
		{
			name:  "fluent-bit",
			edits: []edit{{`CLOUDTRAIL(=|: )/\S+`, "CLOUDTRAIL${1}in*.json"}},
			feed: func(t *testing.T, s *shipped) {
				c := corpora(t)[0]
				// A long line, ahead of the events.
				s.write("in1.json", c.records()+`{"log":"`+strings.Repeat("x", 60_000)+"\"}\n"+c.text)
			},
			check: onStdout(corpora(t)[0].alerts),
		},
		{
			name:  "input-folder",
			edits: []edit{{`([Pp]ath:? +)/var/log/cloudtrail`, "${1}trail"}},
			feed: func(t *testing.T, s *shipped) {
				s.object(trailName(0), pushes(0, 2))
				s.write("trail/lines.json", pushes(2, 1))
			},
			check: onStdout(3),
		},
		{
			name: "input-kubernetes-audit",
			edits: []edit{
				{`([Pp]ath:? +)/var/log/kubernetes/audit/`, "${1}audit"},
				{`(?m)^( +)([Mm]atch_[Rr]egex(:?) +\S+)$`, "${1}${2}\n${1}rules${3} " + rule},
			},
			feed:  func(_ *testing.T, s *shipped) { s.write("audit1.log", auditLog) },
			check: onStdout(1),
		},
		{
			name:  "input-http",
			edits: []edit{listen(t)},
			feed: func(t *testing.T, s *shipped) {
				var envelopes []string
				for i, event := range strings.Split(strings.TrimSpace(pushes(0, 2)), "\n") {
					envelopes = append(envelopes, [...]string{eventBridge(event), firehose(event)}[i])
				}
				s.post(envelopes...)
			},
			check: onStdout(2),
		},
		{
			name:  "input-forward",
			edits: []edit{{`24224\b`, fmt.Sprint(freeport.Find(t))}},
			feed: func(t *testing.T, s *shipped) {
				s.forward(portIn(s, "input-forward"), pushes(0, 3))
			},
			check: onStdout(3),
		},
	}
	if !b.isBuilt(t) {
		return all
	}
	return append(all, trial{
		name:  "input-kafka",
		edits: []edit{{`127\.0\.0\.1:9092`, b.start(t, pushes(0, 4))}},
		feed:  func(*testing.T, *shipped) {},
		check: onStdout(4),
	})
}

// privileged is a rule about audit events of Kubernetes, and auditLog a log with one that it
// matches.
const (
	privileged = `[rule]
name = "Privileged pod"
rule_id = "privileged-pod"
description = "A test."
author = ["test"]
severity = "high"
risk_score = 73
type = "query"
language = "kuery"
query = """event.dataset: kubernetes.audit_logs and event.action: create and
kubernetes.audit.requestObject.spec.containers.securityContext.privileged: true"""
`
	auditLog = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a-1","stage":"ResponseComplete","requestURI":"/version","verb":"get","user":{"username":"eve"},"requestReceivedTimestamp":"2026-03-02T09:00:00.1Z"}
{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"a-2","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/pods","verb":"create","user":{"username":"eve"},"sourceIPs":["203.0.113.24"],"objectRef":{"resource":"pods","namespace":"shop","name":"web"},"requestObject":{"kind":"Pod","spec":{"containers":[{"name":"c","image":"alpine","securityContext":{"privileged":true}}]}},"requestReceivedTimestamp":"2026-03-02T09:00:00.2Z"}
`
)

// portIn returns the port in a file.
func portIn(s *shipped, name string) string {
	m := regexp.MustCompile(`(?im)^ +port:? +(\d+)`).FindStringSubmatch(s.read(name + s.ext))
	if m == nil {
		s.t.Fatalf("%s%s has no port", name, s.ext)
	}
	return m[1]
}

// eventBridge wraps an event in the envelope of an API destination.
func eventBridge(event string) string {
	return `{"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2-instance-connect",` +
		`"account":"111122223333","time":"2026-03-02T09:00:00Z","region":"eu-west-1","resources":[],"detail":` + event + `}`
}

// firehose wraps an event in a request of Firehose to an HTTP endpoint.
func firehose(event string) string {
	return `{"requestId":"ed4acda5-034f-9f42-bba1-f29aea6d7d8f","timestamp":1772442000000,"records":[{"data":"` +
		base64.StdEncoding.EncodeToString([]byte(event)) + `"}]}`
}

// post sends JSON bodies to the http input of input-http.
func (s *shipped) post(bodies ...string) {
	s.t.Helper()
	s.postTo(portIn(s, "input-http"), bodies...)
}

func (s *shipped) postTo(port string, bodies ...string) {
	s.t.Helper()
	for _, body := range bodies {
		s.wait("an answer of the http input", 20*time.Second, func() bool {
			r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:"+port+"/cloudtrail", strings.NewReader(body))
			if err != nil {
				s.t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Close = true
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				return false
			}
			answer.Body.Close()
			return answer.StatusCode/100 == 2
		})
	}
}

// forward sends events by the Forward protocol, with a tag.
func (s *shipped) forward(port, events string) {
	s.t.Helper()
	var entries []any
	for line := range strings.Lines(events) {
		entries = append(entries, []any{time.Now().Unix(), map[string]any{"log": strings.TrimSpace(line)}})
	}
	message, err := msgpack.Marshal([]any{"app.trail", entries})
	if err != nil {
		s.t.Fatal(err)
	}
	s.wait("a connection of the forward input", 20*time.Second, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return false
		}
		defer c.Close()
		_, err = c.Write(message)
		return err == nil
	})
}

var alertID = regexp.MustCompile(`"alert_id":"[0-9a-f]{64}"`)

func countAlerts(log string) int { return len(alertID.FindAllString(log, -1)) }
