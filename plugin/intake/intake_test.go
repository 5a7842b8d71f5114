package intake

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// host takes batches as Fluent Bit does.
type host struct {
	*Queue
	t  *testing.T
	mu sync.Mutex
	// log has the lines that were logged.
	log []string
	// chunks has what was taken, by batch.
	chunks [][]byte
}

func newHost(t *testing.T, o Options) *host {
	h := &host{t: t}
	o.Marks, o.Stats = NewMarks(), new(Stats)
	o.Log = func(_ logger.Level, line string) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.log = append(h.log, line)
	}
	if o.InFlight == 0 {
		o.InFlight = 64 << 20
	}
	h.Queue = NewQueue(o)
	t.Cleanup(h.Close)
	return h
}

// take takes all batches.
func (h *host) take() {
	for {
		all := h.Take(MaxBatch)
		if len(all) == 0 {
			return
		}
		h.mu.Lock()
		for _, b := range all {
			h.chunks = append(h.chunks, bytes.Clone(b.Data))
		}
		h.mu.Unlock()
		h.Taken(true)
	}
}

// records returns what was taken: for each record its time, and its body as JSON.
func (h *host) records() (all []string) {
	h.t.Helper()
	for _, c := range h.chunks {
		cursor := msgpack.NewCursor(c)
		var head msgpack.Head
		for {
			ok, err := cursor.Next(&head)
			if err != nil {
				h.t.Fatal(err)
			}
			if !ok {
				break
			}
			body, end, err := msgpack.Read(c, head.Body)
			if err != nil || head.Item != msgpack.Record {
				h.t.Fatal(head, err)
			}
			cursor.Resume(end)
			at := time.Unix(head.Sec, int64(head.Nsec)).UTC().Format("06-01-02T15:04:05.999")
			if time.Since(time.Unix(head.Sec, 0)) < time.Minute {
				at = "now"
			}
			all = append(all, at+" "+string(jsontext.AppendJSON(nil, body)))
		}
	}
	return all
}

// outcome is how a reading ended.
type outcome struct {
	progress []int64
	err      error
	report   Report
	readErr  error
}

// read reads an object, with all batches taken and confirmed.
func (h *host) read(text []byte, skip int64) (o outcome) {
	h.t.Helper()
	done := make(chan error, 1)
	reading := h.Begin("it", func(n int64) { o.progress = append(o.progress, n) }, func(err error) { done <- err })
	o.report, o.readErr = h.NewReader().Read(context.Background(), reading, bytes.NewReader(text), skip)
	reading.End(o.readErr)
	h.take()
	for _, c := range h.chunks {
		h.Marks.Confirm(c)
	}
	select {
	case o.err = <-done:
	case <-time.After(10 * time.Second):
		h.t.Fatal("the reading is never done")
	}
	return o
}

func packed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

