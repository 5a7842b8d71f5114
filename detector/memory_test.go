package detector

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// memoryRules writes rules with a memory and one without to a directory.
func memoryRules(t testing.TB) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "rules")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	one := `[rule]
rule_id = "one"
name = "One event"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
query = "event.action: Act and user.name: user3"
`
	rename := func(rule, id string) string { return strings.Replace(rule, "rule_id = \"t", "rule_id = \""+id+"t", 1) }
	for i, text := range []string{
		one, newTerms("7d", "user.name"), rename(newTerms("7d", "user.name", "source.ip"), "pair-"),
		threshold(5, "", "user.name"), rename(threshold(3, distinctAddresses+"3\n", "user.name", "cloud.account.id"), "distinct-"),
	} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.toml", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// memoryEvents returns events of half an hour, of which bursts reach thresholds.
func memoryEvents(r *rand.Rand, n int) (events []string) {
	begin := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i := range n {
		user := r.IntN(n / 6)
		at := begin.Add(time.Duration(r.IntN(1800)) * time.Second)
		if user%5 == 0 { // a burst
			at = begin.Add(time.Duration(user*7+r.IntN(120)) * time.Second)
		}
		events = append(events, string(shortEvent(fmt.Sprintf("e%d 2/%s user%d 192.0.2.%d", i, at.Format("15:04:05"), user, r.IntN(4)))))
	}
	return events
}

// subjects returns what there are alerts about: the rule, and the values that it is about
// or the event.
func subjects(t testing.TB, list map[string]int, alerts []map[string]any) {
	t.Helper()
	for _, a := range alerts {
		if at(a, "fluent_detect.summary") != nil {
			continue
		}
		about := at(a, "fluent_detect.memory.sha256")
		if about == nil {
			about = at(a, "event.id")
		}
		list[fmt.Sprint(at(a, "rule.id"), " ", about)]++
	}
}

func withMemory(c *Config) { c.Lateness = time.Hour }

// Whatever the order of the events within the lateness, how they are cut into chunks, how
// often they come, how often the process restarts or the disk fails, and how many
// goroutines there are: there are alerts about the same subjects, and once.
func TestSameAlertsAnyway(t *testing.T) {
	settings := []string{"rules", memoryRules(t), "max_alerts", "0", "heartbeat", "0"}
	r := rand.New(rand.NewPCG(7, 7))
	events := memoryEvents(r, 420)
	b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now()}
	b.consumer = b.box.Open(outbox.Filter{})
	b.openWith(withMemory, settings...)
	for _, e := range events {
		b.mustScan(e)
	}
	want := map[string]int{}
	subjects(t, want, b.alerts())
	byRule := map[string]int{}
	for s := range want {
		rule, _, _ := strings.Cut(s, " ")
		byRule[rule]++
	}
	if len(byRule) != 5 || byRule["threshold"] < 5 || byRule["threshold"] > 60 || byRule["distinct-threshold"] < 5 {
		t.Fatalf("the events are no good for this test: %v", byRule)
	}
	for run := range 6 {
		events := slices.Clone(events)
		if run > 0 {
			r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		}
		var chunks [][]string
		for len(events) > 0 {
			n := min(1+r.IntN(20), len(events))
			chunks = append(chunks, events[:n])
			events = events[n:]
		}
		for range len(chunks) / 4 {
			chunks = append(chunks, chunks[r.IntN(len(chunks))])
		}
		var failing sync.Mutex
		disk := newDisk(func() error {
			failing.Lock()
			defer failing.Unlock()
			if r.IntN(4) == 0 {
				return errors.New("the disk is full")
			}
			return nil
		})
		b := onDiskWithMemory(t, disk, settings...)
		got := map[string]int{}
		queue := make(chan []string, len(chunks))
		for _, c := range chunks {
			queue <- c
		}
		workers := 1 + run%3
		for len(queue) > 0 {
			var all sync.WaitGroup
			for range workers {
				all.Add(1)
				go func() {
					defer all.Done()
					for range 1 + run {
						select {
						case c := <-queue:
							if b.scan(c...) != nil {
								queue <- c
							}
						default:
						}
					}
				}()
			}
			all.Wait()
			subjects(t, got, b.alerts())
			if run%2 == 1 {
				b = b.restartWithMemory(settings...)
			}
		}
		for s := range want {
			if got[s] == 0 {
				t.Errorf("run %d: no alert about %s", run, s)
			}
		}
		for s, n := range got {
			if want[s] == 0 || n > want[s] && !strings.Contains(s, "threshold") {
				t.Errorf("run %d: %d alerts about %s, want %d", run, n, s, want[s])
			}
		}
	}
}

