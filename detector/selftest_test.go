package detector

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// matchAll is a rule that every event matches, including that of the self-test.
var matchAll = strings.Replace(anyConnect, "event.provider: ec2-instance-connect.amazonaws.com", "event.dataset: aws.cloudtrail", 1)

// openStore gives the engine a store.
func (b *bench) openStore() *store.Store {
	b.t.Helper()
	s, err := store.Open(filepath.Join(b.t.TempDir(), "state"), func(line string) { b.t.Error(line) })
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close() }) // a test may have closed it
	b.engine.host.Store, b.engine.host.Name = s, "default.0"
	return s
}

// firstSelfTest waits for the self-test at the start.
func (b *bench) firstSelfTest() {
	for b.state.Report().SelfTest.Runs == 0 {
		time.Sleep(time.Millisecond)
	}
}

// The self-test takes the whole path and leaves nothing: no alert, no count, no
// duplicate, not even for a rule that matches its event.
func TestSelfTest(t *testing.T) {
	for _, format := range []string{"ecs", "kibana", "ocsf"} {
		b := newBench(t, "self_test", "1000h", "alert_format", format, "rules", "builtin,"+write(t, "all.toml", matchAll))
		b.firstSelfTest()
		s := b.openStore()
		b.engine.selfTest.run()
		b.engine.selfTest.run()
		if r := b.state.Report().SelfTest; r.Failures != 0 || r.Runs < 2 || !r.LastSuccess.Equal(b.now) || r.Failed() {
			t.Fatalf("%s: %+v", format, r)
		}
		if got := b.engine.Report(); got.Counts != (stats.Counts{}) {
			t.Errorf("%s: the self-test is counted: %+v", format, got)
		}
		if count, bytes := b.box.Size(); count+bytes > 0 {
			t.Errorf("%s: the self-test left %d alerts, %d bytes in the outbox", format, count, bytes)
		}
		if names, err := s.Channels(); err != nil || len(names) > 0 {
			t.Errorf("%s: the self-test left alerts of %v on disk, %v", format, names, err)
		}
		b.mustScan(push(1))
		b.wantAlerts(2)
		// Somebody sends what looks like it.
		b.mustScan(fmt.Sprintf(canaryEvent, "2026-03-02T09:00:00Z", "self-test-1"))
		b.wantAlerts(1) // of the rule for everything
		if got := b.engine.Report(); got.Matched() != 3 || got.NearMisses != 0 {
			t.Errorf("%s: counters are %+v", format, got)
		}
	}
}

// Whatever breaks between a record and its alert makes the self-test fail, which the
// heartbeat, an error record and the log report. It passes again when that is repaired.
func TestSelfTestFindsWhatIsBroken(t *testing.T) {
	for _, c := range []struct {
		name    string
		do      func(b *bench) (mend func())
		problem string
	}{
		{"no rule matches", func(b *bench) func() {
			whole := b.engine.selfTest.scanner.programs
			b.engine.selfTest.scanner.programs = match.NewSet(nil, ruleset.DefaultLoader().Mapping())
			return func() { b.engine.selfTest.scanner.programs = whole }
		}, "the synthetic event did not match its rule"},
		{"the outbox is full", func(b *bench) func() {
			b.fill()
			return b.drain
		}, "outbox of channel \"default\" is full"},
		{"the disk does not take alerts", func(b *bench) func() {
			_ = b.openStore().Close()
			return func() { b.engine.host.Store = nil }
		}, "its alerts cannot be stored"},
		{"the maker panics", func(b *bench) func() {
			m := b.engine.selfTest.maker
			b.engine.selfTest.maker = nil
			return func() { b.engine.selfTest.maker = m }
		}, "panic"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, "self_test", "1000h")
			b.firstSelfTest()
			run := func() { b.engine.background.run("self-test", b.engine.selfTest.run) }
			mend := c.do(b)
			run()
			run()
			s := b.state.Report().SelfTest
			if !s.Failed() || s.Failures != 2 || !strings.Contains(s.Problem, c.problem) {
				t.Fatalf("the self-test says %+v, want %q", s, c.problem)
			}
			mend()
			b.engine.reporter.beat()
			reports := b.reports()
			beat := reports[len(reports)-1]
			wantFields(t, beat, "fluent_detect.heartbeat.status", "failed", "fluent_detect.heartbeat.self_test.problem", s.Problem)
			if c.name != "the outbox is full" && len(reports) < 3 {
				t.Errorf("%d reports, want two errors and the heartbeat", len(reports))
			}
			run()
			b.engine.reporter.beat()
			wantFields(t, b.reports()[0], "fluent_detect.heartbeat.status", "ok", "fluent_detect.heartbeat.self_test.failures", 2)
			log := strings.Join(b.warned, "\n")
			if strings.Count(log, "self-test: failed, alerts may be missing: ") != 1 || strings.Count(log, "self-test: passed again") != 1 {
				t.Errorf("the log says %q", log)
			}
			b.mustScan(push(1))
			b.wantAlerts(1)
		})
	}
}

// Self-tests run at the start and then at intervals, while the engine is open. If a
// reload turns them off, a failure is forgotten.
func TestSelfTestsComeByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "self_test", "1h")
		want := func(runs, failures uint64) {
			t.Helper()
			synctest.Wait()
			if s := b.state.Report().SelfTest; s.Runs != runs || s.Failures != failures {
				t.Fatalf("%d runs and %d failures, want %d and %d", s.Runs, s.Failures, runs, failures)
			}
		}
		want(1, 0)
		b.fill()
		time.Sleep(2*time.Hour + time.Minute)
		want(3, 2)
		b.engine.Close(false)
		time.Sleep(5 * time.Hour)
		want(3, 2)
		b.drain()
		b.open("heartbeat", "1m")
		b.engine.reporter.beat()
		reports := b.reports()
		wantFields(t, reports[len(reports)-1], "fluent_detect.heartbeat.status", "ok")
		b.engine.Close(false)
		b.open("self_test", "1h")
		want(4, 2)
		b.engine.Close(true)
	})
}
