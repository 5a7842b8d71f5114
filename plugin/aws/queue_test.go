package aws

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	fake "github.com/fluent-detect/fluent-detect/test/aws"
)

// fast is a timing for tests.
var fast = timing{tick: 10 * time.Millisecond, retry: 20 * time.Millisecond, idle: 10 * time.Second, lifetime: time.Hour, depth: 20 * time.Millisecond,
	close: 5 * time.Second, abandon: 100 * time.Millisecond, minDelay: 0, maxDelay: time.Second}

// machine has a queue, buckets, and what takes records.
type machine struct {
	t       *testing.T
	server  *fake.Server
	timing  timing
	options QueueOptions
	source  source
	queue   *Queue  // the source, or nil
	bucket  *Bucket // likewise
	records *intake.Queue
	stats   *intake.Stats
	marks   *intake.Marks
	stop    chan struct{}
	ended   chan struct{}
	keeps   atomic.Bool // what was taken is not confirmed

	mu    sync.Mutex
	times map[string]int // how often each event came
	kept  [][]byte       // not confirmed
	log   string
}

func newMachine(t *testing.T) *machine {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	m := &machine{t: t, server: fake.New(t), timing: fast, times: map[string]int{}}
	m.options = QueueOptions{Visibility: 30 * time.Second, Wait: time.Second, Parallel: 4}
	t.Cleanup(m.end)
	return m
}

// start starts to read the queue.
func (m *machine) start() {
	m.t.Helper()
	m.run(func(log logger.Log, account Account) (source, error) {
		o := m.options
		o.URL, o.Queue, o.Stats, o.Messages, o.Log, o.Account = m.server.QueueURL(), m.records, m.stats, new(Messages), log, account
		q, err := startQueue(context.Background(), o, m.timing)
		m.queue = q
		return q, err
	})
}

// source is a Queue or a Bucket.
type source interface {
	Stop()
	Close()
}

// run starts a source, and what takes records.
func (m *machine) run(start func(logger.Log, Account) (source, error)) {
	m.t.Helper()
	log := func(_ logger.Level, line string) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.log += line + "\n"
	}
	m.stats, m.marks = new(intake.Stats), intake.NewMarks()
	m.records = intake.NewQueue(intake.Options{Marks: m.marks, InFlight: 64 << 20, Log: log, Stats: m.stats})
	var err error
	if m.source, err = start(log, Account{Region: "eu-west-1", Endpoint: m.server.URL, SQSEndpoint: m.server.URL}); err != nil {
		m.t.Fatal(err)
	}
	m.stop, m.ended = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(m.ended)
		for {
			select {
			case <-m.stop:
				return
			case <-time.After(2 * time.Millisecond):
				m.take()
			}
		}
	}()
}

var names = regexp.MustCompile(`eventName(?:":"|.)([\w-]+);`)

func (m *machine) take() {
	for {
		all := m.records.Take(1 << 20)
		if len(all) == 0 {
			return
		}
		var chunk []byte
		for _, b := range all {
			chunk = append(chunk, b.Data...)
		}
		m.records.Taken(true)
		m.mu.Lock()
		for _, found := range names.FindAllSubmatch(chunk, -1) {
			m.times[string(found[1])]++
		}
		keeps := m.keeps.Load()
		if keeps {
			m.kept = append(m.kept, chunk)
		}
		m.mu.Unlock()
		if !keeps {
			m.marks.Confirm(chunk)
		}
	}
}

// confirm confirms what was kept.
func (m *machine) confirm() {
	m.keeps.Store(false)
	m.mu.Lock()
	kept := m.kept
	m.kept = nil
	m.mu.Unlock()
	for _, c := range kept {
		m.marks.Confirm(c)
	}
}

func (m *machine) end() {
	if m.source == nil {
		return
	}
	m.source.Stop()
	close(m.stop)
	<-m.ended
	m.records.Close()
	m.source.Close()
	m.source = nil
	if m.t.Failed() {
		m.t.Log(m.log)
	}
}

func (m *machine) got() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for _, name := range slices.Sorted(maps.Keys(m.times)) {
		if n := m.times[name]; n > 1 {
			name = fmt.Sprintf("%s×%d", name, n)
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func (m *machine) wait(what string, holds func() bool) {
	m.t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			all, visible := m.server.Messages()
			m.t.Fatalf("never: %s; got %q, %d messages, %d of them visible\n%s", what, m.got(), all, visible, m.log)
		}
	}
}

