package sidecar

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/aws"
	"github.com/fluent-detect/fluent-detect/plugin/sns"
	fake "github.com/fluent-detect/fluent-detect/test/aws"
	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// announcing returns settings with which a sidecar reads what messages of SNS announce.
func announcing(t *testing.T, c *fake.Server, more ...string) keys {
	t.Helper()
	s := keys{"s3_region": "eu-west-1", "s3_endpoint": c.URL, "state_path": t.TempDir(), "sns_topics": fake.Topic}
	for i := 0; i < len(more); i += 2 {
		s[more[i]] = more[i+1]
	}
	return s
}

// putTrail puts an object, and returns what S3 says about it.
func putTrail(t *testing.T, c *fake.Server, name string, events ...string) string {
	t.Helper()
	key := fmt.Sprintf(trailKey, name)
	c.Put("trail", key, []byte(pack(t, "gzip", trailOf(events...))))
	return objectNotice(key)
}

// Objects that messages of SNS announce are read, each once; without keys for S3 or without
// state_path they are refused. What cannot be read yet is read after a restart.
func TestAnnouncedObjects(t *testing.T) {
	t.Parallel()
	c, service := fake.New(t), fake.NewSNS(t, "sns.amazonaws.com")
	s := announcing(t, c)
	start := func(s keys) *running {
		return runWith(t, s, testLimits, sns.Service{Transport: service, Roots: service.Roots})
	}
	post := func(r *running, text string, want int) {
		t.Helper()
		if answer, text := send(t, r.at("/v1/sns"), string(service.Notification("2", text))); answer.StatusCode != want {
			t.Errorf("%s %s, want %d", answer.Status, text, want)
		}
	}
	r := start(s)
	first := putTrail(t, c, "1", push("a"), other, push("b"))
	post(r, first, 200)
	putTrail(t, c, "other", push("e"))
	post(r, fmt.Sprintf(`{"s3Bucket":"trail","s3ObjectKey":[%q]}`, fmt.Sprintf(trailKey, "other")), 200)
	post(r, `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"trail"}`, 200)
	post(r, push("c"), 200)
	wait(t, "four alerts", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == 4 })
	wait(t, "two objects that are done", func() bool { return strings.Contains(r.get("/metrics"), `objects_total{input="s3",result="done"} 2`) })
	c.Fail = func(operation, _ string) string {
		if operation == "GetObject" {
			return "SlowDown"
		}
		return ""
	}
	post(r, putTrail(t, c, "2", push("d")), 200)
	wait(t, "an object that failed", func() bool { return strings.Contains(r.get("/metrics"), `objects_total{input="s3",result="failed"} 1`) })
	r.Stop()

	c.Fail = nil
	r = start(s)
	wait(t, "the alert of what was left", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == 1 })
	wait(t, "an object that is done", func() bool { return strings.Contains(r.get("/metrics"), `objects_total{input="s3",result="done"} 1`) })
	r.Stop()
	if !strings.Contains(r.log.String(), "1 object announced before") {
		t.Error("the log does not say that an object was left")
	}
	r = start(s)
	r.Stop()
	if strings.Contains(r.log.String(), "announced before") {
		t.Error("an object that was read is still noted")
	}
	post(start(keys{"sns_topics": fake.Topic, "s3_queue_url": c.QueueURL(), "s3_region": "eu-west-1", "s3_endpoint": c.URL, "s3_sqs_endpoint": c.URL}), first, 415)
	post(start(keys{"sns_topics": fake.Topic, "state_path": t.TempDir()}), first, 415)
}

