package sidecar

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
	fake "github.com/fluent-detect/fluent-detect/test/aws"
	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// setAWS sets the environment for AWS' clients, for all tests and their processes.
func setAWS() {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"} {
		_ = os.Setenv(name, value)
	}
}

// queued returns settings with which a sidecar reads what the server's queue announces.
func queued(t *testing.T, c *fake.Server, more ...string) keys {
	t.Helper()
	s := keys{"s3_queue_url": c.QueueURL(), "s3_region": "eu-west-1", "s3_endpoint": c.URL, "s3_sqs_endpoint": c.URL,
		"s3_visibility_timeout": "30s", "s3_wait_time": "1s", "state_path": t.TempDir()}
	for i := 0; i < len(more); i += 2 {
		s[more[i]] = more[i+1]
	}
	return s
}

const trailKey = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/%s.json.gz"

// announce puts an object of that text, compressed, and a message about it.
func announce(t *testing.T, c *fake.Server, name, text string) {
	t.Helper()
	announceBytes(c, name, pack(t, "gzip", text))
}

// objectNotice returns what S3 says about a new object of the bucket trail.
func objectNotice(key string) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"trail"},"object":{"key":%q}}}]}`, key)
}

func announceBytes(c *fake.Server, name, data string) {
	key := fmt.Sprintf(trailKey, name)
	c.Put("trail", key, []byte(data))
	c.Send(objectNotice(key))
}

// trailOf returns an object of CloudTrail with those events.
func trailOf(events ...string) string { return `{"Records":[` + strings.Join(events, ",") + `]}` }

func waitEmpty(t *testing.T, c *fake.Server) {
	t.Helper()
	wait(t, "an empty queue", func() bool { all, _ := c.Messages(); return all == 0 })
}

func (r *running) get(path string) string {
	r.t.Helper()
	answer, err := http.Get("http://" + r.Addr().String() + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	var b strings.Builder
	if err := answer.Write(&b); err != nil {
		r.t.Fatal(err)
	}
	return b.String()
}

// The sidecar reads objects that a queue announces, beside what comes by HTTP. Records that
// cannot be read are dead letters with the name of the object.
func TestObjects(t *testing.T) {
	t.Parallel()
	c := fake.New(t)
	letters := filepath.Join(t.TempDir(), "dead")
	r := run(t, queued(t, c, "dead_letters", letters))
	broken := `{"eventSource":"x","wrapped":` + strings.Repeat(`{"a":`, 60) + push("deep") + strings.Repeat("}", 60) + `}`
	announce(t, c, "1", trailOf(push("a"), other, push("b"), broken))
	r.post(push("c"), 200)
	wait(t, "three alerts", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == 3 })
	waitEmpty(t, c)
	if n := strings.Count(r.stdout.String(), `"tag":"s3"`); n != 2 {
		t.Errorf("%d alerts have the tag of objects, want 2: %s", n, r.stdout.String())
	}
	all := deadLettersOf(t, letters)
	if len(all) != 1 || all[0].Object != "s3://trail/"+fmt.Sprintf(trailKey, "1") || all[0].Client != "" || !strings.Contains(all[0].Text, `{"eventSource":"x"`) {
		t.Errorf("the dead letters are %+v", all)
	}
	text := r.get("/metrics")
	for _, want := range []string{
		`fluent_detect_s3_events_total{input="s3"} 4`, `fluent_detect_s3_objects_total{input="s3",result="done"} 1`, `fluent_detect_s3_in_flight_bytes{input="s3"} 0`,
		`fluent_detect_s3_messages_total{input="s3",outcome="received"} 1`, `fluent_detect_dead_letters_total{kind="record"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics does not have %s", want)
		}
	}
	r.Stop()
	if !strings.Contains(r.log.String(), "messages: received=1 deleted=1 returned=0 ignored=0 unknown=0 dead=0") {
		t.Error("the log does not count the messages")
	}
}