// want waits for events.
func (m *machine) want(want string) {
	m.t.Helper()
	m.wait(want, func() bool { return m.got() == want })
}

// empty waits until all messages are deleted.
func (m *machine) empty() {
	m.t.Helper()
	m.wait("an empty queue", func() bool { all, _ := m.server.Messages(); return all == 0 })
}

func (m *machine) wantLog(text string, times int) {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := strings.Count(m.log, text); n != times {
		m.t.Errorf("the log says %q %d times, want %d:\n%s", text, n, times, m.log)
	}
}

func object(names ...string) []byte {
	var all []string
	for _, n := range names {
		all = append(all, `{"eventTime":"2026-03-02T09:00:00Z","eventSource":"x","eventName":"`+n+`;"}`)
	}
	return gzipped(`{"Records":[` + strings.Join(all, ",") + `]}`)
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

const day = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/"

// Notifications of every kind lead to the same events, and the messages are deleted.
func TestKinds(t *testing.T) {
	m := newMachine(t)
	for _, key := range []string{day + "a b+c %41é.json.gz", day + "p.json.gz", "prefix/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/03/02/o.json.gz"} {
		m.server.Put("b", key, object(strings.TrimSuffix(key[strings.LastIndexByte(key, '/')+1:][:1], ".")))
	}
	m.server.Send(created("b", strings.NewReplacer(" ", "+", "+", "%2B", "%", "%25", "é", "%C3%A9").Replace(day+"a b+c %41é.json.gz"), 5))
	m.server.Send(sns(created("b", day+"p.json.gz", 5)))
	m.server.Send(eventBridge("b", day+"a+b%2Bc+%2541%C3%A9.json.gz"))
	m.server.Send(eventBridge("b", day+"p.json.gz"))
	m.server.Send(sns(`{"s3Bucket":"b","s3ObjectKey":["` + day + `p.json.gz","prefix/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/03/02/o.json.gz"]}`))
	m.server.Send(`{"Records":[{"eventName":"direct;","eventSource":"x"}]}`)
	m.server.Send(`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`)
	m.server.Send(sns("CloudTrail validation message."))
	m.server.Send(created("b", "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/d.json.gz", 5))
	m.server.Send(created("b", day+"gone.json.gz", 5))
	m.server.Send(created("b", day+"nothing.json.gz", 0))
	m.start()
	m.want("a×2 direct o p×3")
	m.empty()
	m.wait("the counters", func() bool { return m.queue.Messages.Deleted.Load() == 11 })
	for r, want := range map[intake.Result]uint64{intake.Done: 6, intake.Skipped: 1, intake.Missing: 1, intake.Empty: 1, intake.Failed: 0} {
		if n := m.stats.Objects[r].Load(); n != want {
			t.Errorf("%s: %d, want %d", r, n, want)
		}
	}
	if n := m.queue.Messages.Ignored.Load(); n != 2 {
		t.Error(n)
	}
	m.wantLog("gone.json.gz does not exist any more", 1)
}

// No message is deleted before its last batch is confirmed, nor while an object is being
// read of which nothing is open.
func TestDeletedLast(t *testing.T) {
	m := newMachine(t)
	var half atomic.Pointer[chan struct{}]
	waits := make(chan struct{})
	half.Store(&waits)
	big := object(strings.Split(strings.TrimSpace(strings.Repeat("x ", 40000)), " ")...)
	m.server.Put("b", day+"big.json.gz", big)
	m.server.Body = func(key string, w http.ResponseWriter) bool {
		_, _ = w.Write(big[:len(big)/2])
		w.(http.Flusher).Flush()
		<-*half.Load()
		_, _ = w.Write(big[len(big)/2:])
		return true
	}
	m.timing.idle = time.Minute
	m.server.Send(created("b", day+"big.json.gz", 5))
	m.start()
	m.wait("half of it", func() bool {
		n, _ := m.stats.InFlight()
		return m.got() != "" && n == 0 // all of what came is confirmed
	})
	time.Sleep(100 * time.Millisecond)
	if all, visible := m.server.Messages(); all != 1 || visible != 0 || m.server.Calls("DeleteMessageBatch") > 0 {
		t.Fatalf("%d messages, %d visible: deleted in the middle of the object", all, visible)
	}
	m.keeps.Store(true)
	close(waits)
	m.want("x×40000")
	time.Sleep(100 * time.Millisecond)
	if all, _ := m.server.Messages(); all != 1 {
		t.Fatal("deleted before its last batch was confirmed")
	}
	m.confirm()
	m.empty()
}

// A slow object is extended beyond its timeout, and let go when it cannot be any longer.
func TestExtended(t *testing.T) {
	m := newMachine(t)
	m.server.Put("b", day+"a.json.gz", object("a"))
	m.options.Visibility = time.Second
	m.timing.lifetime = 3 * time.Second
	m.keeps.Store(true)
	m.server.Send(created("b", day+"a.json.gz", 5))
	m.start()
	m.want("a")
	time.Sleep(2200 * time.Millisecond)
	if m.got() != "a" || m.queue.Messages.Extended.Load() < 3 {
		t.Fatalf("got %s, %d extensions", m.got(), m.queue.Messages.Extended.Load())
	}
	m.want("a×2") // it is let go, and comes again
	m.wantLog("cannot be kept for more than 12 hours", 1)
	m.confirm()
}

// What cannot be deleted is tried again.
func TestDeleteFails(t *testing.T) {
	m := newMachine(t)
	var refused atomic.Int32
	m.server.RefuseDelete = func(body string) bool { return strings.Contains(body, "a.json") && refused.Add(1) <= 2 }
	for _, n := range []string{"a", "b", "c"} {
		m.server.Put("b", day+n+".json.gz", object(n))
		m.server.Send(created("b", day+n+".json.gz", 5))
	}
	m.start()
	m.empty()
	m.want("a b c")
	m.wait("three deletions counted", func() bool { return m.queue.Messages.Deleted.Load() == 3 })
	if refused.Load() < 3 {
		t.Error(refused.Load())
	}
}

// One poison object, or message, delays no other, and ends among the dead letters. What is
// in a cut object counts.
func TestPoison(t *testing.T) {
	m := newMachine(t)
	m.server.Redrive(3)
	cut := object("cut", "more")
	m.server.Put("b", day+"cut.json.gz", cut[:len(cut)-6])
	m.server.Put("b", day+"bad.json.gz", []byte("PK\x03\x04 a zip"))
	poison := []string{created("b", day+"cut.json.gz", 5), created("b", day+"bad.json.gz", 5), "no notification"}
	for _, p := range poison {
		m.server.Send(p)
	}
	for i := range 20 {
		key := fmt.Sprint(day, "g", i, ".json.gz")
		m.server.Put("b", key, object("good"))
		m.server.Send(created("b", key, 5))
	}
	m.start()
	m.wait("the good ones", func() bool { return strings.Contains(m.got(), "good×20") })
	m.empty()
	dead := m.server.Dead()
	slices.Sort(dead)
	slices.Sort(poison)
	if !slices.Equal(dead, poison) {
		t.Errorf("dead: %q", dead)
	}
	m.want("cut×3 good×20 more×3")
	if n := m.stats.Objects[intake.Incomplete].Load(); n < 3 {
		t.Error(n)
	}
}

// An object that must not be read: one line names bucket, key and action.
func TestDenied(t *testing.T) {
	m := newMachine(t)
	var denied atomic.Bool
	denied.Store(true)
	m.server.Fail = func(operation, _ string) string {
		if operation == "GetObject" && denied.Load() {
			return "AccessDenied"
		}
		return ""
	}
	for _, n := range []string{"a", "b"} {
		m.server.Put("b", day+n+".json.gz", object(n))
		m.server.Send(created("b", day+n+".json.gz", 5))
	}
	m.start()
	m.wait("some tries", func() bool { return m.stats.Objects[intake.Failed].Load() > 5 })
	m.wantLog("not allowed: AccessDenied", 1)
	m.wantLog("s3:GetObject on the object is needed", 1)
	denied.Store(false) // somebody has corrected the policy
	m.want("a b")
	m.empty()
}

// A bucket in another region is read, a body that stalls is given up and tried again.
func TestMovedAndStalled(t *testing.T) {
	m := newMachine(t)
	data := object("a")
	m.server.Put("b", day+"a.json.gz", data)
	m.server.Move("b", "ap-south-1")
	m.timing.idle = 500 * time.Millisecond
	var tries atomic.Int32
	m.server.Body = func(_ string, w http.ResponseWriter) bool {
		if tries.Add(1) > 1 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		_, _ = w.Write(data[:10])
		w.(http.Flusher).Flush()
		time.Sleep(1500 * time.Millisecond)
		return true
	}
	m.server.Send(created("b", day+"a.json.gz", 5))
	m.start()
	m.want("a")
	m.empty()
	m.wantLog("no more bytes come for a while", 1)
}

// While SQS refuses, receiving waits, and goes on when it does not any more.
func TestExpired(t *testing.T) {
	m := newMachine(t)
	var n atomic.Int32
	m.server.Fail = func(operation, _ string) string {
		if operation == "ReceiveMessage" && n.Add(1) < 4 {
			return "ExpiredToken"
		}
		return ""
	}
	m.server.Put("b", day+"a.json.gz", object("a"))
	m.server.Send(created("b", day+"a.json.gz", 5))
	m.start()
	m.want("a")
	m.empty()
	if m.queue.Messages.Errors.Load() != 3 {
		t.Error(m.queue.Messages.Errors.Load())
	}
}

// At the end what is confirmed is deleted, and the rest is visible at once.
func TestEnd(t *testing.T) {
	m := newMachine(t)
	for i := range 30 {
		key := fmt.Sprint(day, i, ".json.gz")
		m.server.Put("b", key, object(fmt.Sprint("e", i)))
		m.server.Send(created("b", key, 5))
	}
	m.keeps.Store(true)
	m.start()
	m.wait("all events", func() bool { return strings.Count(m.got(), " ") == 29 })
	m.mu.Lock()
	kept := m.kept[:len(m.kept)/2]
	m.mu.Unlock()
	for _, c := range kept {
		m.marks.Confirm(c)
	}
	m.end()
	all, visible := m.server.Messages()
	if all == 0 || all == 30 || visible != all {
		t.Fatalf("%d messages, %d of them visible", all, visible)
	}
	m.keeps.Store(false)
	m.start()
	m.empty()
	if strings.Count(m.got(), " ") != 29 {
		t.Error(m.got())
	}
}

// A paused host: nothing is received, and what is open stays.
func TestPaused(t *testing.T) {
	m := newMachine(t)
	m.server.Put("b", day+"a.json.gz", object("a"))
	m.start()
	m.wait("a receive", func() bool { return m.server.Calls("ReceiveMessage") > 0 })
	m.records.Pause()
	time.Sleep(1200 * time.Millisecond) // a receive may be waiting
	m.server.Send(created("b", day+"a.json.gz", 5))
	time.Sleep(100 * time.Millisecond)
	if _, visible := m.server.Messages(); visible != 1 {
		t.Fatal("received while the host is paused")
	}
	m.records.Resume()
	m.want("a")
	m.empty()
}

// Without the queue the start is refused.
func TestNoQueue(t *testing.T) {
	m := newMachine(t)
	m.server.Fail = func(operation, _ string) string {
		if operation == "GetQueueAttributes" {
			return "QueueDoesNotExist"
		}
		return ""
	}
	_, err := StartQueue(context.Background(), QueueOptions{URL: m.server.QueueURL(), Account: Account{Region: "eu-west-1", SQSEndpoint: m.server.URL}, Messages: new(Messages), Log: func(logger.Level, string) {}})
	if err == nil || !strings.Contains(err.Error(), "the queue does not exist") {
		t.Error(err)
	}
	_, err = StartQueue(context.Background(), QueueOptions{URL: "http://127.0.0.1:1/q", Messages: new(Messages), Log: func(logger.Level, string) {}})
	if err == nil || !strings.Contains(err.Error(), "region: it is not set") {
		t.Error(err)
	}
}

// An object of 50 MB of gzip passes in bounded memory.
func TestLargeObject(t *testing.T) {
	if testing.Short() {
		t.Skip("not tested: an object of 50 MB")
	}
	m := newMachine(t)
	const size, limit = 50 << 20, 150 << 20
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.NoCompression) // as large, and quicker to make
	event := `{"eventName":"x;","pad":"` + strings.Repeat("y", 1200) + `"},`
	_, _ = w.Write([]byte(`{"Records":[`))
	for n := 0; n < size; n += len(event) {
		_, _ = w.Write([]byte(event))
	}
	_, _ = w.Write([]byte(`{"eventName":"last;"}]}`))
	_ = w.Close()
	m.server.Put("b", day+"large.json.gz", b.Bytes())
	m.server.Send(created("b", day+"large.json.gz", b.Len()))
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m.start()
	var peak uint64
	m.wait("the end", func() bool {
		runtime.ReadMemStats(&now)
		peak = max(peak, now.HeapInuse-min(before.HeapInuse, now.HeapInuse))
		return strings.HasPrefix(m.got(), "last x")
	})
	m.empty()
	if peak > limit {
		t.Errorf("%d MB of memory", peak>>20)
	}
	t.Logf("%d MB of memory at most", peak>>20)
}