// When 10,000 objects wait, others are refused with 503, after which SNS sends the message
// again; events in messages are evaluated nevertheless. Metrics and the page tell.
func TestTooManyAnnouncedObjects(t *testing.T) {
	t.Parallel()
	c, service := fake.New(t), fake.NewSNS(t, "sns.amazonaws.com")
	c.Fail = func(string, string) string { return "SlowDown" }
	r := runWith(t, announcing(t, c), testLimits, sns.Service{Transport: service, Roots: service.Roots})
	var all []string
	for i := range aws.MaxAnnounced {
		all = append(all, fmt.Sprintf(`"%d"`, i))
	}
	post := func(text string) (*http.Response, string) {
		t.Helper()
		return send(t, r.at("/v1/sns"), string(service.Notification("2", text)))
	}
	keys := `{"s3Bucket":"trail","s3ObjectKey":[` + strings.Join(all, ",") + `]}`
	for _, test := range []struct {
		name, text string
		status     int
	}{
		{"as many as may wait", keys, 200}, {"another", putTrail(t, c, "1", push("a")), 503}, {"two more", `{"s3Bucket":"trail","s3ObjectKey":["x","y"]}`, 503},
		{"the same again", keys, 200}, {"an event", push("b"), 200}, {"a test", `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"trail"}`, 200},
	} {
		answer, text := post(test.text)
		if answer.StatusCode != test.status || (answer.Header.Get("Retry-After") != "") != (test.status == 503) || test.status == 503 && !strings.HasPrefix(text, "10000 objects wait to be read") {
			t.Errorf("%s: %s %v %q, want %d", test.name, answer.Status, answer.Header, text, test.status)
		}
	}
	metrics := r.get("/metrics")
	for _, want := range []string{
		`announced_objects_total{input="s3",outcome="noted"} 10000`, `announced_objects_total{input="s3",outcome="done"} 0`, `announced_objects_total{input="s3",outcome="refused"} 3`,
		`announced_waiting{input="s3"} 10000`, `push_requests_total{endpoint="sns",result="refused"} 2`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if page := r.get("/"); !strings.Contains(page, `<div class="tile critical"><span class="muted">Announced objects</span><strong>10,000</strong><small>wait; 0 done, 0 given up, 3 refused</small></div>`) {
		t.Errorf("the page does not tell:\n%s", page[strings.Index(page, "<main>"):][:3000])
	}
	wait(t, "the alert of the event", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == 1 })
}

// The sidecar is killed with kill -9 while it reads what was announced: nothing that was
// answered with 200 is lost. DETECT_KILLS and DETECT_KILL_MATCHES make it longer.
func TestAnnouncedObjectsKill(t *testing.T) {
	t.Parallel()
	kills, events := number(t, "DETECT_KILLS", 4), number(t, "DETECT_KILL_MATCHES", 200)
	c := fake.New(t)
	source := newVectorSource(t, "")
	s := announcing(t, c, "alerts", source.url, "listen", freeport.Address(t), "listen_username", "u", "listen_password", "p")
	over := time.Duration(kills) * 700 * time.Millisecond
	p := launch(t, s)
	url := "http://" + s["listen"] + "/v1/sns"
	fed := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(fed)
		for i := range events {
			text := putTrail(t, c, fmt.Sprint(i), push(fmt.Sprint("k", i)), other)
			for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
				q, err := http.NewRequest(http.MethodPost, url, strings.NewReader(text))
				if err != nil {
					t.Error(err)
					return
				}
				q.Header.Set(snsRaw, "true")
				q.Header.Set(snsTopic, fake.Topic)
				q.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("u:p")))
				answer, err := http.DefaultClient.Do(q)
				if err != nil {
					continue // killed
				}
				_ = answer.Body.Close()
				if answer.StatusCode == 200 {
					break
				}
			}
			time.Sleep(time.Until(began.Add(over * time.Duration(i+1) / time.Duration(events))))
		}
	}()
	for range kills {
		time.Sleep(over / time.Duration(kills) * 3 / 4)
		p.kill()
		p = launch(t, s)
	}
	<-fed
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got, _ := source.alerts(); got >= events {
			break
		}
	}
	source.wantAlerts(events)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}