// A message is deleted only when the alerts of its objects are in the outbox: while that
// takes none, nothing is deleted, nothing more is received, and nothing is lost.
func TestObjectsWaitForTheOutbox(t *testing.T) {
	t.Parallel()
	c := fake.New(t)
	source := newVectorSource(t, "")
	source.close()
	r := run(t, queued(t, c, "alerts", source.url), func(l *limits) { l.outbox = 64 << 10 })
	const n = 30
	for i := range n {
		announce(t, c, fmt.Sprint(i), trailOf(push(fmt.Sprint(i)), push(fmt.Sprint("x", i))))
	}
	wait(t, "a message that has to wait", func() bool { return strings.Contains(r.log.String(), "are evaluated again") })
	time.Sleep(1500 * time.Millisecond) // those that were evaluated are deleted once a second
	held, _ := c.Messages()
	calls := c.Calls("ReceiveMessage")
	time.Sleep(1200 * time.Millisecond)
	if now, _ := c.Messages(); held == 0 || now != held || c.Calls("ReceiveMessage") > calls {
		t.Errorf("%d messages, then %d; %d receives, then %d", held, now, calls, c.Calls("ReceiveMessage"))
	}
	source.listen(strings.TrimSuffix(strings.TrimPrefix(source.url, "http://"), "/alerts"))
	source.wantAlerts(2 * n)
	waitEmpty(t, c)
}

// An object that cannot be read delays no other message, and ends with the queue's dead
// letters. What came of it counts.
func TestPoisonObjects(t *testing.T) {
	t.Parallel()
	c := fake.New(t)
	c.Second = 2 * time.Millisecond // a message comes again soon
	c.Redrive(2)
	c.Fail = func(operation, subject string) string {
		if operation == "GetObject" && strings.Contains(subject, "denied") {
			return "AccessDenied"
		}
		return ""
	}
	r := run(t, queued(t, c, "s3_visibility_timeout", "1h"))
	announce(t, c, "denied", trailOf(push("denied")))
	whole := pack(t, "gzip", trailOf(push("first"), strings.Repeat(other+",", 2000)+push("never")))
	announceBytes(c, "cut", whole[:len(whole)-100])
	c.Send("what is this?")
	const n = 10
	for i := range n {
		announce(t, c, fmt.Sprint(i), trailOf(push(fmt.Sprint(i))))
	}
	wait(t, "all good alerts and the first of the object that is cut", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == n+1 })
	wait(t, "three dead letters", func() bool { all, _ := c.Messages(); return all == 0 && len(c.Dead()) == 3 })
	if !strings.Contains(r.log.String(), "s3://trail/"+fmt.Sprintf(trailKey, "denied")+": not allowed") {
		t.Error("the log does not name the object that may not be read")
	}
	if got := strings.Count(r.stdout.String(), `"alert_id"`); got != n+1 {
		t.Errorf("%d alerts, want %d: what comes again is a duplicate", got, n+1)
	}
}

// The rules are reloaded while objects are read.
func TestObjectsDuringAReload(t *testing.T) {
	t.Parallel()
	c := fake.New(t)
	r := run(t, queued(t, c))
	const n = 40
	for i := range n {
		announce(t, c, fmt.Sprint(i), trailOf(push(fmt.Sprint(i))))
		if i%10 == 5 {
			r.Reload()
		}
	}
	wait(t, "all alerts", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == n })
	waitEmpty(t, c)
}

// The sidecar is killed with kill -9 while it reads objects: no event is lost, and no
// message is left. DETECT_KILLS and DETECT_KILL_MATCHES make it longer.
func TestObjectsKill(t *testing.T) {
	t.Parallel()
	kills, events := number(t, "DETECT_KILLS", 4), number(t, "DETECT_KILL_MATCHES", 200)
	c := fake.New(t)
	c.Second = 100 * time.Millisecond // messages of the one that was killed come soon
	source := newVectorSource(t, "")
	s := queued(t, c, "alerts", source.url, "listen", freeport.Address(t))
	over := time.Duration(kills) * 700 * time.Millisecond
	fed := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(fed)
		for i := range events {
			announce(t, c, fmt.Sprint(i), trailOf(push(fmt.Sprint("k", i)), other))
			time.Sleep(time.Until(began.Add(over * time.Duration(i+1) / time.Duration(events))))
		}
	}()
	p := launch(t, s)
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
	waitEmpty(t, c)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}

