package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	fake "github.com/fluent-detect/fluent-detect/test/aws"
	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// cloud is S3 and SQS: our stand-in, or moto.
type cloud interface {
	put(key string, data []byte)
	send(body string)
	// left returns the number of messages, whether visible or not.
	left() int
	url() string
	queue() string
}

// fakeCloud is test/aws.
type fakeCloud struct{ *fake.Server }

func (s fakeCloud) put(key string, data []byte) { s.Put("trail", key, data) }
func (s fakeCloud) send(body string)            { s.Send(body) }
func (s fakeCloud) left() int                   { all, _ := s.Messages(); return all }
func (s fakeCloud) url() string                 { return s.URL }
func (s fakeCloud) queue() string               { return s.QueueURL() }

// moto is moto's server, which others have written after AWS' documentation.
type moto struct {
	t        *testing.T
	endpoint string
	queueURL string
	s3       *s3.Client
	sqs      *sqs.Client
}

// newMoto starts the server, and skips the test if it is not installed.
func newMoto(t *testing.T) *moto {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err == nil {
		err = exec.Command(path, "--help").Run()
	}
	if err != nil {
		t.Skip("no moto_server on PATH (pip install 'moto[server]'): not tested: S3 and SQS by moto")
	}
	port := freeport.Find(t)
	command := exec.Command(path, "-H", "127.0.0.1", "-p", strconv.Itoa(port))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	m := &moto{t: t, endpoint: fmt.Sprintf("http://127.0.0.1:%d", port)}
	config := awssdk.Config{Region: "eu-west-1", BaseEndpoint: &m.endpoint, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
	m.s3 = s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	m.sqs = sqs.NewFromConfig(config)
	ctx := context.Background()
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		out, err := m.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: awssdk.String("trail")})
		if err == nil {
			m.queueURL = *out.QueueUrl
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	if _, err := m.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: awssdk.String("trail"),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}}); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *moto) put(key string, data []byte) {
	m.t.Helper()
	if _, err := m.s3.PutObject(context.Background(), &s3.PutObjectInput{Bucket: awssdk.String("trail"), Key: &key, Body: bytes.NewReader(data)}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *moto) send(body string) {
	m.t.Helper()
	if _, err := m.sqs.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: &m.queueURL, MessageBody: &body}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *moto) left() int {
	m.t.Helper()
	out, err := m.sqs.GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{QueueUrl: &m.queueURL, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		m.t.Fatal(err)
	}
	visible, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	other, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	return visible + other
}

func (m *moto) url() string   { return m.endpoint }
func (m *moto) queue() string { return m.queueURL }

// queued prepares a Fluent Bit that reads from a queue.
func queued(t *testing.T, c cloud, flags ...string) *fluentBit {
	t.Helper()
	binary(t)
	config := strings.NewReplacer("Path          DIR/trail", "Queue_URL     "+c.queue(), "State_Path    DIR/positions",
		"Region eu-west-1\n    Endpoint "+c.url()+"\n    SQS_Endpoint "+c.url()+"\n    Visibility_Timeout 30s\n    Wait_Time 1s", "SETTINGS", "# none").Replace(folders)
	f := prepare(t, config, flags...)
	f.cmd.Env = append(os.Environ(), awsEnvironment...)
	return f
}

var awsEnvironment = []string{"AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true"}