func onDiskWithMemory(t *testing.T, s Store, settings ...string) *bench {
	t.Helper()
	b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now(), store: s}
	b.consumer = b.box.Open(outbox.Filter{})
	b.openWith(withMemory, settings...)
	return b
}

func (b *bench) restartWithMemory(settings ...string) *bench {
	b.t.Helper()
	b.engine.Close(false)
	next := &bench{t: b.t, box: outbox.New("default", 64<<20), state: NewState(), now: b.now, store: b.store}
	next.consumer = next.box.Open(outbox.Filter{})
	next.openWith(withMemory, settings...)
	return next
}

func memoryOf(b *bench) stats.Memory {
	r := b.engine.Report()
	return r.Memory()
}

// When a rule stops to learn, one summary says what it would have alerted on.
func TestLearnedSummary(t *testing.T) {
	settings := []string{"rules", write(t, "r.toml", newTerms("7d", "user.name")), "heartbeat", "0"}
	b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now()}
	b.consumer = b.box.Open(outbox.Filter{})
	b.openWith(func(c *Config) { c.LearnFor = time.Hour }, settings...)
	b.mustScan(string(shortEvent("1 2/09:00:00 ann")), string(shortEvent("2 2/09:30:00 bob")), string(shortEvent("3 2/09:31:00 ann")))
	b.wantAlerts(0)
	if m := memoryOf(b); m.Learning != 1 || m.Keys != 2 {
		t.Errorf("%+v", m)
	}
	b.mustScan(string(shortEvent("other 2/10:00:00 zoe"))) // an event that no rule matches
	alerts := b.wantAlerts(1)
	wantFields(t, alerts[0], "fluent_detect.summary.kind", "learned", "fluent_detect.summary.count", 2,
		"fluent_detect.summary.interval.begin", "2026-03-02T09:00:00.000Z", "fluent_detect.summary.interval.end", "2026-03-02T10:00:00.000Z",
		"event.reason", "2 new values were learned from 2026-03-02T09:00:00.000Z to 2026-03-02T10:00:00.000Z, and made no alert")
	b.mustScan(string(shortEvent("4 2/10:00:01 cat")), string(shortEvent("5 2/11:00:01 bob")))
	wantFields(t, b.wantAlerts(1)[0], "event.id", "4")
	if m := memoryOf(b); m.Learning != 0 {
		t.Errorf("%+v", m)
	}
}

// What came in the hold-off is in a summary, when events or the clock say that it is over.
func TestHeldOffSummary(t *testing.T) {
	for _, clock := range []bool{false, true} {
		b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now()}
		b.consumer = b.box.Open(outbox.Filter{})
		b.openWith(withMemory, "rules", write(t, "r.toml", threshold(2, distinctAddresses+"1\n[fluent_detect]\nhold_off = '10m'\n", "user.name")), "heartbeat", "0")
		for _, e := range []string{"1 2/09:00:00 ann 192.0.2.1", "2 2/09:01:00 ann 192.0.2.1", "3 2/09:05:00 ann 192.0.2.1", "4 2/09:06:00 ann 192.0.2.2", "5 2/09:11:00 ann 192.0.2.2"} {
			b.mustScan(string(shortEvent(e)))
		}
		wantFields(t, b.wantAlerts(1)[0], "event.id", "2")
		if clock {
			b.advance(11 * time.Minute)
			b.engine.alerter.summarize(false)
		} else {
			b.mustScan(string(shortEvent("other 2/09:11:01 zoe")))
		}
		wantFields(t, b.wantAlerts(1)[0], "fluent_detect.summary.kind", "held_off", "fluent_detect.summary.count", 3,
			"fluent_detect.summary.by", []string{"user.name: ann"}, "fluent_detect.summary.first", "2026-03-02T09:05:00.000Z",
			"fluent_detect.summary.last", "2026-03-02T09:11:00.000Z",
			"event.reason", "3 more events of the group came after its alert, from 2026-03-02T09:01:00.000Z to 2026-03-02T09:11:00.000Z, with 2 values of source.ip (user.name: ann)")
		b.engine.alerter.summarize(true)
		b.wantAlerts(0)
	}
}

