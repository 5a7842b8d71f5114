package detector

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// bench is an engine with the built-in rule and a clock that does not move.
type bench struct {
	t        testing.TB
	engine   *Engine
	box      *outbox.Box
	consumer *outbox.Consumer
	state    *State
	store    Store
	clock    sync.Mutex // of now, while something runs in the background
	now      time.Time
	lost     []outbox.Alert
	warned   []string
	notes    []map[string]any // reports that were among the alerts
}

func newBench(t testing.TB, settings ...string) *bench {
	t.Helper()
	b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Unix(1_790_000_000, 0)}
	b.consumer = b.box.Open(outbox.Filter{})
	b.open(settings...)
	return b
}

// open makes the engine. The settings are keys, each followed by its value.
func (b *bench) open(settings ...string) {
	b.t.Helper()
	b.openWith(func(*Config) {}, settings...)
}

// openWith makes the engine with a changed configuration.
func (b *bench) openWith(change func(*Config), settings ...string) {
	b.t.Helper()
	config := configOf(b.t, settings...)
	change(&config.Config)
	loader, err := ruleset.NewLoader(config.databases, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	rules, err := loader.Load(config.rules)
	if err != nil {
		b.t.Fatal(err)
	}
	if config.exceptions != "" {
		if err := rules.LoadExceptions(config.exceptions); err != nil {
			b.t.Fatal(err)
		}
	}
	b.engine, err = New(config.Config, rules, Host{
		Outbox:   b.box,
		Warn:     func(line string) { b.warned = append(b.warned, line) },
		Observer: alert.Observer{Version: "test", Hostname: "host"},
		State:    b.state,
		Store:    b.store,
		Name:     "default.0",
		Lost:     func(a outbox.Alert) { b.lost = append(b.lost, a) },
		Now: func() time.Time {
			b.clock.Lock()
			defer b.clock.Unlock()
			return b.now
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { b.engine.Close(false) })
}

// advance sets the clock forward.
func (b *bench) advance(d time.Duration) {
	b.clock.Lock()
	defer b.clock.Unlock()
	b.now = b.now.Add(d)
}

// scan evaluates a chunk of the events.
func (b *bench) scan(events ...string) error {
	b.t.Helper()
	_, err := b.engine.Scan("cloudtrail", chunkOf(b.t, events...))
	return err
}

func (b *bench) mustScan(events ...string) {
	b.t.Helper()
	if err := b.scan(events...); err != nil {
		b.t.Fatal(err)
	}
}

// alerts returns what is in the outbox, decoded, and appends reports to notes.
func (b *bench) alerts() []map[string]any {
	b.t.Helper()
	var all []map[string]any
	for {
		batch := b.consumer.Take(1<<20, 0)
		if len(batch) == 0 {
			return all
		}
		for _, a := range batch {
			var doc map[string]any
			if err := json.Unmarshal(alert.AppendJSON(nil, a.Record), &doc); err != nil {
				b.t.Fatal(err)
			}
			if a.IsReport() {
				b.notes = append(b.notes, doc)
			} else {
				all = append(all, doc)
			}
		}
		b.consumer.Ack()
		_ = b.consumer.Confirm()
	}
}

func (b *bench) wantAlerts(n int) []map[string]any {
	b.t.Helper()
	all := b.alerts()
	if len(all) != n {
		b.t.Fatalf("%d alerts, want %d", len(all), n)
	}
	return all
}

// wantStats checks the counters of matches, and that those of the rules add up to
// them.
func (b *bench) wantStats(want string) {
	b.t.Helper()
	s := b.engine.Report()
	got := fmt.Sprintf("matched %d emitted %d duplicate %d capped %d failed %d summaries %d",
		s.Matched(), s.Outcomes[stats.Emitted], s.Outcomes[stats.Duplicate], s.Outcomes[stats.Capped], s.Outcomes[stats.Failed], s.Summaries)
	if got != want {
		b.t.Errorf("counters are %s\nwant %s", got, want)
	}
	var byRule stats.Outcomes
	for _, r := range s.Rules {
		byRule.Add(&r.Outcomes)
	}
	if byRule != s.Outcomes {
		b.t.Errorf("the outcomes are %v, and those of the rules %v", &s.Outcomes, &byRule)
	}
}

// fill makes the outbox full, drain empties it.
func (b *bench) fill() {
	b.t.Helper()
	if _, err := b.box.Put([]outbox.Alert{{Record: make([]byte, 64<<20)}}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) drain() {
	b.consumer.Take(1, 0)
	b.consumer.Ack()
	_ = b.consumer.Confirm()
}

func chunkOf(t testing.TB, events ...string) []byte {
	t.Helper()
	var chunk []byte
	for _, e := range events {
		chunk = append(chunk, msgpacktest.FromJSON(t, e)...)
	}
	return chunk
}

// push is an event that the built-in rule matches.
func push(id int) string {
	return fmt.Sprintf(`{"eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"e-%d",`+
		`"eventTime":"2026-03-02T09:00:00Z","recipientAccountId":"111122223333","userIdentity":{"userName":"alice"},`+
		`"requestParameters":{"instanceId":"i-%d","instanceOSUser":"ec2-user"}}`, id, id)
}

func pushes(from, n int) []string {
	var all []string
	for i := from; i < from+n; i++ {
		all = append(all, push(i))
	}
	return all
}

const other = `{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","eventID":"o"}`

func TestDuplicatesAlertOnce(t *testing.T) {
	b := newBench(t)
	b.mustScan(push(1), other, push(2), push(1))
	b.mustScan(push(2), `{"Records":[`+push(1)+`,`+push(3)+`]}`)
	b.wantAlerts(3)
	b.wantStats("matched 6 emitted 3 duplicate 3 capped 0 failed 0 summaries 0")
}

// A full memory forgets keys, which then alert again. It never mistakes a new event for
// a known one.
func TestFullDedupAlertsAgain(t *testing.T) {
	b := newBench(t, "dedup_size", "2", "max_alerts", "0")
	b.mustScan(pushes(0, 100)...)
	b.mustScan(push(99), push(0))
	b.wantAlerts(101)
}

// The next engine continues with what the last one remembered, counted and held back.
func TestReloadKeepsState(t *testing.T) {
	b := newBench(t, "max_alerts", "2/1m")
	b.mustScan(pushes(0, 5)...)
	b.wantAlerts(2)
	b.engine.Close(false)
	b.open("max_alerts", "2/1m")
	b.mustScan(push(0), push(5))
	b.wantAlerts(0)
	b.wantStats("matched 7 emitted 2 duplicate 1 capped 4 failed 0 summaries 0")
	b.engine.Close(true)
	summary := b.wantAlerts(1)[0]["fluent_detect"].(map[string]any)["summary"].(map[string]any)
	if summary["count"] != 4.0 || summary["instances"] != 4.0 {
		t.Errorf("the summary is %v, want 4 events of 4 instances", summary)
	}
}

func TestCapEndsWithItsInterval(t *testing.T) {
	b := newBench(t, "max_alerts", "2/1m")
	b.mustScan(pushes(0, 3)...)
	b.now = b.now.Add(59 * time.Second)
	b.mustScan(push(3))
	b.wantAlerts(2)
	b.now = b.now.Add(time.Second)
	b.mustScan(push(4)) // the summary comes first
	all := b.wantAlerts(2)
	if _, ok := all[0]["fluent_detect"].(map[string]any)["summary"]; !ok {
		t.Errorf("the first alert after the interval is not a summary: %v", all[0])
	}
	b.wantStats("matched 5 emitted 3 duplicate 0 capped 2 failed 0 summaries 1")
}

// The summary is made even if no more chunks come.
func TestSummaryComesByItself(t *testing.T) {
	b := newBench(t)
	b.engine.Close(false)
	b.engine = nil
	b.now = time.Now()
	began := time.Now()
	config := configOf(t, "max_alerts", "1/1s")
	rules, err := ruleset.Load("builtin")
	if err != nil {
		t.Fatal(err)
	}
	b.engine, err = New(config.Config, rules, Host{Outbox: b.box, State: b.state, Lost: func(outbox.Alert) {}})
	if err != nil {
		t.Fatal(err)
	}
	b.mustScan(pushes(0, 3)...)
	b.wantAlerts(1)
	batch := b.consumer.Take(1<<20, 10*time.Second)
	if len(batch) != 1 || time.Since(began) < 900*time.Millisecond {
		t.Errorf("%d summaries after %s, want 1 after a second", len(batch), time.Since(began))
	}
}

// If the outbox is full the whole chunk is refused and nothing of it is remembered;
// when it is sent again there is every alert.
func TestFullOutboxUndoesTheChunk(t *testing.T) {
	b := newBench(t, "max_alerts", "3/1m")
	b.mustScan(push(0))
	b.wantAlerts(1)
	b.fill()
	err := b.scan(pushes(0, 6)...)
	var full *outbox.FullError
	if !errors.As(err, &full) {
		t.Fatalf("the error is %v, want a *outbox.FullError", err)
	}
	b.wantStats("matched 1 emitted 1 duplicate 0 capped 0 failed 0 summaries 0")
	if s := b.engine.Report(); s.Records != 1 {
		t.Errorf("%d records counted, want 1: a chunk that comes again counts once", s.Records)
	}
	b.drain()
	b.mustScan(pushes(0, 6)...)
	b.wantAlerts(2)
	b.wantStats("matched 7 emitted 3 duplicate 1 capped 3 failed 0 summaries 0")
}

func TestBrokenChunkCountsUpToThere(t *testing.T) {
	b := newBench(t)
	chunk := append(chunkOf(t, push(1), other), 0xc1)
	_, err := b.engine.Scan("cloudtrail", append(chunk, chunkOf(t, push(2))...))
	var broken *ScanError
	if !errors.As(err, &broken) || broken.Records != 2 || broken.Err.Offset != len(chunk)-1 {
		t.Fatalf("the error is %v, want a *ScanError after 2 records at byte %d", err, len(chunk)-1)
	}
	b.wantAlerts(1)
}

// If no input of the channel accepts the rule's alerts they are passed to Lost and
// counted, not dropped.
func TestUnwantedAlertsAreCounted(t *testing.T) {
	b := newBench(t)
	b.consumer.Close()
	b.box.Open(outbox.Filter{MinSeverity: 99})
	b.mustScan(push(1))
	b.wantStats("matched 1 emitted 0 duplicate 0 capped 0 failed 1 summaries 0")
	if len(b.lost) != 1 {
		t.Errorf("Lost was called with %d alerts, want 1", len(b.lost))
	}
}

// Alerts are never evaluated, in whatever form they come back. What an event says
// of itself does not make it one.
func TestAlertsAreNotEvaluated(t *testing.T) {
	for _, format := range []string{"ecs", "kibana", "ocsf"} {
		b := newBench(t, "alert_format", format)
		b.mustScan(push(1))
		alerts := b.wantAlerts(1)
		text, err := json.Marshal(alerts[0])
		if err != nil {
			t.Fatal(err)
		}
		quoted, err := json.Marshal(string(text))
		if err != nil {
			t.Fatal(err)
		}
		b.mustScan(string(text), `{"log":`+string(quoted)+`}`, `{"_source":`+string(text)+`}`)
		b.wantStats("matched 1 emitted 1 duplicate 0 capped 0 failed 0 summaries 0")
	}
	b := newBench(t)
	for i, mark := range []string{`"kind":"alert"`, `"kind":"signal"`, `"dataset":"fluent_detect.heartbeat"`} {
		b.mustScan(`{"event":{` + mark + `},"alert_id":"x","insightDetails":null,"logFiles":[],` + strings.TrimPrefix(push(i), "{"))
	}
	b.wantAlerts(3)
}

func TestManyGoroutines(t *testing.T) {
	b := newBench(t, "max_alerts", "0")
	const goroutines, chunks = 8, 50
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for c := range chunks {
				// Every event comes from two goroutines.
				if _, err := b.engine.Scan("cloudtrail", chunkOf(t, push(g/2*chunks+c), other)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.wantAlerts(goroutines / 2 * chunks)
	b.wantStats("matched 400 emitted 200 duplicate 200 capped 0 failed 0 summaries 0")
}

// nearly returns records that the built-in rule does not match, some of them almost.
func nearly(t testing.TB) []byte {
	failed := strings.Replace(push(1), `"eventTime"`, `"errorCode":"AccessDenied","eventTime"`, 1)
	return chunkOf(t, other, failed, `{"log":"GET / 200"}`, `{"Records":[`+other+`]}`,
		strings.Replace(push(1), "SendSSHPublicKey", "OpenTunnel", 1), `{"event":{"provider":"a","action":"b"}}`)
}

func TestChunksWithoutMatchAllocateNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that a chunk without a match allocates nothing")
	}
	b := newBench(t)
	chunk := nearly(t)
	scan := func() {
		if _, err := b.engine.Scan("cloudtrail", chunk); err != nil {
			t.Fatal(err)
		}
	}
	scan()
	if n := testing.AllocsPerRun(100, scan); n != 0 {
		t.Errorf("%v allocations for a chunk without a match", n)
	}
	if s := b.engine.Report(); s.Events == 0 || s.Matched() != 0 {
		t.Errorf("the test is about nothing: %+v", s)
	}
}