// announce stores an object and announces it in one of several ways.
func announce(c cloud, n int, lines string) {
	key := trailName(n)
	c.put(key, objectOf(lines))
	switch n % 3 {
	case 0:
		c.send(fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"trail"},"object":{"key":%q,"size":1}}}]}`, key))
	case 1:
		c.send(fmt.Sprintf(`{"Type":"Notification","MessageId":"m","TopicArn":"t","Message":%q}`, fmt.Sprintf(`{"s3Bucket":"trail","s3ObjectKey":[%q]}`, key)))
	default:
		c.send(fmt.Sprintf(`{"version":"0","detail-type":"Object Created","source":"aws.s3","region":"eu-west-1","detail":{"bucket":{"name":"trail"},"object":{"key":%q,"size":1}}}`, key))
	}
}

// Objects that a queue announces: every event is one record and one alert, and the queue is
// empty in the end.
func TestQueue(t *testing.T) {
	t.Parallel()
	f := func(t *testing.T, c cloud, objects int) {
		const each = 5
		f := queued(t, c)
		for i := range objects {
			announce(c, i, pushes(i*each, each)+otherEvents(2))
		}
		c.send("CloudTrail validation message.")
		f.run()
		f.wantEvents(objects * each)
		f.wait("an empty queue", 30*time.Second, func() bool { return c.left() == 0 })
		f.wantStill("originals", objects*(each+2))
		f.wantNow("alerts", objects*each)
		f.stop()
		if log := f.read("log"); !strings.Contains(log, fmt.Sprintf("messages: received=%d deleted=%d returned=0 ignored=1 unknown=0", objects+1, objects+1)) {
			t.Error("the log does not count the messages")
		}
	}
	t.Run("stand-in", func(t *testing.T) { t.Parallel(); f(t, fakeCloud{fake.New(t)}, 300) })
	t.Run("moto", func(t *testing.T) { t.Parallel(); f(t, newMoto(t), 60) })
}

// numbered returns n events that match nothing, with the IDs r-from and following.
func numbered(from, n int) string {
	var b strings.Builder
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, `{"eventVersion":"1.08","eventTime":"2026-03-02T09:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances",`+
			`"awsRegion":"eu-west-1","requestParameters":null,"eventID":"r-%d","recipientAccountId":"111122223333"}`+"\n", i)
	}
	return b.String()
}

var otherIDs = regexp.MustCompile(`"eventID":"(r-\d+)"`)

// wantNoOtherLost checks that there is a record of each of n numbered events. The process has
// ended.
func (f *fluentBit) wantNoOtherLost(n int) {
	f.t.Helper()
	missing, repeated := 0, 0
	found := f.found("originals", otherIDs)
	for i := range n {
		switch times := found[fmt.Sprint("r-", i)]; {
		case times == 0:
			missing++
		case times > 1:
			repeated++
		}
	}
	if missing > 0 {
		f.t.Errorf("%d of %d events without a match are lost", missing, n)
	}
	f.t.Logf("%d events without a match, %d of them repeated", n, repeated)
}

// others is how many events without a match feedQueue puts beside each one that matches.
func others(t *testing.T) int { return number(t, "DETECT_KILL_OTHERS", 5) }

// feedQueue announces n objects with an event each that matches, and others, over a time.
func feedQueue(c cloud, n, others int, over time.Duration) <-chan struct{} {
	done := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(done)
		for i := range n {
			announce(c, i, pushes(i, 1)+numbered(i*others, others))
			time.Sleep(time.Until(began.Add(over * time.Duration(i+1) / time.Duration(n))))
		}
	}()
	return done
}

// runAgain prepares the next run, with the same environment.
func (f *fluentBit) runAgain() {
	env := f.cmd.Env
	f.again()
	f.cmd.Env = env
}

// kill -9 at random moments: no event is lost, and no message is left.
func TestQueueKill(t *testing.T) {
	t.Parallel()
	kills := number(t, "DETECT_KILLS", 5)
	events := number(t, "DETECT_KILL_MATCHES", 300)
	c := fakeCloud{fake.New(t)}
	c.Second = 100 * time.Millisecond // messages of the one that was killed come soon
	f := queued(t, c)
	fed := feedQueue(c, events, others(t), time.Duration(kills)*1700*time.Millisecond)
	for range kills {
		f.run()
		time.Sleep(moment())
		if err := f.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-f.done
		f.runAgain()
	}
	<-fed
	f.run()
	f.wantEvents(events)
	f.wait("an empty queue", 30*time.Second, func() bool { return c.left() == 0 })
	f.wantNoneLost(events)
	f.wantNoOtherLost(events * others(t))
}

// SIGTERM at random moments: no event is lost, and the messages that are not done are
// visible at once. The visibility timeout does not end before the test does.
func TestQueueStops(t *testing.T) {
	t.Parallel()
	stops := number(t, "DETECT_STOPS", 3)
	c := fakeCloud{fake.New(t)}
	c.Second = time.Minute
	f := queued(t, c)
	fed := feedQueue(c, 300, others(t), time.Duration(stops)*3*time.Second)
	for range stops {
		f.run()
		time.Sleep(moment())
		f.stop()
		if all, visible := c.Messages(); visible != all {
			t.Errorf("%d messages after the end, %d of them visible", all, visible)
		}
		f.runAgain()
	}
	<-fed
	f.run()
	f.wantNoneLost(300)
	f.wantNoOtherLost(300 * others(t))
	if n := c.left(); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

// Hot reloads under load.
func TestQueueReloads(t *testing.T) {
	t.Parallel()
	reloads := number(t, "DETECT_RELOADS", 4)
	c := fakeCloud{fake.New(t)}
	c.Second = time.Minute
	f := queued(t, c, "-Y")
	fed := feedQueue(c, 300, others(t), time.Duration(reloads)*3*time.Second)
	f.run()
	for i := range reloads {
		f.wait("reload "+strconv.Itoa(i), 30*time.Second, func() bool { return strings.Count(f.read("log"), "rule loaded") == i+1 })
		time.Sleep(moment())
		f.signal(syscall.SIGHUP)
	}
	<-fed
	f.wantNoneLost(300)
	f.wantNoOtherLost(300 * others(t))
	if n := c.left(); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

// An input that Fluent Bit pauses again and again loses nothing, not even when it is stopped
// meanwhile.
func TestQueuePaused(t *testing.T) {
	t.Parallel()
	const objects, each = 20, 300
	c := fakeCloud{fake.New(t)}
	c.Second = time.Minute // what is not given back at the end does not come again
	f := queued(t, c)
	f.reconfigure(func(config string) string {
		return strings.Replace(config, "storage.type  filesystem\n    # none", "mem_buf_limit 200k", 1)
	})
	for i := range objects {
		announce(c, i, pushes(i*each, each))
	}
	f.run()
	f.wantLog("paused")
	f.stop()
	f.runAgain()
	f.run()
	f.wantNoneLost(objects * each)
}

// A destination of the raw records that is down for a while: nothing is lost, and messages do
// not wait for it.
func TestQueueOutage(t *testing.T) {
	t.Parallel()
	outage := time.Duration(number(t, "DETECT_OUTAGE", 5)) * time.Second
	began := time.Now()
	var mu sync.Mutex
	got := map[string]int{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if time.Since(began) < outage {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, m := range otherIDs.FindAllSubmatch(body, -1) {
			got[string(m[1])]++
		}
	}))
	t.Cleanup(receiver.Close)
	c := fakeCloud{fake.New(t)}
	const objects, each = 50, 100
	f := queued(t, c)
	f.reconfigure(func(config string) string {
		address := strings.TrimPrefix(receiver.URL, "http://")
		host, port, _ := strings.Cut(address, ":")
		return strings.Replace(config, "Grace         3", "Grace 3\n    scheduler.base 1\n    scheduler.cap 3", 1) +
			"\n[OUTPUT]\n    Name http\n    Match cloudtrail\n    Host " + host + "\n    Port " + port + "\n    Format json\n    Retry_Limit no_limits\n"
	})
	for i := range objects {
		announce(c, i, pushes(i, 1)+numbered(i*each, each))
	}
	f.run()
	f.wait("an empty queue", 30*time.Second, func() bool { return c.left() == 0 })
	f.wait("all records at the destination", outage+time.Minute, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == objects*each
	})
	f.wantNoneLost(objects)
	f.wantNoOtherLost(objects * each)
}

// A full disk, on which Fluent Bit cannot store records, and detect no state: the messages
// wait, and nothing is lost once there is room again.
func TestQueueFullDisk(t *testing.T) {
	t.Parallel()
	c := fakeCloud{fake.New(t)}
	c.Second = 100 * time.Millisecond
	f := queued(t, c)
	disk := filepath.Join(f.dir, "state")
	if err := os.MkdirAll(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("not tested: a full disk, since no small file system can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", disk).Run() })
	fill := filepath.Join(disk, "fill")
	const objects, each = 20, 100
	f.run()
	announce(c, 0, pushes(0, 1))
	f.wait("the first alert", 20*time.Second, func() bool { return f.lines("alerts") == 1 })
	if err := exec.Command("dd", "if=/dev/zero", "of="+fill, "bs=64k").Run(); err == nil {
		t.Fatal("the disk has no limit")
	}
	for i := 1; i < objects; i++ {
		announce(c, i, pushes(i*each, each)+numbered(i*each, each))
	}
	f.wantLog("its alerts cannot be stored")
	if c.left() == 0 {
		t.Error("all messages are deleted, and nothing is stored")
	}
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	f.wait("an empty queue", 2*time.Minute, func() bool { return c.left() == 0 })
	f.wait("all alerts", time.Minute, func() bool { return len(f.found("alerts", alertIDs)) == (objects-1)*each+1 })
	f.stop()
	if n := len(f.found("originals", otherIDs)); n != (objects-1)*each {
		t.Errorf("%d records of %d", n, (objects-1)*each)
	}
}

// The shipped configurations for a queue work, in both formats, with what the environment
// says of AWS.
func TestQueueConfigurations(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{".conf", ".yaml"} {
		t.Run(ext, func(t *testing.T) {
			t.Parallel()
			c := fakeCloud{fake.New(t)}
			announce(c, 0, pushes(0, 2))
			s := ship(t, "input-s3"+ext, edit{`(?i)(queue_url:? +)https:\S+`, "${1}" + c.queue()})
			s.cmd.Env = append(os.Environ(), awsEnvironment...)
			s.cmd.Env = append(s.cmd.Env, "AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL="+c.url())
			s.run()
			s.wait("the alerts on stdout", 20*time.Second, func() bool { return countAlerts(s.read("log")) == 2 })
			s.wait("an empty queue", 20*time.Second, func() bool { return c.left() == 0 })
			s.stop()
		})
	}
}

// Messages that announce the same object, and one that SQS delivers twice, make records
// again, and no second alert.
func TestQueueDuplicates(t *testing.T) {
	t.Parallel()
	c := fakeCloud{fake.New(t)}
	announce(c, 0, pushes(0, 5))
	f := queued(t, c)
	f.run()
	f.wantEvents(5)
	announce(c, 0, pushes(0, 5))
	f.wait("records twice", 20*time.Second, func() bool { return f.lines("originals") == 10 })
	f.wait("an empty queue", 30*time.Second, func() bool { return c.left() == 0 })
	time.Sleep(2 * time.Second)
	f.wantStill("alerts", 5)
	f.stop()
}

// A queue that does not exist stops the start.
func TestQueueRefused(t *testing.T) {
	t.Parallel()
	c := fakeCloud{fake.New(t)}
	c.Fail = func(operation, _ string) string {
		if operation == "GetQueueAttributes" {
			return "QueueDoesNotExist"
		}
		return ""
	}
	f := queued(t, c)
	f.run()
	f.wantEnd(255)
	if log := f.read("log"); !strings.Contains(log, "the queue does not exist") {
		t.Error(log)
	}
}

// reconfigure edits the configuration before the first run.
func (f *fluentBit) reconfigure(edit func(config string) string) {
	f.t.Helper()
	f.configure(edit(f.read("fluent-bit.conf")))
}
