package detector

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// disk is a store in memory, which tests make slow, or full.
type disk struct {
	before func() error // of every commit; an error fails it

	mu      sync.Mutex
	alerts  map[uint64]outbox.Alert
	entries map[string]hold.Change
	next    uint64
	commits int
}

func newDisk(before func() error) *disk {
	return &disk{before: before, alerts: map[uint64]outbox.Alert{}, entries: map[string]hold.Change{}}
}

func (d *disk) Commit(b store.Batch) (numbers []uint64, err error) {
	if err := d.before(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.commits++
	for _, a := range b.Alerts {
		d.next++
		d.alerts[d.next] = a
		numbers = append(numbers, d.next)
	}
	for _, c := range b.Changes {
		key := c.Space + "\x00" + string(c.Key)
		if c.Delete {
			delete(d.entries, key)
		} else {
			c.Key, c.Value = slices.Clone(c.Key), slices.Clone(c.Value)
			d.entries[key] = c
		}
	}
	return numbers, nil
}

func (d *disk) Restore(_ string, memories hold.Memories) error {
	for _, m := range memories {
		for _, key := range slices.Sorted(maps.Keys(d.entries)) {
			if c := d.entries[key]; c.Space == m.Space() && (c.Expires.IsZero() || time.Now().Before(c.Expires)) {
				if !m.Restore(c.Key, c.Value, c.Expires) {
					return fmt.Errorf("%s does not know its own entry", c.Space)
				}
			}
		}
	}
	return nil
}

func (d *disk) Forget(_ string, numbers []uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range numbers {
		delete(d.alerts, n)
	}
}

func (d *disk) Note() error { return nil }

// slowDisk is a disk of which each commit waits for a value: nil, or its error.
func slowDisk(t *testing.T) (d *disk, began <-chan struct{}, end chan<- error) {
	begin, results := make(chan struct{}, 1000), make(chan error)
	return newDisk(func() error { begin <- struct{}{}; return <-results }), begin, results
}

// onDisk returns a bench with a store, on the clock of the machine.
func onDisk(t *testing.T, s Store, settings ...string) *bench {
	t.Helper()
	b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now(), store: s}
	b.consumer = b.box.Open(outbox.Filter{})
	b.open(settings...)
	return b
}

// restart is what a new process finds, after a crash or a regular end.
func (b *bench) restart(final bool, settings ...string) *bench {
	b.t.Helper()
	if final {
		b.engine.Close(true)
	}
	next := &bench{t: b.t, box: outbox.New("default", 64<<20), state: NewState(), now: b.now, store: b.store}
	next.consumer = next.box.Open(outbox.Filter{})
	next.open(settings...)
	return next
}

// goScan evaluates a chunk in the background.
func (b *bench) goScan(events ...string) <-chan error {
	chunk := chunkOf(b.t, events...)
	done := make(chan error, 1)
	go func() {
		_, err := b.engine.Scan("cloudtrail", chunk)
		done <- err
	}()
	return done
}

// waitSealed waits until so many transactions wait for the disk.
func (b *bench) waitSealed(n int) {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		b.state.mu.Lock()
		unfinished := b.state.unfinished
		b.state.mu.Unlock()
		if unfinished == n {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("%d transactions wait for the disk, want %d", unfinished, n)
		}
	}
}

func waiting(t *testing.T, what string, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		t.Fatalf("%s is answered before the disk: %v", what, err)
	case <-time.After(20 * time.Millisecond):
	}
}