// Objects become one record for each event, with the event's time.
func TestRecords(t *testing.T) {
	const a, b = `{"eventTime":"2026-03-02T09:00:00Z","eventName":"A"}`, `{"eventName":"B","eventTime":"2026-03-02T09:00:01Z"}`
	const ra, rb = "26-03-02T09:00:00 " + a, "26-03-02T09:00:01 " + b
	f := func(text string, want ...string) {
		t.Helper()
		for _, text := range [][]byte{[]byte(text), packed(text)} {
			h := newHost(t, Options{})
			if o := h.read(text, 0); o.err != nil || o.report.Records != int64(len(want)) || o.report.Sure != o.report.Records {
				t.Errorf("%s: %+v", text, o)
			}
			if got := h.records(); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s:\n got %s\nwant %s", text, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
			}
		}
	}
	f(``)
	f(`{"Records":[`+a+`,`+b+`]}`, ra, rb) // no newline at the end
	f("{\"Records\":[\n  "+a+",\n  "+b+"\n]}\n", ra, rb)
	f(a+"\n"+b, ra, rb)
	f(`[`+a+`,`+b+`]`, ra, rb)
	f(`{"Records":[`+a+`]}`+"\n"+b+"\n", ra, rb)
	f(`{"Records":[`+a+`,5,"x"]}`, ra, `now {"log":5}`, `now {"log":"x"}`)
	f(`{"Records":[]}`, `now {"Records":[]}`)
	f(`{"Records":[`+a+`],"more":1}`, `now {"Records":[`+a+`],"more":1}`) // not ours to take apart
	f(`{"messageType":"DATA_MESSAGE","logEvents":[{"message":"x"}]}`, `now {"messageType":"DATA_MESSAGE","logEvents":[{"message":"x"}]}`)
	f(`{"detail-type":"x","time":"2026-03-02T09:00:02Z","detail":`+a+`}`, `26-03-02T09:00:00 {"detail-type":"x","time":"2026-03-02T09:00:02Z","detail":`+a+`}`)
	f(`{"@timestamp":"2026-03-02T09:00:00.5+01:00"}`, `26-03-02T08:00:00.5 {"@timestamp":"2026-03-02T09:00:00.5+01:00"}`)
	f("text\n"+a, `now {"log":"text"}`, ra)
	for _, time := range []string{`"2026-03-02"`, `""`, `null`, `1`, `"1969-12-31T23:59:59Z"`, `"2105-01-01T00:00:00Z"`, `"9999-12-31T23:59:59Z"`, `{}`, `"` + strings.Repeat("9", 100) + `"`} {
		f(`{"eventTime":`+time+`}`, `now {"eventTime":`+time+`}`)
	}
}

// What ends early: what came counts, but an object that becomes longer is read again
// from a place that is sure.
func TestTruncated(t *testing.T) {
	var events []string
	for i := range 5000 {
		events = append(events, fmt.Sprintf(`{"eventName":"E%d","pad":"%0200d"}`, i, rand.Uint64()))
	}
	text := `{"Records":[` + strings.Join(events, ",") + `]}`
	whole := packed(text)
	f := func(what string, data []byte) {
		t.Helper()
		h := newHost(t, Options{})
		o := h.read(data, 0)
		first := h.records()
		if !o.report.Truncated || o.report.Sure > o.report.Records || len(first) < 1000 || len(first) > len(events) {
			t.Errorf("%s: %d records, %+v", what, len(first), o)
		}
		again := newHost(t, Options{})
		if o := again.read(whole, o.report.Sure); o.err != nil {
			t.Errorf("%s: %v", what, o.err)
		}
		times := map[string]int{}
		for _, r := range append(first[:o.report.Sure], again.records()...) {
			_, name, _ := strings.Cut(r, `"eventName":"`)
			name, _, _ = strings.Cut(name, `"`)
			times[name]++
		}
		for i := range events {
			if n := times[fmt.Sprint("E", i)]; n != 1 {
				t.Fatalf("%s: event %d comes %d times", what, i, n)
			}
		}
	}
	f("cut gzip", whole[:len(whole)/2])
	f("cut text", []byte(text[:len(text)/2]))
	f("cut text in gzip", packed(text[:len(text)/2]))
	if o := newHost(t, Options{}).read(whole[:len(whole)/2], 0); !errors.Is(o.readErr, ingest.ErrTruncated) || !errors.Is(o.err, ingest.ErrTruncated) {
		t.Errorf("%+v", o)
	}
}