// No names are stored: after a restart the next event of a group tells what it is called.
func TestHeldOffSummaryAfterRestart(t *testing.T) {
	settings := []string{"rules", write(t, "r.toml", threshold(2, "[fluent_detect]\nhold_off = '10m'\n", "user.name")), "heartbeat", "0"}
	b := onDiskWithMemory(t, newDisk(func() error { return nil }), settings...)
	for _, e := range []string{"1 2/09:00:00 ann", "2 2/09:01:00 ann", "3 2/09:00:00 bob", "4 2/09:01:00 bob", "5 2/09:02:00 ann", "6 2/09:02:00 bob"} {
		b.mustScan(string(shortEvent(e)))
	}
	b.wantAlerts(2)
	b = b.restartWithMemory(settings...)
	b.mustScan(string(shortEvent("7 2/09:03:00 ann")))
	b.mustScan(string(shortEvent("other 2/09:11:01 zoe")))
	by := map[string]int{}
	for _, a := range b.wantAlerts(2) {
		by[fmt.Sprint(at(a, "fluent_detect.summary.by"), at(a, "fluent_detect.summary.count"))]++
	}
	if by["[user.name: ann] 2"] != 1 || by["<nil> 1"] != 1 {
		t.Errorf("the summaries are of %v", by)
	}
}

// A chunk with matches that only have to be remembered is evaluated without the lock of
// the state.
func TestRememberedWithoutLock(t *testing.T) {
	b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now()}
	b.consumer = b.box.Open(outbox.Filter{})
	b.openWith(withMemory, "rules", memoryRules(t), "heartbeat", "0")
	b.mustScan(string(shortEvent("1 2/09:00:00 ann 192.0.2.1")))
	b.wantAlerts(2)
	s := b.engine.scanners.Get().(*scanner)
	b.state.mu.Lock()
	if err := s.evaluate(chunkOf(t, string(shortEvent("2 2/09:00:00 ann 192.0.2.1")), string(shortEvent("3 2/09:00:00 ann 192.0.2.1")))); err != nil {
		t.Error(err)
	}
	if s.tx.open || len(s.tx.noted.list) != 8 || len(s.tx.matches) != 8 {
		t.Errorf("the state is locked: %v; noted are %d observations of %d matches, want 8", s.tx.open, len(s.tx.noted.list), len(s.tx.matches))
	}
	b.state.mu.Unlock()
	s.settle()
	if s.tx.again || !s.tx.open {
		t.Error("they alert")
	}
	if _, err := s.tx.commit(); err != nil {
		t.Error(err)
	}
}

// What is late is counted, and logged once in a while.
func TestLateIsLogged(t *testing.T) {
	b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now()}
	b.consumer = b.box.Open(outbox.Filter{})
	b.openWith(withMemory, "rules", write(t, "r.toml", threshold(2, "", "user.name")), "heartbeat", "0")
	for _, e := range []string{"1 2/12:00:00 ann", "2 2/09:00:00 ann", "3 2/09:00:00 ann"} {
		b.mustScan(string(shortEvent(e)))
	}
	b.advance(2 * time.Minute)
	b.mustScan(string(shortEvent("4 2/09:00:00 ann")))
	if m := memoryOf(b); m.Late != 3 || len(b.warned) != 2 || !strings.Contains(b.warned[0], "too late to count: 1,") || !strings.Contains(b.warned[1], "too late to count: 2,") {
		t.Errorf("%+v, logged %q", m, b.warned)
	}
}

// Exceptions come before the memory, and suppression and caps after it.
func TestMemoryWithExceptionsAndCaps(t *testing.T) {
	b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now()}
	b.consumer = b.box.Open(outbox.Filter{})
	b.openWith(withMemory, "rules", write(t, "r.toml", newTerms("7d", "source.ip")), "heartbeat", "0", "max_alerts", "1/5m",
		"exceptions", exceptionFile(t, "terms", "source.ip: 192.0.2.9", "2999-01-01"))
	for _, e := range []string{"1 2/09:00:00 ann 192.0.2.9", "2 2/09:00:01 ann 192.0.2.1", "3 2/09:00:02 ann 192.0.2.2", "4 2/09:00:03 ann 192.0.2.2", "5 2/09:00:04 ann 192.0.2.9"} {
		b.mustScan(string(shortEvent(e)))
	}
	wantFields(t, b.wantAlerts(1)[0], "event.id", "2")
	report := b.engine.Report()
	if got := report.Outcomes.String(); got != "matched=5 emitted=1 duplicate=0 suppressed=0 excepted=2 capped=1 failed=0 remembered=1 below_level=0" {
		t.Error(got)
	}
}