// While the disk is slow: chunks without a match, and whoever reads the counters, do
// not wait; chunks with a match do, and then are written together.
func TestOnlyMatchesWaitForTheDisk(t *testing.T) {
	d, began, end := slowDisk(t)
	b := onDisk(t, d, "max_alerts", "0")
	first := b.goScan(push(0))
	<-began
	var rest []<-chan error
	for i := range 10 {
		b.mustScan(other, other)
		if s := b.engine.Report(); s.Matched() != 0 || s.Records != uint64(2*(i+1)) {
			t.Fatalf("counters are %+v", s.Counts)
		}
		rest = append(rest, b.goScan(push(i+1)))
		b.waitSealed(i + 2)
	}
	waiting(t, "a chunk with a match", rest[9])
	b.wantAlerts(0)
	end <- nil
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	<-began
	b.wantAlerts(1)
	end <- nil
	for _, done := range rest {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	all := b.wantAlerts(10)
	for i, a := range all {
		if id := at(a, "event.id"); id != fmt.Sprint("e-", i+1) {
			t.Errorf("alert %d is of %v", i, id)
		}
	}
	if d.commits != 2 {
		t.Errorf("%d commits, want 2: of the first, and of all that came meanwhile", d.commits)
	}
	b.wantStats("matched 11 emitted 11 duplicate 0 capped 0 failed 0 summaries 0")
}

// A duplicate of an alert that is not on disk yet is answered with it: with success
// if it is written, and else, as everything that came after it, to be sent again.
func TestDuplicatesWaitForTheFirst(t *testing.T) {
	for _, broken := range []error{nil, errors.New("disk full")} {
		t.Run(fmt.Sprint(broken), func(t *testing.T) {
			d, began, end := slowDisk(t)
			b := onDisk(t, d, "max_alerts", "3/1h", "suppress_by", "user.name", "suppress_for", "1h")
			chunks := [][]string{{push(0)}, {push(0)}, {push(0), push(1)}, {push(0)}, {push(2), push(3), push(4)}}
			var all []<-chan error
			for i, c := range chunks {
				all = append(all, b.goScan(c...))
				b.waitSealed(i + 1)
			}
			<-began
			waiting(t, "a duplicate", all[1])
			end <- broken
			if broken == nil {
				<-began // the second group
				end <- nil
			}
			for i, done := range all {
				err := <-done
				var stored *StoreError
				if broken == nil && err != nil || broken != nil && !errors.As(err, &stored) {
					t.Errorf("chunk %d: %v", i, err)
				}
			}
			if broken != nil {
				b.wantAlerts(0)
				b.wantStats("matched 0 emitted 0 duplicate 0 capped 0 failed 0 summaries 0")
				if alerts, bytes := b.box.Size(); alerts+bytes > 0 || len(d.entries) > 0 {
					t.Errorf("%d alerts and %d bytes are left in the outbox, %d entries on disk", alerts, bytes, len(d.entries))
				}
				go func() {
					for range began {
						end <- nil
					}
				}()
				for _, c := range chunks {
					b.mustScan(c...)
				}
			}
			b.wantAlerts(3)
			b.wantStats("matched 8 emitted 3 duplicate 3 capped 2 failed 0 summaries 0")
		})
	}
}

// A store that panics takes down one chunk: the others of the group, and what came
// after, are sent again.
func TestPanicOfTheStore(t *testing.T) {
	began, end := make(chan struct{}), make(chan struct{})
	d := newDisk(func() error { began <- struct{}{}; <-end; panic("store") })
	b := onDisk(t, d)
	panicked := make(chan any)
	chunk := chunkOf(t, push(1))
	go func() {
		defer func() { panicked <- recover() }()
		_, _ = b.engine.Scan("cloudtrail", chunk)
	}()
	<-began
	next := b.goScan(push(1), push(2))
	b.waitSealed(2)
	close(end)
	if p := <-panicked; p != "store" {
		t.Errorf("recovered %v", p)
	}
	var stored *StoreError
	if err := <-next; !errors.As(err, &stored) {
		t.Errorf("the next chunk: %v", err)
	}
	d.before = func() error { return nil }
	b.mustScan(push(1), push(2))
	b.wantAlerts(2)
	b.wantStats("matched 2 emitted 2 duplicate 0 capped 0 failed 0 summaries 0")
}

// A group for which nobody waits is not lost silently if it cannot be written: its members
// are done again, and a line says so.
func TestUnattendedGroup(t *testing.T) {
	for _, c := range []struct {
		fail func() error
		want string
	}{
		{func() error { return nil }, ""},
		{func() error { return errors.New("no space") }, "state_path: changes of the state are in memory only: no space"},
		{func() error { panic("store") }, "panic while the state was written: store"},
	} {
		b := onDisk(t, newDisk(c.fail))
		state, redone, line := b.engine.host.State, 0, ""
		room, _, err := b.engine.host.Outbox.Reserve(nil)
		if err != nil {
			t.Fatal(err)
		}
		d := &decisions{room: room, owner: addition{state}, redo: func() { redone++ }, changes: []hold.Change{{Space: "s", Key: []byte("k")}}}
		state.mu.Lock()
		state.memories.Begin()
		g := &group{members: []*decisions{d}, done: make(chan struct{})}
		state.forming, state.unfinished = g, 1
		state.mu.Unlock()
		state.writeUnattended(g, destination{b.engine.host.Store, "default", "d", func(l string) { line = l }})
		if line != c.want || (redone > 0) != (c.want != "") || state.unfinished != 0 {
			t.Errorf("%q, want %q; done again %d times, %d unfinished", line, c.want, redone, state.unfinished)
		}
	}
}

// Chunks that only have duplicates of what is on disk do not wait for it.
func TestDuplicatesOfWhatIsOnDisk(t *testing.T) {
	d := newDisk(func() error { return nil })
	b := onDisk(t, d)
	b.mustScan(push(1))
	b.mustScan(push(1))
	if d.commits != 1 {
		t.Errorf("%d commits, want 1", d.commits)
	}
}

// Many hosts send events, all of which come several times, to a disk that fails now
// and then, and send again what was not taken. Every event alerts once, nothing of a
// failure is left, and what is on disk is what is in memory.
func TestFailingDisk(t *testing.T) {
	var failures atomic.Int64
	d := newDisk(func() error {
		time.Sleep(time.Duration(rand.N(300)) * time.Microsecond)
		if rand.N(3) == 0 {
			failures.Add(1)
			return errors.New("disk full")
		}
		return nil
	})
	b := onDisk(t, d, "max_alerts", "50/1h", "suppress_by", "source.address", "suppress_for", "1h")
	const hosts, chunks = 8, 60
	var wg sync.WaitGroup
	for h := range hosts {
		wg.Go(func() {
			for c := range chunks {
				var events []string
				for i := range 1 + rand.N(3) {
					id := (c*5 + i*7 + h%4) % 150
					events = append(events, strings.Replace(push(id), `"eventID"`, fmt.Sprintf(`"sourceIPAddress":"192.0.2.%d","eventID"`, id%20), 1))
				}
				chunk := chunkOf(t, events...)
				for {
					_, err := b.engine.Scan("cloudtrail", chunk)
					if err == nil {
						break
					}
					var stored *StoreError
					if !errors.As(err, &stored) {
						t.Error(err)
						return
					}
				}
				if c%10 == 0 {
					b.engine.background.run("summaries", func() { b.engine.alerter.summarize(false) })
				}
			}
		})
	}
	wg.Wait()
	if failures.Load() == 0 {
		t.Fatal("the disk did not fail")
	}
	ids := map[string]bool{}
	alerts := b.alerts()
	for _, a := range alerts {
		ids[a["alert_id"].(string)] = true
	}
	s := b.engine.Report()
	if uint64(len(alerts)) != s.Outcomes[stats.Emitted] || len(ids) != len(alerts) {
		t.Errorf("%d alerts, %d different ones, counted %s", len(alerts), len(ids), &s.Outcomes)
	}
	if fresh := s.Matched() - s.Outcomes[stats.Duplicate]; int(fresh) != s.Dedup.Size {
		t.Errorf("%d events were new, and %d are remembered", fresh, s.Dedup.Size)
	}
	if alerts, bytes := b.box.Size(); alerts+bytes > 0 {
		t.Errorf("%d alerts and %d bytes are left in the outbox", alerts, bytes)
	}
	b.state.mu.Lock()
	if b.state.unfinished != 0 || b.state.forming != nil {
		t.Errorf("%d transactions are not finished", b.state.unfinished)
	}
	b.state.mu.Unlock()

	// A new process decides as this one does.
	d.before = func() error { return nil }
	next := b.restart(false, "max_alerts", "50/1h", "suppress_by", "source.address", "suppress_for", "1h")
	for id := range 170 {
		event := strings.Replace(push(id), `"eventID"`, fmt.Sprintf(`"sourceIPAddress":"192.0.2.%d","eventID"`, id%20), 1)
		before, nextBefore := b.engine.Report(), next.engine.Report()
		b.mustScan(event)
		next.mustScan(event)
		after, nextAfter := b.engine.Report(), next.engine.Report()
		for o := range after.Outcomes {
			if after.Outcomes[o]-before.Outcomes[o] != nextAfter.Outcomes[o]-nextBefore.Outcomes[o] {
				t.Fatalf("event %d: %s was %s; after a restart %s was %s", id, &before.Outcomes, &after.Outcomes, &nextBefore.Outcomes, &nextAfter.Outcomes)
			}
		}
	}
}

// heldBack returns how many events the summaries among the alerts are about, by kind,
// and checks that no two have the same ID.
func heldBack(t *testing.T, alerts []map[string]any) map[string]int {
	t.Helper()
	counts, ids := map[string]int{}, map[any]bool{}
	for _, a := range alerts {
		if s, ok := at(a, "fluent_detect.summary").(map[string]any); ok {
			counts[s["kind"].(string)] += int(s["count"].(float64))
			if ids[a["alert_id"]] {
				t.Errorf("two summaries have the ID %v", a["alert_id"])
			}
			ids[a["alert_id"]] = true
		}
	}
	return counts
}

// After a restart, and after a crash, windows of suppression and intervals of caps
// continue. What was held back is reported once, whichever process it was.
func TestRestartKeepsWhatHoldsBack(t *testing.T) {
	for _, final := range []bool{false, true} {
		t.Run(fmt.Sprintf("final=%t", final), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			s, err := store.Open(dir, func(line string) { t.Error(line) })
			if err != nil {
				t.Fatal(err)
			}
			capped := []string{"max_alerts", "2/1h"}
			b := onDisk(t, s, capped...)
			b.mustScan(pushes(0, 5)...)
			alerts := b.alerts()
			restart := func() {
				if final {
					b.advance(time.Second)
					b.engine.Close(true)
					alerts = append(alerts, b.alerts()...)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if s, err = store.Open(dir, func(line string) { t.Error(line) }); err != nil {
					t.Fatal(err)
				}
				b.store = s
			}
			restart()
			b = b.restart(false, capped...)
			b.mustScan(push(4), push(5), push(6))
			b.wantAlerts(0)
			b.wantStats("matched 3 emitted 0 duplicate 1 capped 2 failed 0 summaries 0")
			b.advance(time.Hour)
			b.mustScan(push(7))
			alerts = append(alerts, b.wantAlerts(2)...) // a summary, and an alert of the next interval
			restart()

			suppressed := []string{"suppress_by", "user.name", "suppress_for", "1h"}
			b = b.restart(false, suppressed...)
			again := func(id int) string { return strings.Replace(push(100), `"e-100"`, fmt.Sprintf(`"e-%d"`, id), 1) }
			b.mustScan(again(100), again(101), again(102))
			alerts = append(alerts, b.wantAlerts(1)...)
			restart()
			b = b.restart(false, suppressed...)
			b.mustScan(again(103), push(200))
			alerts = append(alerts, b.wantAlerts(1)...) // of another machine
			b.wantStats("matched 2 emitted 1 duplicate 0 capped 0 failed 0 summaries 0")
			b.advance(time.Hour)
			b.engine.alerter.summarize(false)
			alerts = append(alerts, b.alerts()...)
			if got := heldBack(t, alerts); got["capped"] != 5 || got["suppressed"] != 3 {
				t.Errorf("summaries are about %v, want 5 capped and 3 suppressed", got)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// What was held back before a crash, in an interval that has ended meanwhile, is
// reported by the next process, even if no chunk comes.
func TestSummaryAfterACrash(t *testing.T) {
	d := newDisk(func() error { return nil })
	settings := []string{"max_alerts", "1/1s"}
	b := onDisk(t, d, settings...)
	b.now = time.Now().Add(-time.Minute)
	b.mustScan(pushes(0, 3)...)
	b.wantAlerts(1)
	b.engine.background.stop()
	b.now = time.Now()
	b = b.restart(false, settings...)
	batch := b.consumer.Take(1<<20, 10*time.Second)
	if len(batch) != 1 {
		t.Errorf("%d alerts, want the summary", len(batch))
	}
}
