package instance

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/trail"
	fake "github.com/fluent-detect/fluent-detect/test/aws"
	"github.com/fluent-detect/fluent-detect/test/freeport"
)

const pushedObject = `{"Records":[{"eventTime":"2026-03-02T09:00:00Z","eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"e-1"}]}`

// takeAll takes what an input has, when it has something.
func takeAll(t *testing.T, trail *CloudTrail) (chunk []byte) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		all := trail.Take(1 << 20)
		for _, b := range all {
			chunk = append(chunk, b.Data...)
		}
		trail.Taken(true)
		if len(all) > 0 {
			return chunk
		}
		if time.Now().After(end) {
			t.Fatal("nothing is read")
		}
	}
}

// A flush of detect confirms what an input has read: a file is not read again after a
// reload, a message is deleted. What was not flushed comes again.
func TestCloudTrail(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte(pushedObject), 0o600); err != nil {
		t.Fatal(err)
	}
	server := fake.New(t)
	server.Put("b", "x.json.gz", []byte(pushedObject))
	server.Send(`{"s3Bucket":"b","s3ObjectKey":["x.json.gz"]}`)
	server.Put("bucket", "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/x.json.gz", []byte(pushedObject))
	for name, pairs := range map[string][]string{
		"bucket": {"bucket", "bucket", "state_path", filepath.Join(dir, "state"), "region", "eu-west-1", "endpoint", server.URL, "dead_letters", filepath.Join(dir, "dead")},
		"file":   {"path", dir, "state_path", filepath.Join(dir, "state")},
		"queue":  {"queue_url", server.QueueURL(), "region", "eu-west-1", "endpoint", server.URL, "sqs_endpoint", server.URL, "wait_time", "1s"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			t.Cleanup(func() {
				if t.Failed() {
					t.Log(h.logged())
				}
			})
			open := func() *CloudTrail {
				t.Helper()
				input, err := h.registry.OpenCloudTrail("cloudtrail.0", keys(pairs...), h.write)
				if err != nil {
					t.Fatal(err)
				}
				return input
			}
			address := freeport.Address(t)
			h.mustInput("detect_alerts.0")
			out := h.mustOutput("detect.0", "metrics_listen", address)
			input := open()
			takeAll(t, input)
			input.Close() // not confirmed
			input = open()
			chunk := takeAll(t, input)
			if answer := out.Flush("cloudtrail", chunk); answer != AnswerOK {
				t.Fatal(answer)
			}
			for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				if n := h.registry.trailCounts["cloudtrail.0"].Objects.Objects[intake.Done].Load(); n > 0 && h.registry.marks != nil {
					if in, _ := h.registry.trailCounts["cloudtrail.0"].Objects.InFlight(); in == 0 {
						break
					}
				}
				if time.Now().After(end) {
					t.Fatal("never confirmed")
				}
			}
			response, err := http.Get("http://" + address + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(response.Body)
			response.Body.Close()
			of := map[string]*regexp.Regexp{"file": regexp.MustCompile(`messages|extensions|errors|lag|queue|list|dead|learned|announced`),
				"queue": regexp.MustCompile(`list|dead|announced`), "bucket": regexp.MustCompile(`messages|extensions|queue|announced`)}[name] // of other sources
			for _, m := range trail.Metrics(nil) {
				if shown := regexp.MustCompile(m.Name + `\{input="cloudtrail.0"`).Match(text); shown == of.MatchString(m.Name) {
					t.Errorf("%s is shown: %v", m.Name, shown)
				}
			}
			if !strings.Contains(string(text), `fluent_detect_s3_events_total{input="cloudtrail.0"} 2`) {
				t.Errorf("the events are not counted:\n%s", text)
			}
			input.Close()
			input = open()
			time.Sleep(1500 * time.Millisecond)
			if all := input.Take(1); len(all) > 0 {
				t.Errorf("what was confirmed comes again: %q", all[0].Data)
			}
			input.Taken(true)
			// A reload with settings that cannot be used.
			bad, err := h.registry.OpenCloudTrail("cloudtrail.0", keys("path", "x", "queue_url", "y"), h.write)
			if err != nil {
				t.Fatal(err)
			}
			bad.Close()
			h.wantLog("the settings from before the reload stay in force")
			input.Close()
			if all, _ := server.Messages(); name == "queue" && all != 0 {
				t.Errorf("%d messages are left", all)
			}
		})
	}
}