// victim makes the test binary the process that TestKilled kills.
var victim = flag.String("victim", "", "the directory that TestVictim works in")

// TestVictim evaluates events of a directory until it is killed, and notes which it has
// evaluated.
func TestVictim(t *testing.T) {
	dir := *victim
	if dir == "" {
		t.Skip("not tested: it is a part of TestKilled")
	}
	events, err := os.ReadFile(filepath.Join(dir, "events"))
	if err != nil {
		t.Fatal(err)
	}
	done, err := os.OpenFile(filepath.Join(dir, "done"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	info, err := done.Stat()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := ruleset.Load(filepath.Join(dir, "rules"))
	if err != nil {
		t.Fatal(err)
	}
	disk, err := store.Open(filepath.Join(dir, "state"), func(line string) { t.Error(line) })
	if err != nil {
		t.Fatal(err)
	}
	box := outbox.New("default", 1<<30)
	box.Open(outbox.Filter{})
	config := configOf(t, "max_alerts", "0", "heartbeat", "0").Config
	withMemory(&config)
	engine, err := New(config, rules, Host{Outbox: box, State: NewState(), Store: disk, Name: "default.0", Lost: func(outbox.Alert) {}})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(events)), "\n")
	for _, line := range lines[info.Size():] {
		if _, err := engine.Scan("tag", ingest.ChunkOf([]byte(line), time.Now()).Data); err != nil {
			t.Fatal(err)
		}
		if _, err := done.Write([]byte{'.'}); err != nil {
			t.Fatal(err)
		}
	}
	engine.Close(false)
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
}

// After kill -9 at any moment the events that were not confirmed come again, and there are
// the same alerts as without.
func TestKilled(t *testing.T) {
	kills := 3
	if text := os.Getenv("DETECT_MEMORY_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	rules := memoryRules(t)
	dir := filepath.Dir(rules)
	events := memoryEvents(r, 240+60*kills)
	if err := os.WriteFile(filepath.Join(dir, "events"), []byte(strings.Join(events, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	plain := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now()}
	plain.consumer = plain.box.Open(outbox.Filter{})
	plain.openWith(withMemory, "rules", rules, "max_alerts", "0", "heartbeat", "0")
	want := map[string]int{}
	for _, e := range events {
		plain.mustScan(e)
	}
	subjects(t, want, plain.alerts())

	size := func() int64 {
		info, err := os.Stat(filepath.Join(dir, "done"))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	killed := 0
	for i := 0; ; i++ {
		victim := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-victim="+dir)
		var out strings.Builder
		victim.Stdout, victim.Stderr = &out, &out
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		if i < kills {
			target := size() + 1 + int64(r.IntN(len(events)/(kills+1)))
			for end := time.Now().Add(time.Minute); size() < target && time.Now().Before(end); {
				time.Sleep(time.Duration(r.IntN(1000)) * time.Microsecond)
			}
			if victim.Process.Kill() == nil {
				killed++
			}
			_ = victim.Wait()
			continue
		}
		if err := victim.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		break
	}
	disk, err := store.Open(filepath.Join(dir, "state"), func(line string) { t.Error(line) })
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	alerts, _, err := disk.Alerts("default")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, a := range alerts {
		doc, err := decodeJSON(alert.AppendJSON(nil, a.Record))
		if err != nil {
			t.Fatal(err)
		}
		subjects(t, got, []map[string]any{doc})
	}
	if !maps.Equal(got, want) {
		t.Errorf("after %d kills there are alerts about %d subjects, want %d", killed, len(got), len(want))
		for s, n := range want {
			if got[s] != n {
				t.Errorf("%d alerts about %s, want %d", got[s], s, n)
			}
		}
	}
	t.Logf("%d kills, %d events, %d alerts", killed, len(events), len(alerts))
}