// A reading with several batches: progress comes in order, and it is done only after its
// end, even if nothing is open before.
func TestConfirm(t *testing.T) {
	h := newHost(t, Options{})
	var mu sync.Mutex
	var got []string
	note := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, s)
	}
	reading := h.Begin("it", func(n int64) { note(fmt.Sprint(n)) }, func(err error) { note(fmt.Sprint("done ", err)) })
	put := func(text string) {
		t.Helper()
		b := &Batch{Data: []byte(text), reading: reading, number: h.Marks.next(), size: len(text), after: int64(len(text))}
		b.Data = h.Marks.appendMetadata(b.Data, b.number)
		if err := h.put(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(want string) {
		t.Helper()
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			mu.Lock()
			now := strings.Join(got, ", ")
			mu.Unlock()
			if now == want {
				return
			}
			if time.Now().After(end) || !strings.HasPrefix(want, now) {
				t.Fatalf("got %s, want %s", now, want)
			}
		}
	}
	put("1")
	h.take()
	h.Marks.Confirm([]byte("nothing of ours"))
	h.Marks.Confirm(append(bytes.Repeat(h.Marks.nonce, 2), "zz"...)) // no number
	h.Marks.Confirm(NewMarks().appendMetadata(nil, 1))               // of another process
	h.Marks.Confirm(h.chunks[0])
	expect("1")
	if n, _ := h.Stats.InFlight(); n != 0 || h.Marks.count.Load() != 0 {
		t.Fatal(n)
	}
	put("22")
	put("333")
	put("4444")
	reading.End(nil)
	h.take()
	time.Sleep(10 * time.Millisecond)
	h.Marks.Confirm(h.chunks[2])
	time.Sleep(10 * time.Millisecond)
	expect("1") // the second is open
	h.Marks.Confirm(slices.Concat(h.chunks[1], h.chunks[1], h.chunks[3]))
	expect("1, 3, 4, done <nil>")
}