// After SIGTERM what is not evaluated is visible to others at once, while the sidecar still
// serves, and nothing more is received.
func TestObjectsTerm(t *testing.T) {
	t.Parallel()
	c := fake.New(t)
	release := make(chan struct{})
	c.Body = func(key string, w http.ResponseWriter) bool {
		if !strings.Contains(key, "slow") {
			return false
		}
		_, _ = w.Write([]byte(pack(t, "gzip", trailOf(push("slow")))[:20]))
		w.(http.Flusher).Flush()
		<-release
		return true
	}
	defer close(release)
	source := newVectorSource(t, "")
	p := launch(t, queued(t, c, "alerts", source.url))
	announce(t, c, "1", trailOf(push("a")))
	for i := range 4 {
		announce(t, c, fmt.Sprint("slow", i), trailOf(push("slow")))
	}
	source.wantAlerts(1)
	wait(t, "nothing that is visible", func() bool { all, visible := c.Messages(); return all == 4 && visible == 0 })
	p.signal(syscall.SIGTERM)
	wait(t, "four messages that are visible", func() bool { _, visible := c.Messages(); return visible == 4 })
	post(t, p.url, strings.NewReader(push("b")), 200) // it is still there
	p.wantExit(0)
	source.wantAlerts(2)
	if all, visible := c.Messages(); all != 4 || visible != 4 {
		t.Errorf("%d messages, %d of them visible", all, visible)
	}
}

// The sidecar does not start without the queue, and says which key is wrong.
func TestNoQueue(t *testing.T) {
	t.Parallel()
	c := fake.New(t)
	c.Fail = func(operation, _ string) string {
		if operation == "GetQueueAttributes" {
			return "QueueDoesNotExist"
		}
		return ""
	}
	_, err := start(queued(t, c).config(t), Options{Stdout: &text{}, Stderr: &text{}, Log: func(logger.Level, string) {}}, testLimits)
	if err == nil || !strings.HasPrefix(err.Error(), "s3_queue_url: ") || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("the error is %v", err)
	}
}

// Folders of objects are read too, each event once, also after a restart.
func TestFolders(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), t.TempDir()
	write := func(name string) {
		t.Helper()
		path := filepath.Join(dir, fmt.Sprintf(trailKey, name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(pack(t, "gzip", trailOf(push(name), other))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := keys{"s3_path": dir, "state_path": state}
	write("a")
	r := run(t, s)
	wait(t, "an alert", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == 1 })
	wait(t, "an object that is done", func() bool { return strings.Contains(r.get("/metrics"), `objects_total{input="s3",result="done"} 1`) })
	r.Stop()
	r = run(t, s)
	write("b")
	wait(t, "another alert", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == 1 })
	if text := r.get("/metrics"); !strings.Contains(text, `fluent_detect_s3_events_total{input="s3"} 2`) || strings.Contains(text, "fluent_detect_s3_messages_total{") {
		t.Errorf("not what one object without a queue has:\n%s", text)
	}
}

// A bucket is listed, without a queue.
func TestBucket(t *testing.T) {
	t.Parallel()
	c := fake.New(t)
	s := queued(t, c, "s3_queue_url", "", "s3_sqs_endpoint", "", "s3_visibility_timeout", "", "s3_wait_time", "", "s3_bucket", "trail")
	c.Put("trail", "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/x.json.gz", []byte(pack(t, "gzip", trailOf(push("a"), other))))
	r := run(t, s)
	wait(t, "an alert", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == 1 })
	r.Stop()
	if !strings.Contains(r.log.String(), "listing: requests=") {
		t.Error("the log does not count the requests")
	}
}