func TestDelay(t *testing.T) {
	q := &Queue{timing: defaultTiming}
	for receives, want := range map[int]time.Duration{0: 30 * time.Second, 1: 30 * time.Second, 2: time.Minute, 4: 4 * time.Minute, 6: 15 * time.Minute, 1e6: 15 * time.Minute} {
		if d := q.delay(&message{receives: receives, err: errStalled}); d != want {
			t.Errorf("%d: %s, want %s", receives, d, want)
		}
	}
	if d := q.delay(&message{err: errors.Join(intake.ErrClosed)}); d != 0 {
		t.Error(d)
	}
}

// With max_receives a message that cannot be read is a dead letter after so many receives,
// and deleted; it delays no other, and what cannot be written down is not deleted.
func TestDeadLetters(t *testing.T) {
	m := newMachine(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "dead")
	var err error
	if m.options.DeadLetters, err = OpenDeadLetters(path); err != nil {
		t.Fatal(err)
	}
	m.options.MaxReceives = 3
	cut := object("cut")
	m.server.Put("b", day+"cut.json.gz", cut[:len(cut)-6])
	m.server.Put("b", day+"good.json.gz", object("good"))
	poison := []string{created("b", day+"cut.json.gz", 5), "no notification", strings.Repeat("é", maxBody)}
	for _, p := range poison {
		m.server.Send(p)
	}
	m.server.Send(created("b", day+"good.json.gz", 5))
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // it cannot be written to
		t.Fatal(err)
	}
	m.start()
	m.wait("more receives than that", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.times["cut"] > 2*m.options.MaxReceives
	})
	if all, _ := m.server.Messages(); all < 3 {
		t.Fatal("deleted without a dead letter")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	m.empty()
	if n := m.queue.Messages.Dead.Load(); n != 3 {
		t.Error(n)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		var l deadLetter
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Kind != "message" || l.Receives < 3 || l.Reason == "" || l.Queue != m.server.QueueURL() {
			t.Errorf("%s, %v", line, err)
		}
		if l.Cut && len(l.Text) <= maxBody && strings.HasPrefix(poison[2], l.Text) {
			l.Text = poison[2]
		}
		found[l.Text] = true
	}
	for _, p := range poison {
		if !found[p] {
			t.Errorf("no dead letter for %.80s", p)
		}
	}
	if !strings.Contains(m.got(), "good") {
		t.Error(m.got())
	}
}

// Errors of requests are counted by their kinds.
func TestErrorKinds(t *testing.T) {
	m := newMachine(t)
	var code atomic.Value
	code.Store("")
	m.server.Fail = func(operation, _ string) string {
		if operation == "ReceiveMessage" {
			return code.Load().(string)
		}
		return ""
	}
	m.start()
	for text, kind := range map[string]Kind{"ExpiredToken": Credentials, "AccessDenied": Denied, "QueueDoesNotExist": NotFound, "RequestThrottled": Throttled, "Something": Other} {
		before := m.queue.Messages.Errors.Of(kind)
		code.Store(text)
		m.wait(text, func() bool { return m.queue.Messages.Errors.Of(kind) > before })
	}
	m.server.CloseClientConnections()
	m.server.Close()
	m.wait("network", func() bool { return m.queue.Messages.Errors.Of(Network) > 0 })
	if got := fmt.Sprint(AllKinds()); got != "[denied credentials throttled not_found network server other]" {
		t.Error(got)
	}
}