// What the host does not take is offered again, in order.
func TestNotTaken(t *testing.T) {
	h := newHost(t, Options{})
	reading := h.Begin("it", nil, func(error) {})
	if _, err := h.NewReader().Read(context.Background(), reading, strings.NewReader(`{"eventName":"A"}`+"\n"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := h.NewReader().Read(context.Background(), reading, strings.NewReader(`{"eventName":"B"}`+"\n"), 0); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if all := h.Take(1); len(all) != 1 || !bytes.Contains(all[0].Data, []byte("A")) {
			t.Fatal(all)
		}
		h.Taken(false)
	}
	h.take()
	if got := h.records(); len(got) != 2 || !strings.Contains(got[0], "A") || !strings.Contains(got[1], "B") {
		t.Fatal(got)
	}
}

// The budget holds however much is read, and a source that waits for room is woken when
// it is stopped.
func TestBudget(t *testing.T) {
	const budget = 3 << 20
	h := newHost(t, Options{InFlight: budget})
	text := strings.Repeat(`{"eventName":"A","pad":"`+strings.Repeat("x", 5000)+`"}`+"\n", 4000) // 20 MB
	ctx, stop := context.WithCancelCause(context.Background())
	done := make(chan error, 1)
	reading := h.Begin("it", nil, func(err error) { done <- err })
	go func() {
		_, err := h.NewReader().Read(ctx, reading, strings.NewReader(text), 0)
		reading.End(err)
	}()
	confirmed := 0
	for confirmed < 5 {
		if n, _ := h.Stats.InFlight(); n > budget {
			t.Fatalf("%d bytes in flight", n)
		}
		h.take()
		if len(h.chunks) > confirmed {
			h.Marks.Confirm(h.chunks[confirmed])
			confirmed++
		}
		runtime.Gosched()
	}
	stopped := errors.New("stopped")
	stop(stopped)
	select {
	case err := <-done:
		if !errors.Is(err, stopped) {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the source still waits")
	}
	h.take() // what was read before goes on
	for _, c := range h.chunks[confirmed:] {
		h.Marks.Confirm(c)
	}
	if n, _ := h.Stats.InFlight(); n != 0 {
		t.Fatalf("%d bytes in flight after the end", n)
	}
}

// With acknowledge appended two seconds without a pause confirm what the host took.
func TestAppended(t *testing.T) {
	h := newHost(t, Options{Acknowledge: Appended})
	done := make(chan error, 1)
	reading := h.Begin("it", nil, func(err error) { done <- err })
	if _, err := h.NewReader().Read(context.Background(), reading, strings.NewReader(`{"a":1}`), 0); err != nil {
		t.Fatal(err)
	}
	reading.End(nil)
	wait := func(d time.Duration, want bool) {
		t.Helper()
		h.later(d)
		select {
		case <-done:
			if !want {
				t.Fatal("confirmed too early")
			}
		case <-time.After(50 * time.Millisecond):
			if want {
				t.Fatal("never confirmed")
			}
		}
	}
	wait(time.Hour, false) // it was not taken
	h.take()
	if bytes.Contains(h.chunks[0], []byte(markKey)) {
		t.Error("the record has a mark that nobody looks for")
	}
	h.Pause()
	time.Sleep(appendedAfter + 2*tick)
	wait(0, false)
	h.Resume()
	wait(appendedAfter, true)
}

// later lets time pass.
func (h *host) later(d time.Duration) {
	h.Queue.mu.Lock()
	defer h.Queue.mu.Unlock()
	h.clock += int64(d / tick)
	h.age()
}

// Records that no detector confirms: a warning, then they are given up.
func TestUnconfirmed(t *testing.T) {
	h := newHost(t, Options{})
	done := make(chan error, 1)
	reading := h.Begin("AWSLogs/x.json.gz", nil, func(err error) { done <- err })
	if _, err := h.NewReader().Read(context.Background(), reading, strings.NewReader(`{"a":1}`), 0); err != nil {
		t.Fatal(err)
	}
	reading.End(nil)
	h.take()
	h.later(warnAfter - time.Second)
	h.mu.Lock()
	if len(h.log) > 0 {
		t.Error(h.log)
	}
	h.mu.Unlock()
	h.later(2 * time.Second)
	h.mu.Lock()
	if len(h.log) != 1 || !strings.Contains(h.log[0], "no detect output has confirmed records of AWSLogs/x.json.gz for 2m0s") {
		t.Error(h.log)
	}
	h.mu.Unlock()
	if _, age := h.Stats.InFlight(); age < warnAfter {
		t.Error(age)
	}
	h.later(giveUpAfter)
	if err := <-done; !errors.Is(err, ErrUnconfirmed) {
		t.Error(err)
	}
	if n, _ := h.Stats.InFlight(); n != 0 || h.Marks.count.Load() != 0 {
		t.Error("something is in flight after the end", n)
	}
}

// Records in which nothing can be confirmed cost nothing, and confirming allocates
// nothing.
func TestConfirmAllocates(t *testing.T) {
	h := newHost(t, Options{})
	h.read([]byte(strings.Repeat(`{"eventName":"A"}`+"\n", 1000)), 0)
	reading := h.Begin("it", nil, func(error) {})
	if _, err := h.NewReader().Read(context.Background(), reading, strings.NewReader(`{"a":1}`), 0); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { h.Marks.Confirm(h.chunks[0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRead(b *testing.B) {
	text := packed(`{"Records":[` + strings.TrimSuffix(strings.Repeat(`{"eventVersion":"1.08","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"eventTime":"2026-03-02T09:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/x"},"eventID":"e"},`, 20000), ",") + `]}`)
	q := NewQueue(Options{Marks: NewMarks(), Stats: new(Stats), Log: func(logger.Level, string) {}, InFlight: 64 << 20})
	defer q.Close()
	stop := make(chan struct{})
	defer close(stop)
	q.Notify(func() {})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, t := range q.Take(MaxBatch) {
				q.Marks.Confirm(t.Data)
			}
			q.Taken(true)
			time.Sleep(time.Millisecond)
		}
	}()
	r := q.NewReader()
	b.SetBytes(20000 * 290)
	for b.Loop() {
		done := make(chan error)
		reading := q.Begin("it", nil, func(err error) { done <- err })
		_, err := r.Read(context.Background(), reading, bytes.NewReader(text), 0)
		reading.End(err)
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}
